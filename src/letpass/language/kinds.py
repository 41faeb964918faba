"""What kind of thing a version is, and which policies are about which kind.

A registry says the kind, never a record's text.  A policy that does not speak of `kind` is about models and applications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from letpass.language import typed
from letpass.language.truth import Truth3, conjunction, disjunction, negation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from letpass.language.rules import Policy

MODEL, PROMPT, APPLICATION = "model", "prompt", "application"
KINDS = (MODEL, PROMPT, APPLICATION)
FIELD = "kind"
"""The name by which policies speak of it, and under which a record has it."""


def may_govern(policy: Policy, kind: str) -> bool:
    """Can a policy be about versions of a kind, whatever else is recorded of them."""
    if is_silent(policy, kind):
        return False
    return policy.applies is None or _truth(policy.applies, kind) is not False


def is_silent(policy: Policy, kind: str) -> bool:
    """Is a policy not about versions of a kind, since it does not speak of any."""
    return kind == PROMPT and not speaks(policy)


def speaks(policy: Policy) -> bool:
    """Does a policy speak of the version's `kind`."""
    conditions = (policy.applies, *[c for rule in policy.rules for c in (rule.test, rule.guard)])
    return any(_is_kind(node) for c in conditions if c is not None for node in typed.walk(c))


def about(policies: Iterable[Policy], kind: str) -> tuple[Policy, ...]:
    """The policies that may be about versions of a kind."""
    return tuple(p for p in policies if may_govern(p, kind))


def _is_kind(node: object) -> bool:
    return isinstance(node, typed.Scalar) and node.path == FIELD and not node.champion


def _truth(condition: typed.Truth, kind: str) -> Truth3:
    """What a condition is for a version of which nothing but its kind is known."""
    match condition:
        case typed.Named():
            return _truth(condition.body, kind) if isinstance(condition.body, typed.Truth) else None
        case typed.Not():
            return negation(_truth(condition.operand, kind))
        case typed.Both():
            return conjunction(tuple(_truth(part, kind) for part in condition.parts))
        case typed.Either():
            return disjunction(tuple(_truth(part, kind) for part in condition.parts))
        case typed.Among() if _is_kind(condition.operand):
            return (kind in condition.symbols) is not condition.negated
        case _:
            return None
