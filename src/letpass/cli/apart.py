"""Warnings of `policy sign` and `policy request` about sign-offs that a rule with `other than author` would not count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from letpass.evaluation.apart import Apart
    from letpass.evaluation.reasons import Reason
    from letpass.facts.record import Record
    from letpass.gate.case import Case
    from letpass.project.project import Project
    from letpass.trust.chain import Trust
    from letpass.trust.statements import Statement


def of_signer(
    project: Project, trust: Trust, asked: Statement, record: Record | None, case: Case | None, who: str
) -> Iterator[str]:
    """The reasons why a person's sign-off would not count: they made the version, in whichever way that is known, or ask for the move."""
    left_out = _left_out(project, trust, asked, record)
    rule = "a rule with `other than author` does not count your sign-off"
    if who in left_out.makers:
        yield f"note: you made this version; {rule}"
    elif who in left_out.askers:
        yield f"note: you ask for this move; {rule}"
    if case is not None:
        yield from of_case(case)


def of_case(case: Case) -> Iterator[str]:
    """The reasons why rules would not count the sign-offs that people give now, and where nobody else can sign."""
    from letpass.diagnostics import LetpassError
    from letpass.language import typed

    try:
        decision = case.decision
    except LetpassError:
        return  # whoever judges is told; a note is no judgement
    for result in decision.rules:
        if not result.blocks or not any(isinstance(n, typed.SignedBy) for n in typed.walk(result.rule.test)):
            continue
        for reason in result.why:
            if reason.able == ():
                yield f"note: {result.rule.id}: {reason}"
            elif not reason.role and reason.step:
                yield f"note: {result.rule.id} counts no sign-off yet: {told(reason)}"


def told(reason: Reason) -> str:
    """A reason and what mends it."""
    return f"{reason}; {reason.step}" if reason.step else str(reason)


def _left_out(project: Project, trust: Trust, asked: Statement, record: Record | None) -> Apart:
    """Whom a rule would leave out; without a record as far as the request tells."""
    from letpass.evaluation.apart import apart
    from letpass.facts.record import Record
    from letpass.trust import requests
    from letpass.trust.accepted import Accepted

    made = project.makers.made(record) if record is not None else None
    accepted = Accepted(asked=requests.asked(asked), directory=trust.current.directory, made=made)
    return apart(record or Record(values={"author": asked.text("author")}), accepted)
