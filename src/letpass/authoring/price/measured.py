"""What records say of the cases that a comparison is about."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.authoring.price.asked import Priced
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.pricing import of_100
from letpass.evaluation.reading import Reader
from letpass.evaluation.seen import SeenKind
from letpass.facts.record import Holder, Record
from letpass.frozen import Frozen, replace
from letpass.language import typed
from letpass.move import promotion


class Measured(Frozen):
    """How a version was measured: on so many cases, which share of them it had right, and whether it says which."""

    name: str
    samples: float | None
    share: float | None
    outcomes: bool


def measured(of: Priced, record: Record, now: int) -> Measured | None:
    """The metric of a comparison in a record; None where it has none that can be read, or is one of several groups."""
    left = of.node.left
    term = left if isinstance(left, typed.Measured) else of.node.right
    if not isinstance(term, typed.Measured):
        return None
    found = Reader(Input(record, promotion("any"), now, Holder.UNASKED)).measure(replace(term, champion=False))
    if found.piece is None or not found.known:
        return None
    samples, successes = (found.piece.get(name) for name in ("samples", "successes"))
    counted = type(samples) is float and type(successes) is float and samples > 0 and successes <= samples
    return Measured(
        record.name,
        samples if type(samples) is float and samples > 0 else None,
        successes / samples if counted else None,  # type: ignore[operator]
        "right" in found.piece.get("outcomes", {}),
    )


def beside(of: Priced, record: Record, champion: Record, now: int) -> Iterator[str]:
    """How often an equal model passes where the two differ as they do, and what the comparison came to."""
    explained = Interpreter(Input(record, promotion("any"), now, champion)).truth(of.rule.test)
    words = {True: "shown to hold", False: "shown not to hold", None: "too few cases to tell"}
    for part in explained.of(of.span):
        who = f"{record.name} beside {champion.name}"
        if part.ends is None or part.ends.price is None:
            yield f"{who}: {'; '.join(str(reason) for reason in part.why[:2]) or 'nothing to compare'}"
            continue
        price = part.ends.price
        group = f", {_value(part)}" if isinstance(of.node.left, typed.Element) else ""
        chance = f", an equal model passes in {of_100(price.equal)}" if price.equal is not None else ""
        apart = ""
        if price.apart is not None and price.cases is not None:
            apart = f" {price.apart * price.cases:,.0f} of {price.cases:,.0f} cases come out differently"
        yield f"{who}{group}:{apart or ' two intervals'}{chance}; it is {words[part.truth]}"


def _value(part: Explanation) -> str:
    """The name of the value that a condition compares: what was seen first."""
    return next(seen.name for seen in part.seen if seen.kind is SeenKind.VALUE)
