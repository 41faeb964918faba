"""Warnings of comparisons that hold for hardly anything with the cases that there are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from letpass.authoring.price.asked import Priced, priced
from letpass.authoring.price.measured import Measured, measured
from letpass.diagnostics import Diagnostic, Severity
from letpass.evaluation.pricing import of_100
from letpass.facts import power
from letpass.facts.record import Record
from letpass.language.chance import APART
from letpass.project.policyset import PolicySet

SELDOM = 0.5
"""How often an equal model may be kept out without a warning."""


def warnings(policies: PolicySet, record: Record, now: int) -> Iterator[Diagnostic]:
    """Of all comparisons with the champion that are about shares, with the cases of a record."""
    for of in priced(policies):
        if of.node.level is None or of.margin is None or of.margin <= 0 or not of.is_share or of.factor != 1:
            continue
        found = measured(of, record, now)
        if found is not None and found.samples is not None:
            yield from _of(of, found, found.samples)


def _of(of: Priced, found: Measured, cases: float) -> Iterator[Diagnostic]:
    assert of.margin is not None
    z, floor = of.node.z, power.least(of.margin, of.node.z)
    case_by_case = found.outcomes or (of.node.against is not None and of.node.against.paired)
    if floor is not None and cases < floor:
        what = (
            f"with {cases:,.0f} cases this can never hold: it takes {floor:,}, even where no case comes out differently"
        )
        yield _warning(of, what, "measure on more cases, or allow a larger margin")
        return
    if case_by_case:
        chance = partial(power.paired, cases, APART, z=z)
        where = f" where {APART * 100:g} of 100 come out differently"
    elif found.share is not None:
        chance, where = partial(power.unpaired, cases, cases, found.share, z=z), ""
    else:
        return
    equal = chance(margin=of.margin)
    if equal is None or equal >= SELDOM:
        return
    enough = power.margin_for(lambda margin: chance(margin=margin))
    help_ = (
        f"with a margin of {enough * 100:g} points 90 of 100 pass" if enough is not None else "measure on more cases"
    )
    yield _warning(of, f"with {cases:,.0f} cases an equal model passes in {of_100(equal)}{where}", help_)


def _warning(of: Priced, what: str, help_: str) -> Diagnostic:
    return Diagnostic("GATE261", what, of.node.span, help_, Severity.WARNING)
