"""Standings, left beside the versions whose moves were made and whose proofs nothing has ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from letpass.canonical import digest
from letpass.diagnostics import InvalidError
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.gate import approvals, denials, endings
from letpass.gate import case as cases
from letpass.gate.endings import Ending
from letpass.ledger.model_log import Past
from letpass.move import DEPLOYMENT, REVIEW
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries.interface import Beside
from letpass.trust import kinds, standing, strict
from letpass.trust.accepted import Objection
from letpass.trust.standing import Standing
from letpass.trust.summary import Summary
from letpass.trust.trustfile import STANDING

SHORTEST = 6  # hexadecimal digits by which people name a digest


class Answer(Frozen):
    """What became of the standing of one move: where it lies and until when it holds, or what has ended the proof."""

    made: Summary
    entry: int
    place: str = ""
    until: int = 0
    endings: tuple[Ending, ...] = ()


def leave(project: Project, record: Record, entry: int, now: int) -> Answer | None:
    """Leave the standing of a decision beside its record; None where there is no such decision.  `entry`: where it stands."""
    past = project.past(record.text("model"))
    made = past.decisions.get(entry)
    return answer(project, past, entry, made, record, now) if made is not None else None


def answer(project: Project, past: Past, entry: int, made: Summary, record: Record, now: int) -> Answer:
    """The standing of one decision, left beside its record where nothing has ended its proof."""
    asked = approvals.proven(project, past, entry, made, now, record)
    if ended := endings.of(asked):
        return Answer(made, entry, endings=ended)
    ledger = project.ledger.writer()
    assert ledger.signer is not None
    head = ledger.checkpoint()
    longest = project.trust.current.standing if project.trust is not None else STANDING
    ends = [strict.instant(t) for t in (made.approved, made.waived) if t]
    until = min([now + longest, *ends])
    artifact = made.artifact or f"{kinds.UNNAMED}:{made.facts.partition(':')[2]}"
    payload = standing.payload(
        Standing(
            made.model,
            made.version,
            artifact,
            made.move,
            asked.digest,
            entry,
            head.size,
            strict.base64_of(head.root),
            now,
            until,
        )
    )
    # one standing for each move that was made: the next one takes its place
    slot = digest({"standing of": made.move.key, "in": list(made.environments)})
    place = project.carrier(record).add(record, slot, ledger.signer.envelope(payload).text(), Beside.STANDING)
    return Answer(made, entry, place, until)


def each(project: Project, record: Record, now: int) -> Iterator[Answer]:
    """The standing of each move of a version that was made: of the newest allow for each move that it was made by."""
    past = project.past(record.text("model"))
    newest = {
        made.move: (entry, made)
        for entry, made in past.of(record.text("version"))
        if made.passed and entry in past.made
    }
    for entry, made in newest.values():
        yield answer(project, past, entry, made, record, now)


def denied_on_review(project: Project, past: Past, record: Record, now: int) -> Iterator[int]:
    """The entries of the denials on review of a version that hold its moves back, or have ended the proof of one."""
    version = record.text("version")
    allowed = {made.move for _, made in past.of(version) if made.passed}
    found = {index for index, _ in denials.unmended(past, version)}
    found |= {index for move in allowed for index, _ in denials.unmended(past, version, {REVIEW, move})}
    makers = approvals.lift_nothing(project, record, past)
    yield from (index for index in sorted(found) if not denials.lifted(project.trust, past, index, makers, now))


def objections(project: Project, policies: PolicySet, record: Record, now: int) -> list[Objection]:
    """The words that stand against a version, or may be about its bytes, whatever move they are against."""
    found = cases.opened(project, policies, record, DEPLOYMENT, now).verified.accepted.objections
    return [o for o in found if not o.ended and o.about is not False]


class Liftable(Frozen):
    """What stands against a version and the owners of the policies can lift, in words; the digests of what says it."""

    what: str
    statements: tuple[str, ...]


def liftable(project: Project, said: Iterable[Objection], record: Record, now: int) -> list[Liftable]:
    """What the owners of the policies can lift from a version.  `said`: the words that stand."""
    found = [
        Liftable(f"the {o.kind} by {o.person} about {o.model}@{o.version}: {o.reason}", o.statements or (o.digest,))
        for o in said if o.about is True
    ]  # fmt: skip
    past = project.past(record.text("model"))
    denied = denied_on_review(project, past, record, now)
    return [*found, *[Liftable(f"the denial on review in entry {n}", (denials.digest(past, n),)) for n in denied]]


def meant(digests: Iterable[str], beginnings: Collection[str]) -> frozenset[str]:
    """The digests that people mean by their beginnings, with or without the algorithm; raises `InvalidError` for one that is
    too short, that is none of them, or that is several."""
    known, found = dict.fromkeys(digests), set[str]()
    for beginning in beginnings:
        begins = beginning.rpartition(":")[2]
        if len(begins) < SHORTEST:
            raise InvalidError(f"`{beginning}` is too short for a digest; its first {SHORTEST} digits will do")
        hits = [d for d in known if d.rpartition(":")[2].startswith(begins)]
        if len(hits) != 1:
            raise InvalidError(f"`{beginning}` names {len(hits) or 'none'} of what stands")
        found.add(hits[0])
    return frozenset(found)


def named(found: Iterable[Liftable], only: Collection[str]) -> list[Liftable]:
    """What beginnings of digests name of what can be lifted, without any all of it; raises `InvalidError` as
    `meant` does."""
    listed = list(found)
    digests = meant((d for f in listed for d in f.statements), only)
    return [f for f in listed if not only or digests & set(f.statements)]


def line(answer: Answer) -> str:
    """What became of a standing, as a line for people."""
    what = f"{answer.made.model}@{answer.made.version}, {answer.made.words} (entry {answer.entry})"
    if answer.endings:
        return f"no standing: {what}: " + "; ".join(f"{e.kind} {e.detail}" for e in answer.endings)
    return f"standing: {what}, until {strict.written(answer.until)}" + (f", {answer.place}" if answer.place else "")
