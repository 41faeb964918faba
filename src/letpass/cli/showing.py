"""The summary that is shown before somebody signs: the verdict so far, what misses and by how much, who else has answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from letpass.evaluation.decision import Decision
    from letpass.gate.case import Case


output_option = click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]",
    help="Write the verdict so far as `check` does, for instance `html=page.html`; may be given again.",
)  # fmt: skip


def so_far(case: Case, outputs: tuple[str, ...] = (), *, signer: str = "", about: str = "") -> None:
    """Show how a case stands before somebody signs, and write it in other formats where they were asked for.

    `about`: the rule that is signed about, which is named in any case.
    """
    from letpass.cli.reporting import Reporting
    from letpass.diagnostics import clean
    from letpass.reports.interface import Report

    if about:
        result = next(r for r in case.decision.rules if r.rule.id == about)
        click.echo(clean(f"{about} is {result.outcome.value}: {result.rule.text}"))
    for line in lines(case.decision, signer):
        click.echo(clean(line))
    if outputs:
        shown = Reporting(outputs)
        inputs = (case.inputs,) if shown.wants_inputs else ()
        shown.show(Report((case.decision,), inputs, (), 0, None, ""))


def lines(decision: Decision, signer: str = "") -> Iterator[str]:
    """How a decision stands, in lines: the verdict, the champion, each rule that does not hold, who has answered."""
    from letpass.evaluation.decision import Outcome
    from letpass.evaluation.remedies import remedy
    from letpass.facts.record import Record
    from letpass.reports.interface import VERDICTS
    from letpass.reports.words import summary, totals

    yield f"so far {VERDICTS[decision.verdict].lower()}: {decision.record.name} → {decision.move}: {summary(decision)}"
    yield f"  rules        {totals(decision.rules)}"
    if decision.tenure is not None:
        champion = decision.champion.name if isinstance(decision.champion, Record) else "no champion"
        yield f"  champion     {champion} ({decision.tenure})"
    for result in decision.rules:
        if result.outcome in {Outcome.FAIL, Outcome.WAIVED} or (
            result.outcome is Outcome.UNKNOWN and not result.awaits_people
        ):
            yield f"  {result.outcome.value:12} {result.rule.id}: {remedy(result).label}"
    for result in decision.rules:
        if result.blocks and result.awaits_people:
            yield f"  {'awaits':12} {result.rule.id}: {'; '.join(str(w) for w in result.why)}"
    for said in decision.objections:
        how = f" ({said.ended})" if said.ended else ""
        yield f"  {said.kind:12} by {said.person}: {said.reason}{how}"
    for statement in decision.statements:
        if statement.kind == "sign-off":
            own = ", yours" if statement.person == signer else ""
            state = "" if statement.valid else f": {statement.why}"
            yield f"  {'sign-off':12} by {statement.person} as {statement.role}{own}{state}"
