"""Waivers: the one function that says whether a rule is waived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letpass.canonical import digest_bytes

if TYPE_CHECKING:
    from letpass.evaluation.input import Input
    from letpass.language import typed
    from letpass.trust.accepted import Waiver


def waiver_for(rule: typed.Rule, input_: Input) -> Waiver | None:
    """The waiver that covers a rule now, within what its `waivable` clause allows; the longest of several."""
    if rule.waivable is None or rule.label is None:
        return None
    text = rule_digest(rule)
    valid = [
        w
        for w in input_.accepted.waivers
        if (w.policy, w.label, w.rule, w.role) == (rule.policy, rule.label, text, rule.waivable.role)
        and w.at <= input_.now <= w.until
        and (rule.waivable.microseconds is None or w.until - w.at <= rule.waivable.microseconds)
    ]
    return max(valid, key=lambda w: (w.until, w.at), default=None)


def rule_digest(rule: typed.Rule) -> str:
    """The digest of a rule's own text, and of every `let` that it uses, blanks apart: what a waiver binds."""
    texts = [" ".join(rule.span.text.split())]
    named = {n.name: n.body for part in (rule.test, rule.guard) if part is not None for n in _lets(part)}
    texts += [f"{name} = {' '.join(body.span.text.split())}" for name, body in sorted(named.items())]
    return digest_bytes("\n".join(texts).encode("utf-8"))


def _lets(node: typed.Truth) -> list[typed.Named]:
    """Every `let` that a condition names, and those inside them."""
    from letpass.language import typed as t
    from letpass.language.typed import walk

    return [n for n in walk((node,)) if isinstance(n, t.Named)]
