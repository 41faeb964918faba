"""Statements in the ledger about versions and stages that take effect once enough people have signed the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from letpass.canonical import digest
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.ledger import elsewhere
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.history import ADOPTION, DONE, Step, is_of
from letpass.ledger.log import Ledger
from letpass.ledger.model_log import Past
from letpass.move import Move, Stage, Target
from letpass.trust import objections, owners, statements
from letpass.trust.bundle import Note
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned
from letpass.trust.statements import Statement, StatementFile

AGAINST = frozenset({"objection", "withdrawal", "revocation", "lift"})
"""Kinds of entries that speak against a version, or take such a word back: they concern every version of the model."""
OWNED = frozenset({"revocation", "lift", "adoption", "ungate"})
"""Kinds of entries that the owners of the policies make together, or, without a trust file, one person with a reason."""


def learned(logged: Iterable[Logged]) -> Learned:
    """The versions of the trust file that the ledger has, by their digests, and the entry of each."""
    found: dict[str, int] = {}
    for each in logged:
        if each.entry.kind == "trust":
            found.setdefault(str(each.entry.data.get("digest", "")), each.index)
    return tuple(found.items())


def signed(logged: Iterable[Logged], kind: str) -> list[Statement]:
    """The statements of one kind among entries; what does not read is passed over."""
    return list(statements.readable(as_files(e for e in logged if e.entry.kind == kind)))


def as_files(logged: Iterable[Logged]) -> list[StatementFile]:
    """What was signed among entries, as statements that lie in files do."""
    return [
        StatementFile(f"entry {e.index} of the ledger", e.entry.statement.encode("utf-8"), e.at, e.index)
        for e in logged
        if e.entry.statement
    ]


# ---------------------------------------------------------------- without a trust file


def note_entry(kind: str, said: Mapping[str, Any], person: str, reason: str, model: str = "", version: str = "",
               artifact: str = "") -> Entry:  # fmt: skip
    """A word as an entry that nobody signs, for a project without a trust file.

    Said again it is another one: what was lifted and is said anew with the same reason stands.
    """
    from secrets import token_hex

    data = {**said, "person": person, "reason": reason, "nonce": token_hex(8)}
    return Entry(kind, "", data, model, version, artifact)


def notes(past: Past, digests: Iterable[str] | None = None) -> Iterator[Note]:
    """What was said against versions of a model, or taken back, in a project without a trust file; and of other models what is about
    bytes with one of these digests, None: all."""
    for each in sorted([*past.of_kind("revocation", "lift"), *past.elsewhere(digests)], key=lambda e: e.index):
        word = elsewhere.read(each) if not each.entry.statement else None
        if word is not None:
            data, entry = each.entry.data, each.entry
            yield Note(
                entry.kind, each.index, each.at, word.name, entry.model, entry.version, entry.artifact,
                str(data.get("person", "")), str(data.get("reason", "")), word.of, word.digests,
            )  # fmt: skip


def nameless(past: Past) -> frozenset[str]:
    """The versions of a model that were revoked without any bytes of theirs being known: under another name nobody would know them.

    One that the owners have signed is among them even where it was lifted.
    """
    given = [e for e in (*past.of_kind("lift"), *past.elsewhere()) if not e.entry.statement]
    lifted = {digest for each in given if (word := elsewhere.read(each)) is not None for digest in word.of}
    said = [(each.entry.version, elsewhere.read(each)) for each in past.of_kind("revocation")]
    return frozenset(v for v, word in said if word is None or not (word.digests or word.name in lifted))


Makers = Callable[[str, str], Collection[str] | None]
"""Who made a version of a model, None where nobody can tell."""


def revoked(trust: Trust | None, past: Past, makers: Makers) -> frozenset[str]:
    """The versions of a model whose revocation stands in the ledger, under their own name or, by their bytes, under another one.

    Where nobody can tell who made the version that a revocation names it counts for no champion, since the owner who signed it may
    be who made it.
    """
    if trust is None:
        found = list(notes(past))
        lifted = {digest for note in found if note.kind == "lift" for digest in note.of}
        stand = [(n.entry, n.version, n.digests) for n in found if n.kind == "revocation" and n.digest not in lifted]
    else:
        stand = list(_agreed(trust, past, makers))
    own = {e.index for e in past.of_kind("revocation")}
    here = [(version, digests) for entry, version, digests in stand if entry in own]
    by_name = _with_copies(past, {v for v, _ in here}, {d for _, digests in here for d in digests})
    return by_name | _with_copies(past, (), {d for entry, _, digests in stand if entry not in own for d in digests})


def _agreed(trust: Trust, past: Past, makers: Makers) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """The revocations that the owners have signed together and that stand: an entry of each, its version, and the digests of its
    bytes."""
    known, every = learned(past.others), [*past.of_kind("revocation", "lift"), *past.elsewhere()]
    own = {e.index for e in past.of_kind("revocation")}
    said: dict[tuple[str, str, str], list[Logged]] = {}
    for each in every:
        if each.entry.kind == "revocation":
            where = "" if each.index in own else f"elsewhere {each.entry.registry}"
            said.setdefault((where, each.entry.model, each.entry.version), []).append(each)
    lifts = signed(every, "lift") if said else []
    for (_, model, version), logged in said.items():
        made_by = makers(model, version)
        if made_by is None:
            continue
        agreed, _ = owners.judge(trust, known, lifts, 0, lambda s: tuple(s.predicate["of"]), made_by)
        gone = {digest for lift in agreed.values() for digest in lift.statements[0].predicate["of"]}
        these = objections.not_lifted(signed(logged, "revocation"), gone)
        again, _ = owners.judge(trust, known, these, 0, lambda s: s.text("version"), made_by)
        for made in again.values():
            digests = dict.fromkeys(d for s in made.statements for d in objections.digests_of(s))
            yield logged[0].index, version, tuple(digests)


def _with_copies(past: Past, versions: Collection[str], digests: Collection[str]) -> frozenset[str]:
    """The versions of a model that a revocation is about: by their bytes, and by their names where nobody knows with which bytes
    they came anywhere."""
    if not versions and not digests:
        return frozenset()
    same = past.names_of(d for d in digests if d)
    came: dict[str, set[str]] = {}
    for step in past.steps:
        if step.stage:
            came.setdefault(step.version, set()).add(step.artifact)
    by_bytes = {version for version, bytes_ in came.items() if bytes_ & same}
    return frozenset(by_bytes | {v for v in versions if not same or "" in came.get(v, {""})})


def lifted(trust: Trust | None, past: Past, digest: str, makers: Collection[str] | None, now: int) -> bool:
    """Have the owners lifted a decision against a version.  `makers`: who made it, and lifts nothing; None: nobody can tell."""
    if trust is None:
        return any(n.kind == "lift" and digest in n.of for n in notes(past))
    if makers is None:
        return False
    said = signed(past.of_kind("lift"), "lift")
    agreed, _ = owners.judge(trust, learned(past.others), said, now, lambda s: tuple(s.predicate["of"]), makers)
    return any(digest in made.statements[0].predicate["of"] for made in agreed.values())


# ---------------------------------------------------------------- gated stages


def gated_before(ledger: Ledger) -> Mapping[Target, int]:
    """Where moves lead that were decided about, or that a signed set of policies named, and the newest entry of each that shows it."""
    size, known = ledger.size(), ledger.memory.gated
    if known is not None and known[0] == size:
        return known[1]
    found: dict[Target, int] = {}
    shown = [(Target.of_move(Move(k, Stage(s) if s else None)), entry) for (k, s), entry in ledger.gated().items()]
    for said in signed(ledger.entries_of("policies"), "policies"):
        shown += [(Target.of(gate), said.entry or 0) for gate in said.predicate["gates"]]
    for target, entry in shown:
        found[target] = max(entry, found.get(target, 0))
    ledger.memory.gated = size, found
    return found


def ungated(trust: Trust | None, ledger: Ledger) -> Mapping[Target, int]:
    """What was signed off as gated, and the entry that completed it; what was said before it was gated last counts no more."""
    logged, gated = ledger.entries_of("ungate", "trust"), gated_before(ledger)
    if trust is None:
        said = [e for e in logged if e.entry.kind == "ungate" and not e.entry.statement]
        return {Target.of(e.entry.data.get("target")): e.index for e in said}
    words = [
        s for s in signed(logged, "ungate") if (s.entry or 0) > gated.get(Target.of(s.predicate["target"]), -1)
    ]  # fmt: skip
    agreed, _ = owners.judge(trust, learned(logged), words, 0, lambda s: Target.of(s.predicate["target"]))
    found = ((Target.of(made.statements[0].predicate["target"]), made.entry) for made in agreed.values())
    return {target: entry for target, entry in found if entry is not None}


# ---------------------------------------------------------------- adoptions


class Adopted(Frozen):
    """A version that is taken in as the holder of a stage, as an adoption names it.

    artifact: the digest of its bytes, nothing where its record has none · facts: that of what its record says.
    """

    model: str
    version: str
    artifact: str
    facts: str

    def as_json(self) -> dict[str, str]:
        """As an adoption's `holders` writes it."""
        found = {"model": self.model, "version": self.version, "facts": self.facts}
        return {**found, "artifact": self.artifact} if self.artifact else found


