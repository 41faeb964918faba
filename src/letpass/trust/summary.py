"""A decision as a SLSA verification summary (VSA v1), with what the gate adds under a name of its own."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.move import Move
from letpass.trust import statements, strict
from letpass.trust.kinds import SUMMARY, UNNAMED
from letpass.trust.statements import Statement

EXTENSION = "urn:letpass:decision:v1"


MOST = 100  # people that a decision names; the stored decision has all


class Voice(Frozen):
    """What became of one person's answer or waiver: the rules for which it counted, or in one word why it counted for none.

    key: the fingerprint of the key that signed it, which held then · at: when, in microseconds.
    """

    kind: str
    person: str
    role: str
    key: str
    at: int
    rules: tuple[str, ...] = ()
    not_counted: str = ""


class Summary(Frozen):
    """What a decision says, as plain values.

    decision: the digest of its whole JSON · inputs: digests of the statements that it rests on · computed: all digests that the
    gate has computed of the artifact · expires: until when it is to be used · approved, waived: when the approval of a move
    that was made ends, by its policies and by the waivers that it rests on · evidence: when each slot of the record was
    measured, in microseconds · people: whose sign-offs and waivers counted, and whose did not, those that counted first, and
    not more than `MOST` · environments: those that a deployment is to, where they are named · who: the digest of what the record
    says of who the version is · apart: the record is not the registered version's own as it is known, so that none is compared
    with it later · data: the data sets that its metrics were measured on, by name and digest · versions: the kind of version,
    nothing for a model.
    """

    verdict: str
    registry: str
    model: str
    version: str
    artifact: str
    move: Move
    at: int
    policies: str
    facts: str
    decision: str
    inputs: tuple[str, ...] = ()
    trust: str = ""
    request: str = ""
    expires: str = ""
    engine: str = ""
    computed: tuple[str, ...] = ()
    approved: str = ""
    waived: str = ""
    evidence: tuple[tuple[str, int], ...] = ()
    people: tuple[Voice, ...] = ()
    environments: tuple[str, ...] = ()
    who: str = ""
    apart: bool = False
    data: tuple[tuple[str, str], ...] = ()
    versions: str = ""

    @property
    def passed(self) -> bool:
        """Is the verdict an allow."""
        return self.verdict == "allow"

    @property
    def words(self) -> str:
        """The move in words."""
        return str(self.move)


def payload(summary: Summary) -> bytes:
    """The statement to sign."""
    own = {
        "verdict": summary.verdict,
        "registry": summary.registry,
        "model": summary.model,
        "version": summary.version,
        "move": summary.move.as_json(),
        "environments": list(summary.environments),
        "facts": summary.facts,
        "decision": summary.decision,
        "trust": summary.trust,
        "request": summary.request,
        "expiresAt": summary.expires,
        "bytes": list(summary.computed),
        "approvedUntil": summary.approved,
        "waivedUntil": summary.waived,
        "evidence": dict(summary.evidence),
        "people": [_voice(v) for v in summary.people[:MOST]],
        "who": summary.who,
        "apart": summary.apart,
        "data": [list(each) for each in summary.data],
        "versions": summary.versions,
    }
    predicate = {
        "verifier": {"id": "urn:letpass:gate", "version": {"letpass": summary.engine}},
        "timeVerified": strict.written(summary.at),
        "resourceUri": f"urn:letpass:model:{quote(summary.model, safe='/')}@{quote(summary.version, safe='')}",
        "policy": {"uri": "urn:letpass:policies", "digest": _set(summary.policies)},
        "inputAttestations": [{"digest": _set(d)} for d in summary.inputs],
        "verificationResult": "PASSED" if summary.passed else "FAILED",
        "verifiedLevels": [_level(summary)] if summary.passed else ["FAILED"],
        "slsaVersion": "1.0",
        EXTENSION: {k: v for k, v in own.items() if v},
    }
    artifact = summary.artifact or f"{UNNAMED}:{summary.facts.partition(':')[2]}"
    return statements.build(SUMMARY, f"{summary.model}@{summary.version}", artifact, predicate)


def _voice(voice: Voice) -> dict[str, Any]:
    said = {
        "kind": voice.kind,
        "person": voice.person,
        "role": voice.role,
        "key": voice.key,
        "signedAt": strict.written(voice.at),
        "countedFor": list(voice.rules),
        "notCounted": voice.not_counted,
    }
    return {k: v for k, v in said.items() if v}


def _heard(said: Any) -> Voice:
    """One person's voice as `_voice` writes it; raises KeyError or TypeError, `InvalidError` for a time that is none."""
    texts = [said["kind"], said["person"], said["role"], said["key"], said.get("notCounted", "")]
    rules = said.get("countedFor", [])
    if not all(isinstance(t, str) for t in (*texts, *rules)):
        raise TypeError
    kind, person, role, key, why = texts
    return Voice(kind, person, role, key, strict.instant(said["signedAt"]), tuple(rules), why)


