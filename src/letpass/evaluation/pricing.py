"""What a comparison with the champion costs with the cases at hand: how often an equal model passes, and one that is too bad."""

from __future__ import annotations

from letpass.evaluation.explanation import Price
from letpass.facts import power
from letpass.facts.contrasts import Pairs, Side
from letpass.facts.record import Element
from letpass.language import typed
from letpass.language.operators import UPWARD


def of_100(chance: float) -> str:
    """A chance as people read it, such as `5 of 100`."""
    if chance > 0.995:
        return "more than 99 of 100"
    return f"{float(f'{chance * 100:.2g}'):g} of 100" if chance >= 0.005 else "less than 1 of 100"


def wrong(node: typed.Comparison) -> float:
    """How often a model passes that is worse by just the margin."""
    assert node.level is not None
    return (1 - node.level) / 2


def paired(node: typed.Comparison, pairs: Pairs, margin: float) -> Price:
    """The price of a comparison case by case."""
    apart = (pairs.better + pairs.worse) / pairs.cases
    equal = power.paired(pairs.cases, apart, margin, node.z) if margin > 0 else None
    return Price(equal, wrong(node), pairs.cases, apart)


def apart(node: typed.Comparison, ours: Side, theirs: Side, pieces: tuple[Element, Element], shift: float) -> Price:
    """The price of a comparison of two intervals: of shares by their counts, else as if both came of standard errors."""
    assert node.against is not None
    factor = float(node.against.factor)
    margin = theirs.value * (1 - factor) - shift
    margin = margin if node.operator in UPWARD else -margin
    samples = pieces[0].get("samples")
    cases = samples if type(samples) is float else None
    if margin <= 0:
        return Price(None, wrong(node), cases)
    numbers = [piece.get(name) for piece in pieces for name in ("samples", "successes")]
    counted = [n for n in numbers if type(n) is float]
    plain = not any({"interval", "standard_error", "clusters"} & piece.keys() for piece in pieces)
    if plain and factor == 1 and len(counted) == len(numbers) and node.kind in {"ratio", "open"}:
        n, k, m, j = counted
        whole = 100.0 if node.unit == "%" else 1.0
        return Price(power.unpaired(n, m, (k + j) / (n + m), margin / whole, node.z), wrong(node), cases)
    errors = [(side.high - side.low) / (2 * node.z) for side in (ours, theirs)]
    if not all(0 < error < float("inf") for error in errors):
        return Price(None, wrong(node), cases)
    return Price(power.means(errors[0], errors[1] * factor, margin, node.z), wrong(node), cases)
