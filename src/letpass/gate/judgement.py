"""The judgement of one move, by both engines, and its replay from stored inputs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from letpass import disk
from letpass.canonical import canonical, digest, digest_bytes
from letpass.diagnostics import InvalidError, RecordError, Source
from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import FORM, Decision
from letpass.evaluation.input import Input
from letpass.facts import tenure as tenures
from letpass.facts.reader import of_kind
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.facts.tenure import Tenure
from letpass.facts.values import date
from letpass.frozen import replace
from letpass.language.kinds import FIELD as KIND
from letpass.language.kinds import KINDS, MODEL
from letpass.move import Move
from letpass.project.policyset import PolicySet, from_texts
from letpass.registries import files
from letpass.trust import strict
from letpass.trust.accepted import NOTHING, Accepted
from letpass.trust.bars import UNTOLD
from letpass.trust.bundle import Bundle, from_json

if TYPE_CHECKING:
    from letpass.gate.verified import Verified


def judge(
    policies: PolicySet,
    record: Record,
    move: Move,
    now: int,
    champion: Record | Holder = Holder.UNASKED,
    accepted: Accepted = NOTHING,
    *,
    tenure: Tenure | None = None,
    as_of: bool = False,
    bundle: Bundle | None = None,
    told: tuple[str, ...] = (),
    environments: tuple[str, ...] = (),
    added: tuple[str, ...] = (),
) -> Decision:
    """The decision on one move, with the digests of all that it rests on.

    A version is no champion over itself: where it holds the stage already, nobody else does.  A version of another
    model is none either, and who is stays unknown.  `bundle`: statements and the trust file, verified here; without one
    nothing but `accepted` is believed of people.  `tenure`: how it is known who the champion is.  Raises `LetpassError`
    where the trust file cannot be trusted.
    """
    from letpass.gate.verified import Verified, verified

    done = Verified(record, accepted)
    if bundle is not None:
        done = verified(bundle, record, move, policies.digest, now)
    return decided(
        policies, record, move, now, champion, tenure, done, bundle, as_of=as_of, told=told, environments=environments,
        added=added,
    )  # fmt: skip


def decided(
    policies: PolicySet, record: Record, move: Move, now: int, champion: Record | Holder, tenure: Tenure | None,
    done: Verified, bundle: Bundle | None, *, as_of: bool = False, told: tuple[str, ...] = (),
    environments: tuple[str, ...] = (), added: tuple[str, ...] = (),
) -> Decision:  # fmt: skip
    """The decision on one move, of what was verified already; `record`: as it was registered."""
    champion = other(record, champion, tenure)
    digests = [("policies", policies.digest), ("record", record_digest(record))]
    if isinstance(champion, Record):
        digests.append(("champion", record_digest(champion)))
    if bundle is not None:
        digests += done.accepted.digests
    given = input_of(move, now, champion, tenure, done, bundle)
    made = decide(
        policies.policies, given, as_of=as_of, digests=tuple(digests), told=told, environments=environments, added=added
    )
    if made.allowed:
        agreed(policies, made, given)
    return made


class EnginesDifferError(Exception):
    """The two engines do not give one answer: a defect, and no allow."""


def agreed(policies: PolicySet, decision: Decision, given: Input) -> None:
    """Judge once more by the compiled form; raises `EnginesDifferError` where it finds a policy or a rule otherwise."""
    from letpass.evaluation.verdicts import verdicts_of

    compiled = verdicts_of(policies.policies, policies.digest, decision.move)
    if compiled is not None and not compiled.agree(decision, given):
        raise EnginesDifferError(f"the engines differ on {decision.record.name}")


def input_of(
    move: Move, now: int, champion: Record | Holder, tenure: Tenure | None, done: Verified, bundle: Bundle | None
) -> Input:
    """All that an evaluation may look at, of what was verified already; `champion`: another version, or who is none."""
    if bundle is not None and isinstance(champion, Record):
        from letpass.gate.verified import champion_with_evidence

        champion = champion_with_evidence(bundle, champion, now)
    bars = bundle.bars if bundle is not None and bundle.bars is not None else UNTOLD
    return Input(done.record, move, now, champion, done.accepted, tenure, bars)


def other(record: Record, champion: Record | Holder, tenure: Tenure | None) -> Record | Holder:
    """Whom a version is compared with: nobody of another model, and not itself."""
    if not isinstance(champion, Record):
        return champion
    if record.text("model") != champion.text("model"):
        return Holder.UNASKED
    if record.text("version") != champion.text("version"):
        return champion
    if tenure is not None and tenure.version not in {"", record.text("version")}:
        return champion  # it had this one's number, and was deleted
    # the same version with other content is nobody's to vouch for: neither a champion, nor proof that there is none
    return Holder.NOBODY if record_digest(record) == record_digest(champion) else Holder.UNASKED


def record_digest(record: Record) -> str:
    """The digest of the texts that a record was read from, and which of several in them."""
    texts = [digest_bytes(source.text.encode("utf-8")) for source in _sources(record)]
    return digest([*texts, record.index, *_other_kind(record)])


def _other_kind(record: Record) -> tuple[str, ...]:
    """The kind of a version that is no model, which no text says."""
    return () if record.kind == MODEL else (record.kind,)


def inputs(decision: Decision, policies: PolicySet, bundle: Bundle | None = None) -> dict[str, Any]:
    """Everything that a replay needs: the texts of policies, records, statements and the trust file."""
    found: dict[str, Any] = {
        "policies": {disk.shown(name): text for name, text in policies.texts},
        "record": _text(decision.record),
    }
    if policies.settings is not None:
        found["settings"] = dict(policies.settings)
    if isinstance(decision.champion, Record):
        found["champion"] = _text(decision.champion)
    if decision.tenure is not None:
        found["tenure"] = decision.tenure.as_json()
    if bundle is not None:
        found["dossier"] = bundle.as_json()
    return found


def basis(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What many decisions share of their inputs: the texts of policies, and the trust file."""
    return {"policies": inputs["policies"], "trust": inputs.get("dossier", {}).get("trust")}


