"""The price of a comparison in words: for any figures, for the cases of a champion, and for two versions beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import sqrt

from letpass.authoring.price.asked import Priced
from letpass.authoring.price.measured import Measured, beside, measured
from letpass.evaluation.explanation import show
from letpass.evaluation.pricing import of_100
from letpass.facts import power
from letpass.facts.record import Record
from letpass.language import typed
from letpass.language.chance import APART, CASES, figures
from letpass.language.operators import UPWARD
from letpass.language.types import UNITS

DIFFERENTLY = (0.05, 0.1, 0.2)
"""Shares of the cases that come out differently, for which a price is told where nobody knows the share."""
SHARE = 0.88
"""The share of right cases, for which a price is told where nobody knows it."""


def lines(of: Priced, records: tuple[Record, ...], now: int) -> Iterator[str]:
    """What it costs; records: the champion, and versions that are compared with it."""
    if of.node.level is None:
        yield from _plain(of, records, now)
        return
    champion = records[0] if records else None
    found = measured(of, champion, now) if champion is not None else None
    if of.margin is None:
        yield from _constant(of, found)
        return
    yield f"a model that is {_worse(of)} passes in {of_100(of.wrong)}{_together(of)}"
    if not of.is_share or of.factor != 1:
        yield from _errors(of)
    elif of.margin > 0:
        yield from _shares(of)
        if found is not None:
            yield from _with_cases(of, found)
    else:
        yield "it asks for more than the champion has, so that no equal model is meant to pass"
    for record in records[1:]:
        yield from beside(of, record, records[0], now)


def _together(of: Priced) -> str:
    """That a chance is of all tries that a rule is for."""
    return f", of all {of.node.tries} tries together" if of.node.tries else ""


def _worse(of: Priced) -> str:
    """By how much a model is just too bad."""
    assert of.margin is not None
    assert of.node.against is not None
    if of.factor != 1:
        return f"just at {of.factor * 100:g}% of the champion's value"
    if of.margin == 0:
        return "as good as the champion"
    amount = abs(of.margin)
    shown = _points(amount) if of.is_share else _amount(of, amount)
    return f"{shown} {'worse' if of.margin > 0 else 'better'}"


def _points(amount: float) -> str:
    shown = float(f"{amount * 100:.6g}")
    return show(shown, "point" if shown == 1 else "points")


def _amount(of: Priced, amount: float) -> str:
    """A number in the unit of the comparison."""
    unit = of.node.unit
    scale = float(UNITS[of.node.kind][unit]) if of.node.kind in UNITS and unit else 1.0
    return show(float(f"{amount / scale:.4g}"), unit)


def _shares(of: Priced) -> Iterator[str]:
    """How many cases make an equal model pass nine times in ten, for usual figures."""
    assert of.margin is not None
    z, margin = of.node.z, of.margin
    floor = power.least(margin, z)
    found = [(apart, power.needed(partial(power.paired, apart=apart, margin=margin, z=z))) for apart in DIFFERENTLY]
    words = _by_share([(apart, _cases(n) if at == 0 or n is None else f"{n:,}") for at, (apart, n) in enumerate(found)])
    yield f"an equal model passes in 90 of 100, compared case by case, with {words}"
    if floor is not None:
        yield f"compared case by case it can never hold with fewer than {floor:,} cases"
    if of.node.against is not None and not of.node.against.paired:
        both = power.needed(lambda n: power.unpaired(n, n, SHARE, margin, z))
        yield f"without the outcomes of the cases it takes {_cases(both)} of each version, where {SHARE * 100:g} of 100 are right"


def _with_cases(of: Priced, found: Measured) -> Iterator[str]:
    """How often an equal model passes with the cases that a champion was measured on."""
    assert of.margin is not None
    if found.samples is None:
        return
    z, margin, n = of.node.z, of.margin, found.samples
    chances = [(apart, power.paired(n, apart, margin, z)) for apart in DIFFERENTLY]
    words = _by_share([(apart, of_100(chance)) for apart, chance in chances if chance is not None])
    if words:
        missing = "" if found.outcomes else ", once the outcomes of the cases are recorded"
        yield f"with the {n:,.0f} cases of {found.name} an equal model passes in {words}{missing}"
    if found.share is not None and (chance := power.unpaired(n, n, found.share, margin, z)) is not None:
        yield f"without the outcomes of the cases it passes in {of_100(chance)}"


def _errors(of: Priced) -> Iterator[str]:
    """How sure both values have to be."""
    assert of.margin is not None
    reach = of.node.z + power.Z_OFTEN
    if of.factor != 1 and not of.node.against.shift:  # type: ignore[union-attr]
        most = abs(of.factor - 1) / reach / sqrt(1 + of.factor * of.factor)
        yield f"an equal model passes in 90 of 100 where the standard errors of both are {show(float(f'{most * 100:.3g}'), '%')} of the value or less"
    elif of.margin > 0:
        yield f"an equal model passes in 90 of 100 where the standard errors of both are {_amount(of, of.margin / reach / sqrt(2))} or less"


def _constant(of: Priced, found: Measured | None) -> Iterator[str]:
    """Against a constant: what is just there, and how much better passes."""
    yield f"a model that is just at the bound passes in {of_100(of.wrong)}{_together(of)}"
    bound = of.node.right
    upward = of.node.operator in UPWARD
    if not isinstance(bound, typed.Constant) or of.node.kind != "ratio" or of.node.corrected:
        return
    share = float(bound.amount) if upward else 1 - float(bound.amount)
    if found is not None and found.samples is not None and 0 < share < 1:
        enough = power.passing(share, found.samples, of.node.z)
        if enough is not None:
            shown = show(float(f"{(enough if upward else 1 - enough) * 100:.4g}"), "%")
            yield f"with the {found.samples:,.0f} cases of {found.name} a model of {shown} passes in 90 of 100"


def _plain(of: Priced, records: tuple[Record, ...], now: int) -> Iterator[str]:
    """Without a confidence: what chance does."""
    assert of.margin is not None
    found = measured(of, records[0], now) if records else None
    cases, whose = (
        (int(found.samples), f"of {found.name}") if found is not None and found.samples else (CASES, "for example")
    )
    refused, passed = figures(of.margin, strict="=" not in of.node.operator, cases=cases)
    loss = _points(of.margin + 0.01)
    yield (
        f"without a confidence it refuses {refused} of 100 equal models, and lets {passed} of 100 pass that are {loss} worse"
        f" ({cases:,} cases {whose}, of which {APART * 100:g} of 100 come out differently)"
    )


def _by_share(found: list[tuple[float, str]]) -> str:
    """What goes with each share of the cases that come out differently."""
    first = [f"{text} where {apart * 100:g} of 100 come out differently" for apart, text in found[:1]]
    return ", ".join(first + [f"{text} where {apart * 100:g} do" for apart, text in found[1:]])


def _cases(number: int | None) -> str:
    return "more cases than anybody has" if number is None else f"{number:,} cases"