def listed(holders: Iterable[Adopted]) -> list[dict[str, str]]:
    """The holders that an adoption names, in one order."""
    return sorted((h.as_json() for h in holders), key=lambda h: (h["model"], h["version"]))


def list_digest(registry: str, stage: Stage, holders: Iterable[Adopted]) -> str:
    """What an adoption's signatures are about: the digest of its list."""
    return digest({"registry": registry, "stage": stage.folded, "holders": listed(holders)})


def adoptions(
    trust: Trust | None, entries: Sequence[Logged], registry: Callable[[], Collection[str]], model: str,
    moves: Sequence[Step],
) -> list[Step]:  # fmt: skip
    """The versions of a model that were taken in as holders of a stage, as steps at the entries that completed it.

    `entries`: adoptions, and the versions of the trust file · `registry`: what the registry is called, by its identity and its
    address; asked only where something was adopted · `moves`: of the model.
    """
    if not any(e.entry.kind == "adoption" for e in entries):
        return []
    names = registry()
    if trust is None:
        return [
            step
            for each in entries
            if each.entry.kind == "adoption" and not each.entry.statement
            for step in _steps(
                each.index, each.at, each.entry.data, str(each.entry.data.get("person", "")), model, names
            )
        ]
    found = signed(entries, "adoption")
    agreed, _ = owners.judge(trust, learned(entries), found, 0, lambda s: s.artifact)
    at = {e.index: e.at for e in entries}
    return [
        step
        for made in agreed.values()
        if made.entry is not None
        for step in _steps(made.entry, at[made.entry], _said(made), " and ".join(made.people), model, names)
        if not any(s.state == DONE and _overtakes(s, step) and s.at > made.at for s in moves)
    ]