def record_in(stored: bytes) -> Record | None:
    """The record in the material of a decision, None where it cannot be read any more."""
    try:
        return _record(strict.loads(stored, len(stored))["inputs"]["record"])
    except (InvalidError, AttributeError, KeyError, TypeError, StopIteration, RecordError):
        return None


def _sources(record: Record) -> tuple[Source, ...]:
    """The record's own text, and that of its model's state, where there is one."""
    if record.document is None:
        return (Source("", ""),)
    state = record.document.state
    return (record.document.source, *([state.source] if state is not None else []))


def _text(record: Record) -> dict[str, Any]:
    source, *state = [{"name": disk.shown(s.name), "text": s.text} for s in _sources(record)]
    kind = {} if record.kind == MODEL else {KIND: record.kind}
    return {**source, "index": record.index, **kind, **({"state": state[0]} if state else {})}


def replay(stored: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The stored decision and the one that its inputs give now, both as plain data.  Raises as `again`."""
    return dict(stored["decision"]), again(stored).as_json()


def again(stored: Mapping[str, Any]) -> Decision:
    """The decision that the inputs of a stored one give now, in the form in which that was stored.

    Raises `LetpassError` for inputs that do not read, and KeyError, TypeError or ValueError for a file that is no
    stored decision, or one of a form that is not known yet.
    """
    old, given = stored["decision"], stored["inputs"]
    settings = canonical(given["settings"]) if "settings" in given else None
    policies = _policies(tuple(sorted(dict(given["policies"]).items())), settings)
    form = old.get("form", 1)
    if type(form) is not int or not 1 <= form <= FORM:
        raise ValueError(f"it is of form {form!r}, and this version knows those up to {FORM}")
    now = date(old["now"])
    if type(now) is not int:
        raise ValueError(f"`now` is {old['now']!r}")
    champion: Record | Holder = _record(given["champion"]) if "champion" in given else Holder(old["champion"])
    move = Move.of(old["move"])
    bundle = from_json(given["dossier"]) if "dossier" in given else None
    record = _record(given["record"])
    tenure = tenures.from_json(given["tenure"]) if "tenure" in given else None
    made = judge(policies, record, move, now, champion, tenure=tenure, as_of=bool(old["as_of"]), bundle=bundle,
                 told=tuple(str(t) for t in old.get("told", ())),
                 environments=tuple(str(e) for e in old.get("environments", ())),
                 added=tuple(str(a) for a in old.get("added", ())))  # fmt: skip
    return replace(made, form=form)


@lru_cache(maxsize=4)
def _policies(texts: tuple[tuple[str, str], ...], settings: bytes | None) -> PolicySet:
    """The policies of stored decisions, which are mostly the same ones."""
    found = json.loads(settings) if settings is not None else None
    return from_texts(dict(texts), VOCABULARY, warn=False, settings=found)


def _record(stored: Mapping[str, Any]) -> Record:
    state = stored.get("state")
    later = Source(str(state["name"]), str(state["text"])) if state is not None else None
    found = files.parse(Source(str(stored["name"]), str(stored["text"])), later)
    record = next(r for r in found if r.index == int(stored["index"]))
    kind = stored.get(KIND, MODEL)
    if kind not in KINDS:
        raise ValueError(f"`{KIND}` is {kind!r}")
    return record if kind == MODEL else of_kind(record, kind)
