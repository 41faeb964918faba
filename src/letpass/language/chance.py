"""Warnings of comparisons with the champion that take chance for a difference, or that let hardly anything pass."""

from __future__ import annotations

from collections.abc import Iterator
from math import erfc, floor, sqrt

from letpass.diagnostics import Diagnostic, Severity
from letpass.language import typed
from letpass.language.confidence import against_champion
from letpass.language.operators import MIRRORED, ORDERED, UPWARD
from letpass.language.rules import Rule
from letpass.language.statements import one_line
from letpass.language.typed import walk

CASES, APART = 1319, 0.1
"""The example of the warning: so many cases, and the share of them that two equal models decide differently."""


def warnings(rule: Rule) -> Iterator[Diagnostic]:
    """What a rule that blocks says of the champion."""
    if rule.advice:
        return
    for node in walk(rule.test):
        if isinstance(node, typed.Comparison) and node.operator in ORDERED and node.kind == "ratio":
            yield from _surprises(node)


def _surprises(node: typed.Comparison) -> Iterator[Diagnostic]:
    text = one_line(node.span.text)
    if node.level is not None:
        of = node.against
        if of is not None and of.shift == 0 and of.factor == 1 and "=" in node.operator:
            passes = (1 - node.level) * 50
            what = f"`{text}` lets {passes:.3g} of 100 equal models pass"
            help_ = f"give a margin, as in `- 3 points`, or write `{node.operator[0]}` if it must be better"
            yield Diagnostic("GATE259", what, node.span, help_, Severity.WARNING)
        return
    margin = plain_margin(node)
    if margin is not None:
        refused, passed = figures(margin, strict="=" not in node.operator)
        loss = f"{margin * 100 + 1:g} point{'s' * (margin > 0)} worse"
        what = f"with {CASES:,} cases it refuses {refused} of 100 equal models, and lets {passed} of 100 pass that are {loss}"
        margined = "as large as `policy power` says" if margin else "that `policy power` says"
        help_ = f"ask it `at 95% confidence`, with a margin {margined}"
        said = f"`{text}` takes chance for a difference: {what}"
        yield Diagnostic("GATE260", said, node.span, help_, Severity.WARNING)


def plain_margin(node: typed.Comparison) -> float | None:
    """By how much a share may be worse than the champion's, where a comparison without a confidence says that; else None."""
    if node.kind != "ratio" or node.operator not in ORDERED:
        return None
    for left, operator, right in (
        (node.left, node.operator, node.right),
        (node.right, MIRRORED[node.operator], node.left),
    ):
        value = isinstance(left, typed.Measured) and not left.champion and left.section == "metrics"
        if not value and not (isinstance(left, typed.Element) and left.field == "value"):
            continue
        found = against_champion(left, right)
        if isinstance(found, str) or found.factor != 1:
            continue
        margin = float(-found.shift if operator in UPWARD else found.shift)
        if 0 <= margin < 1:
            return margin
    return None


def figures(margin: float, *, strict: bool = False, cases: int = CASES, apart: float = APART) -> tuple[int, int]:
    """Of 100 equal models how many a plain margin refuses, and how many it lets pass that are a point worse than the margin."""
    most = floor(cases * margin + 1e-9)  # by so many cases it may be worse
    most -= strict and most == cases * margin
    worse = cases * (margin + 0.01)

    def more(mean: float, variance: float) -> float:
        """The chance of being worse by more cases than that."""
        return erfc((most + 0.5 - mean) / sqrt(2.0 * variance)) / 2.0

    refused = more(0.0, cases * apart)
    passed = 1 - more(worse, cases * (apart - (margin + 0.01) ** 2)) if apart > (margin + 0.01) ** 2 else 0.0
    return round(refused * 100), round(passed * 100)