def _overtakes(move: Step, adopted: Step) -> bool:
    """Was a move made before an adoption was whole in the ledger, that makes it say what is no longer so."""
    same = move.stage == adopted.stage or adopted.version in {move.version, *move.leaving}
    return same and move.index < adopted.index


def _said(made: owners.Agreed) -> dict[str, Any]:
    return {**made.statements[0].predicate, "reason": made.reason}


def _steps(
    index: int, at: int, said: Mapping[str, Any], people: str, model: str, names: Collection[str]
) -> Iterator[Step]:  # fmt: skip
    holders = said.get("holders", [])
    if said.get("registry") not in names:
        return
    for holder in holders if isinstance(holders, list) else ():
        if holder.get("model") == model:
            yield Step(
                index, at, model, str(holder["version"]), str(holder.get("artifact", "")), DONE, ADOPTION,
                Stage(str(said.get("stage", ""))), f"adoption {index}", actor=people, reason=str(said.get("reason", "")),
                facts=str(holder.get("facts", "")),
            )  # fmt: skip


def concerns(entry: Entry, record: Record, digests: Collection[str], registry: str) -> bool:
    """Is a logged statement about this version, or these bytes under whatever name, or about no version at all.

    What speaks against one version of the model may be about the bytes of another.
    """
    if not entry.model or entry.artifact in digests:
        return True
    return is_of(entry, record.text("model"), registry) and (
        entry.kind in AGAINST or entry.version == record.text("version")
    )
