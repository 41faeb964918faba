"""The comparisons of a policy that have a price: with a confidence, or with the champion's share without one."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import Span
from letpass.evaluation.asked import asked
from letpass.evaluation.pricing import wrong
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.chance import plain_margin
from letpass.language.operators import UPWARD
from letpass.language.rules import Rule
from letpass.language.statements import one_line
from letpass.project.policyset import PolicySet


class Priced(Frozen):
    """One comparison of a rule; span: where it is explained · margin: by how much it may be worse, in the base unit of its kind and
    where the champion's factor is 1, None for a constant · factor: how often the champion's value it is held to.
    """

    rule: Rule
    node: typed.Comparison
    span: Span
    margin: float | None
    factor: float = 1.0

    @property
    def text(self) -> str:
        """The comparison as it is written."""
        return one_line(self.node.span.text)

    @property
    def wrong(self) -> float:
        """How often what is too bad by nothing passes, of all tries together."""
        return wrong(self.node) * (self.node.tries or 1)

    @property
    def is_share(self) -> bool:
        """Is it about a share of cases."""
        return self.node.kind in {"ratio", "open"}


def priced(policies: PolicySet) -> Iterator[Priced]:
    """Those of all rules, in their order."""
    for policy in policies.policies:
        for rule in policy.rules:
            for one in asked(rule.test):
                node = one.node
                if not isinstance(node, typed.Comparison):
                    continue
                if node.level is None:
                    margin = plain_margin(node)
                    if margin is not None:
                        yield Priced(rule, node, one.span, margin)
                elif node.against is None:
                    yield Priced(rule, node, one.span, None)
                else:
                    shift = float(node.against.shift)
                    worse = -shift if node.operator in UPWARD else shift
                    yield Priced(rule, node, one.span, worse, float(node.against.factor))
