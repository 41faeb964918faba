"""What the ledger knows of a version's record, and where the record differs from that now.

    registered, or first decided upon ─▶ who it is     (stays)
    decided upon last                 ─▶ its evidence  (may grow)
    taken back since                  ─▶ that it was   (stays)
    adopted by the owners             ─▶ both anew

A decision counts only where it was on the version's own record (`Summary.apart` is false): neither on what a change
proposes, nor on a draft that was not registered, nor on a record that differed already.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from enum import Enum

from letpass.canonical import digest_bytes
from letpass.facts import differences, said
from letpass.facts.differences import Difference, quoted
from letpass.facts.record import Record
from letpass.facts.said import Fields
from letpass.facts.schema import IDENTITY, LISTED
from letpass.frozen import Frozen
from letpass.gate import judgement
from letpass.ledger.history import ADOPTION, RETRACTION
from letpass.ledger.model_log import Past
from letpass.move import ARCHIVED, REGISTRATION
from letpass.project.project import Project
from letpass.registries import place
from letpass.trust.accepted import Hold

Material = Callable[[str], bytes | None]
"""What the ledger keeps under a digest, None where it keeps it no more."""
NOT_KEPT = "*"
"""The path of a difference that can be told by digests alone."""
_NOTED = frozenset({"tags", "notices"})
"""In MLflow the labels of its clients, and what the reader found odd, which change with the time of reading."""


DIFFERS = "GATE418"
"""The code of a version whose record is not what the ledger knows of it."""


class How(Enum):
    """By what an entry knows a version's record; the value is the word for it."""

    REGISTERED = "registered it"
    DECIDED = "decided upon it"
    ADOPTED = "took it in"
    TAKEN_BACK = "took a claim of it back"


class Known(Frozen):
    """One entry of the ledger that knows a version's record.

    facts, who: the digests of what it said, and of who the version is, nothing where the entry does not say it · decision: the
    digest of the stored decision, nothing for what is none · how: what was done there.
    """

    entry: int
    how: How
    facts: str
    who: str = ""
    decision: str = ""


class Differs(Frozen):
    """Where a version's record is not what an entry of the ledger knows; `difference.path` is NOT_KEPT where the old text is gone."""

    known: Known
    difference: Difference

    @property
    def words(self) -> str:
        """Where it differs, with the old value, the new one and the entry."""
        entry, found = f"entry {self.known.entry} of the ledger {self.known.how.value}", self.difference
        if found.path == NOT_KEPT:
            return f"its record was changed since {entry}, and what it said then is not kept"
        return f"`{found.path}` was {quoted(found.then)} when {entry}, and is {quoted(found.now)}"


def known(past: Past, version: str) -> list[Known]:
    """The entries that know a version's record, in order, from the last adoption on where there is one; of decisions the first
    and the newest."""
    found: list[Known] = []
    for step in past.telling(version):
        if step.kind == ADOPTION:
            found.append(Known(step.index, How.ADOPTED, step.facts))
        elif step.kind == REGISTRATION.kind:
            found.append(Known(step.index, How.REGISTERED, step.facts, step.who))
        elif step.kind == RETRACTION:
            found.append(Known(step.index, How.TAKEN_BACK, step.facts))
    decisions = (Known(i, How.DECIDED, m.facts, m.who, m.decision) for i, m in past.on_its_record(version))
    found = sorted([*found, *decisions], key=lambda k: k.entry)
    last = next((n for n in range(len(found) - 1, -1, -1) if found[n].how is How.ADOPTED), 0)
    return found[last:]


def differs(project: Project, record: Record) -> Differs | None:
    """Where a version's record is not what a project's ledger knows of it, None where it is, or nothing is known."""

    def material(digest: str) -> bytes | None:
        ledger = project.ledger.reader()
        return ledger.store.material(digest) if ledger is not None else None

    address = place.is_address(project.registry.name)
    return difference(project.past(record.text("model")), record, material, address=address)


def difference(past: Past, record: Record, material: Material, *, address: bool = False) -> Differs | None:
    """The first place where a version's record is not what the ledger knows of it, None where it is, or nothing is known.

    `address`: the registry is a server, whose listings and labels are looked at only as far as they tell.
    """
    every = known(past, record.text("version"))
    if not every:
        return None
    anchor = next((k for k in every if k.how in {How.REGISTERED, How.ADOPTED}), every[0])
    # what was taken back says nothing of the rest: of that the newest before it knows
    newest = next((k for k in reversed(every) if k.how is not How.TAKEN_BACK), every[-1])
    facts = said.facts_digest(record)
    latest = tuple(dict.fromkeys((newest, every[-1])))
    if all(facts == k.facts for k in latest) and (facts == anchor.facts or _who(anchor, record)):
        return None
    now = said.fields(record)
    if now is None:
        return Differs(newest, Difference(NOT_KEPT, "", ""))
    free = (_NOTED if address else frozenset()) | (LISTED if record.partial else frozenset())
    for entry, only in ((anchor, IDENTITY), *((k, None) for k in latest)):
        if facts == entry.facts or (only is not None and _who(entry, record)):
            continue
        then = _then(entry, material)
        if then is None:
            return Differs(entry, Difference(NOT_KEPT, "", ""))
        found = (d for d in differences.between(then, now, free=free, only=only) if not d.added)
        if (first := next(found, None)) is not None:
            return Differs(entry, first)
    return None


def replaced(past: Past, record: Record, computed: tuple[str, ...]) -> tuple[Hold, ...]:
    """What holds a version back whose bytes are not those which it was allowed with.  `computed`: their digests, where known."""
    digests = computed or tuple(d for d in (record.text("artifact.digest"),) if d)
    for index, made in past.allowed(record.text("version")) if digests else ():
        if made.artifact and made.artifact not in digests:
            what = f"the bytes of `{record.name}` are {digests[0][:19]}…, and entry {index} of the ledger allowed {made.words}"
            help_ = "bring the bytes back, or register these as a version of their own"
            return (Hold("GATE404", f"{what} of {made.artifact[:19]}…", help_),)
    return ()


def hold(found: Differs, record: Record) -> Hold:
    """What holds a move of a version back whose record differs."""
    return Hold(DIFFERS, f"`{record.name}` is not what it was: {found.words}", remedy(record))


def remedy(record: Record) -> str:
    """How people can mend that a version's record differs."""
    mends = "bring it back, or register what it says now as a version of its own"
    if not record.stage or record.stage == ARCHIVED:
        return mends
    name, stage = shlex.quote(record.name), shlex.quote(record.stage.name)
    return f"{mends}; the owners take it in as it is with `policy adopt {name} --to {stage} --reason TEXT`"


def _who(entry: Known, record: Record) -> bool:
    """Is the version who it was at an entry, as its digest tells."""
    return bool(entry.who) and entry.who == said.identity_digest(record)


def _then(entry: Known, material: Material) -> Fields | None:
    """What the record said at an entry, None where that is not kept."""
    if (kept := material(entry.facts)) is not None:
        return said.read(kept, entry.facts)
    stored = material(entry.decision) if entry.decision else None
    if stored is None or digest_bytes(stored) != entry.decision:
        return None
    record = judgement.record_in(stored)
    return said.fields(record) if record is not None else None