def _pair(said: Any) -> tuple[str, str]:
    """The name and the digest of a data set; raises TypeError for something else."""
    if not isinstance(said, list) or len(said) != 2:
        raise TypeError
    return said[0], said[1]


def _set(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}


def _level(summary: Summary) -> str:
    return "LETPASS_" + summary.words.upper().replace(" ", "_").replace("-", "_")


def read(statement: Statement) -> Summary:
    """What a decision's statement says; raises `InvalidError` for another kind of statement.  Nothing is verified here."""
    predicate = statement.predicate
    own = predicate.get(EXTENSION)
    if statement.type != SUMMARY or not isinstance(own, dict):
        raise InvalidError("no decision of the gate")
    result: Any = predicate.get("verificationResult")
    if (result == "PASSED") != (own.get("verdict") == "allow") or result not in ("PASSED", "FAILED"):
        raise InvalidError("a decision whose result and verdict differ")
    move = Move.of(own.get("move"))
    try:
        found = Summary(
            own["verdict"], own.get("registry", ""), own["model"], own["version"],
            "" if statement.artifact.startswith(UNNAMED) else statement.artifact,
            move, strict.instant(predicate["timeVerified"]),
            f"sha256:{predicate['policy']['digest']['sha256']}", own["facts"], own["decision"],
            tuple(f"{a}:{v}" for i in predicate["inputAttestations"] for a, v in i["digest"].items()),
            own.get("trust", ""), own.get("request", ""), own.get("expiresAt", ""),
            predicate["verifier"]["version"]["letpass"], tuple(own.get("bytes", ())),
            own.get("approvedUntil", ""), own.get("waivedUntil", ""), tuple(sorted(own.get("evidence", {}).items())),
            tuple(_heard(v) for v in own.get("people", [])), tuple(own.get("environments", ())),
            own.get("who", ""), own.get("apart", False), tuple(map(_pair, own.get("data", ()))),
            own.get("versions", ""),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError):
        raise InvalidError("a decision that is incomplete") from None
    texts: tuple[object, ...] = (found.verdict, found.registry, found.model, found.version, found.facts, found.decision, found.trust,
             found.request, found.expires, found.engine, found.versions)  # fmt: skip
    texts += (
        found.who,
        *found.computed,
        *found.environments,
        found.approved,
        found.waived,
        *[slot for slot, _ in found.evidence],
        *[text for each in found.data for text in each],
    )
    if not all(isinstance(t, str) for t in texts) or not all(type(at) is int for _, at in found.evidence):
        raise InvalidError("a decision with a field that is no text")
    if type(found.apart) is not bool:
        raise InvalidError("a decision whose `apart` is no flag")
    for end in ("expiresAt", "approvedUntil", "waivedUntil"):
        if end in own:  # nobody writes an empty one
            strict.instant(own[end])
    return found
