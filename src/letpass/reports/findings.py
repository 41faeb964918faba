"""Findings: what keeps a model from its move, one line each, from which the formats for machines are made."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import chain
from pathlib import PurePosixPath

from letpass.canonical import digest
from letpass.diagnostics import Diagnostic, clean
from letpass.evaluation.decision import Decision, Outcome, RuleResult, Verdict
from letpass.evaluation.remedies import remedy
from letpass.facts.record import Record
from letpass.frozen import Frozen, replace
from letpass.reports.interface import Report
from letpass.reports.statements import command_for
from letpass.reports.words import against, denying, reference, shown, summary, taken_back_by, target


class Weight(IntEnum):
    """How heavy a finding is.  A decision is a denial where one of its findings denies, undecided where one of the others
    blocks, and an allow where none does: so every format that shows all findings shows the verdict."""

    FAULT = 0
    DENIES = 1
    BLOCKS = 2
    WARNS = 3
    TELLS = 4


_WEIGHTS = {
    Outcome.FAIL: Weight.DENIES,
    Outcome.UNKNOWN: Weight.BLOCKS,
    Outcome.ADVICE: Weight.WARNS,
    Outcome.COMING: Weight.TELLS,
    Outcome.WAIVED: Weight.TELLS,
}


class Place(Frozen):
    """A file of the project, its path with `/`, and a line of it from 1."""

    file: str
    line: int = 1


class Finding(Frozen):
    """One of them.  `what`: its outcome in a word; `rule`: the rule's id, or what else it is about; `message`: one line of
    what was wrong; `places`: where it can be mended first, then the rule."""

    weight: Weight
    what: str
    code: str
    rule: str
    model: str
    message: str
    help: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    needed: str = ""
    result: RuleResult | None = None

    @property
    def blocks(self) -> bool:
        """Does it keep the verdict from being an allow."""
        return self.weight <= Weight.BLOCKS

    @property
    def key(self) -> str:
        """What stays the same when lines move: a digest of the rule, the model and its version; of what is about no rule
        there may be several alike, and their files and words tell them apart."""
        found = [self.what if self.result is None else "", self.rule, self.code, self.model]
        if self.weight is Weight.FAULT or self.what in {"held", "objection", "revocation"}:
            found += [self.places[0].file if self.places else "", self.message]
        return digest(found)


def findings(report: Report) -> list[Finding]:
    """Those of the decisions of a report, the heaviest first, else in their order."""
    found = chain.from_iterable(map(of_decision, report.decisions))
    return sorted(_inside(found, report), key=lambda f: f.weight)


def faults(report: Report) -> list[Finding]:
    """What does not read, as findings."""
    return list(_inside(map(_fault, report.faults), report))


def _inside(found: Iterable[Finding], report: Report) -> Iterator[Finding]:
    """Findings with those of their places that lie in the repository."""
    base = report.style.base
    for each in found:
        places = tuple([p for q in each.places if (p := inside(q, base)) is not None])
        yield replace(each, places=places)


def of_decision(decision: Decision) -> Iterator[Finding]:
    """The findings of one decision: one at least that blocks, unless it allows."""
    name = decision.record.name
    denies = decision.verdict is Verdict.DENY
    for result in shown(decision.rules):
        found = remedy(result)
        people = command_for(result, decision)
        steps = (*found.steps, f"`{people}`") if people else found.steps
        yield Finding(_WEIGHTS[result.outcome], result.outcome.value, found.code, result.rule.id, name,
                      _why(result, found.label), steps, _places(result, decision), result.rule.text,
                      result)  # fmt: skip
    for policy in decision.policies:
        if policy.governs is None:
            why = "; ".join(str(w) for w in policy.applies.why) if policy.applies is not None else ""
            yield Finding(
                Weight.BLOCKS,
                "unknown",
                "GATE310",
                policy.policy.name,
                name,
                f"whether the policy applies is unknown: {why}",
                (),
                _of_record(decision),
            )
    for said in decision.objections:
        help_ = taken_back_by(said, reference(decision)) if said.denies else ()
        yield Finding(
            Weight.DENIES if said.denies else Weight.TELLS,
            said.kind,
            "GATE402",
            f"{said.kind} of {said.person}",
            name,
            against(said),
            help_,
            _of_record(decision),
        )
    for hold in decision.holds:
        # with a refusal beside them they are for later
        weight = Weight.TELLS if denies else Weight.BLOCKS
        help_ = (hold.help,) if hold.help else ()
        yield Finding(weight, "held", hold.code, "held back", name, hold.what, help_, _of_record(decision))
    if denies and not denying(decision) and not any(r.outcome is Outcome.FAIL for r in decision.rules):
        yield _alone(decision, Weight.DENIES)
    elif decision.verdict is Verdict.UNDECIDED and not (
        decision.blocking or decision.holds or any(p.governs is None for p in decision.policies)
    ):
        yield _alone(decision, Weight.BLOCKS)


def _alone(decision: Decision, weight: Weight) -> Finding:
    """What blocks where no rule does: no policy governs the move, or none asks for anything."""
    return Finding(
        weight,
        decision.verdict.value,
        "GATE300",
        target(decision),
        decision.record.name,
        summary(decision),
        places=_of_record(decision),
    )


def _why(result: RuleResult, label: str) -> str:
    if result.waiver is not None:
        return f"{label}; waived by {result.waiver.person} as {result.waiver.role}: {result.waiver.reason}"
    return label


def _fault(fault: Diagnostic) -> Finding:
    place = _file(fault.span.source.name, fault.span.line)
    places = (place,) if place else ()
    return Finding(Weight.FAULT, "error", fault.code, fault.code, "", fault.message,
                   (fault.help,) if fault.help else (), places)  # fmt: skip


def _places(result: RuleResult, decision: Decision) -> tuple[Place, ...]:
    """Where the value stands that decided, else the record, and the rule's own line."""
    span = result.rule.span
    found = [*_values(result, decision), *_of_record(decision)][:1]
    rule = _file(span.source.name, span.line)
    return tuple([p for p in (*found, rule) if p is not None])


def _values(result: RuleResult, decision: Decision) -> Iterator[Place]:
    record = decision.record
    seen = [s for part in result.test.deciding() for s in part.all_seen()]
    for one in seen:
        if one.path and not one.champion and record.document is not None:
            file, _, line = record.place(one.path).rpartition(":")
            place = _file(file, int(line))
            if place is not None:
                yield place


def _of_record(decision: Decision) -> tuple[Place, ...]:
    record: Record = decision.record
    place = _file(record.document.source.name, 1) if record.document is not None else None
    return (place,) if place is not None else ()


def _file(name: str, line: int) -> Place | None:
    """A place in a file that is named relative to where the reader stands."""
    path = PurePosixPath(name.replace("\\", "/"))
    if not name or "://" in name or name == "<stdin>" or path.is_absolute():
        return None
    return Place(str(path), max(line, 1))


def inside(place: Place, base: str) -> Place | None:
    """A place as the repository names it, where the command ran in its folder `base`; nothing where it lies outside."""
    path = posixpath.normpath(posixpath.join(base, place.file))
    return None if path.startswith("../") else Place(clean(path), place.line)
