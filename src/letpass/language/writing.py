"""Every construct of the language in its one spelling, on one line: what the formatter lays out and what is hashed.

The canonical form (`form.py`) is made of it, so what is written here for a construct stays: signatures rest on it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from letpass.language import syntax

# ---------------------------------------------------------------- statements


def title(s: syntax.Header) -> str:
    """The first line of a policy's header."""
    return f"policy {s.name}: {_quoted(s.title)}"


def on(s: syntax.On) -> str:
    """A move that a policy governs."""
    to = " to " + ", ".join(_symbol(stage) for stage in s.stages) if s.stages else ""
    return f"on {s.move}{to}{' from any stage' if s.from_any else ''}"


def approved(duration: syntax.Quantity) -> str:
    """How long a made move keeps its approval."""
    return f"approved for {_quantity(duration)}"


def applies(guard: syntax.Expression) -> str:
    """Which models a policy is for."""
    return f"applies when {expression(guard)}"


def owner(text: str) -> str:
    """Whom to ask about a policy or a rule."""
    return f"owner {_quoted(text)}"


def use(s: syntax.Use) -> str:
    """Another file's declarations."""
    return f"use {_quoted(s.file)}"


def metric(s: syntax.Metric) -> str:
    """A metric's declaration."""
    text = f"metric {s.name}: {_type(s.type)}"
    text += f", {s.better} is better" if s.better else ""
    text += f", on {_quoted(s.data_set)}" if s.data_set is not None else ""
    text += f", recorded as {_quoted(s.recorded_as)}" if s.recorded_as is not None else ""
    return text + (f" {_quoted(s.doc)}" if s.doc is not None else "")


def fact(s: syntax.Fact) -> str:
    """A fact's declaration."""
    words = ", ".join(_symbol(w) for w in s.symbols)
    what = _type(s.type) if s.type is not None else f"ordered {{{words}}}" if s.ordered else f"one of {{{words}}}"
    return f"fact {s.name}: {what}" + (f" {_quoted(s.doc)}" if s.doc is not None else "")


def let(s: syntax.Let) -> str:
    """A let before its body."""
    return f"let {s.name} = "


def rule(s: syntax.Rule) -> str:
    """A rule before its condition."""
    return f"{s.keyword} {s.label}: " if s.label else f"{s.keyword} "


def clause(c: syntax.Clause) -> str:
    """What stands behind a rule's condition."""
    match c:
        case syntax.When():
            return f"when {expression(c.guard)}"
        case syntax.Because():
            return f"because {_quoted(c.text)}"
        case syntax.Fix():
            return f"fix {_quoted(c.text)}"
        case syntax.Owner():
            return owner(c.text)
        case syntax.From():
            return f"from {c.date.text}"
        case syntax.Waivable():
            return f"waivable by role {_quoted(c.role)}" + (f" for {_quantity(c.duration)}" if c.duration else "")
        case _:
            assert_never(c)


def _type(t: syntax.Type) -> str:
    return t.kind + (f" in {t.unit}" if t.unit else "")


# ---------------------------------------------------------------- expressions

_CHAINS = (syntax.Both, syntax.Either)
_QUANTIFIED = (syntax.Every, syntax.Tally)


def expression(node: syntax.Expression) -> str:
    """One expression as text."""
    match node:
        case syntax.Both() | syntax.Either():
            word = " and " if isinstance(node, syntax.Both) else " or "
            return word.join([part(p) for p in node.parts[:-1]] + [_last(node.parts[-1])])
        case syntax.Not():
            return f"not {_operand(node.operand)}"
        case syntax.Attested():
            inner = (
                expression(node.operand)
                if not isinstance(node.operand, (*_CHAINS, syntax.Not, syntax.Attested))
                else f"({expression(node.operand)})"
            )
            return f"{inner} attested by {_quoted(node.service)}"
        case syntax.Every():
            have = expression(node.have) if isinstance(node.have, _QUANTIFIED) else _one(node.have)
            return f"all {_name(node.of)}{_where(node.where)} have {have}"
        case syntax.Tally():
            count = f" {_decimal(node.limit)}" if node.limit is not None else ""
            return f"{node.bound}{count} {_name(node.of)}{_where(node.where)}"
        case _:
            return _predicate(node)


def _last(node: syntax.Expression) -> str:
    return expression(node) if isinstance(node, _QUANTIFIED) or _quantified_attested(node) else part(node)


def _quantified_attested(node: syntax.Expression) -> bool:
    return isinstance(node, syntax.Attested) and isinstance(node.operand, _QUANTIFIED)


def part(node: syntax.Expression) -> str:
    """A part of a chain that another part follows."""
    needs = isinstance(node, (*_CHAINS, *_QUANTIFIED)) or _quantified_attested(node)
    return f"({expression(node)})" if needs else expression(node)


_operand = part


def _one(node: syntax.Expression) -> str:
    """What follows `where` or `have`: one predicate, or anything in parentheses."""
    if isinstance(node, syntax.Not):
        return f"not {_one(node.operand)}"
    needs = isinstance(node, (*_CHAINS, *_QUANTIFIED, syntax.Attested))
    return f"({expression(node)})" if needs else expression(node)


def _where(node: syntax.Expression | None) -> str:
    return f" where {_one(node)}" if node is not None else ""


def _predicate(node: syntax.Expression) -> str:
    match node:
        case syntax.Compare():
            return f"{_term(node.left)} {node.operator} {_term(node.right)}{_sure(node)}"
        case syntax.Member():
            words = ", ".join(_symbol(w) for w in node.symbols)
            if node.listed:
                return f"{_term(node.operand)} {'not in' if node.negated else 'in'} {{{words}}}"
            return f"{_term(node.operand)} {'is not' if node.negated else 'is'} {words}"
        case syntax.Like():
            return f"{_term(node.operand)} like {_quoted(node.pattern)}"
        case syntax.Within():
            return f"{_term(node.operand)} within {_quantity(node.duration)}"
        case syntax.Recorded():
            names = ", ".join(_term(o) for o in node.operands)
            return f"{names} {'are' if len(node.operands) > 1 or names.endswith('s') else 'is'} recorded"
        case syntax.Pinned():
            return f"{_term(node.operand)} is pinned"
        case syntax.Computed():
            return f"{_term(node.operand)} is computed"
        case syntax.Champion():
            return "there is a champion"
        case syntax.Passed():
            score = f" with score {node.operator} {_term(node.score)}" if node.score is not None else ""
            return f"passed {_quoted(node.suite)}{score}{_age(node.within)}"
        case syntax.Scanned():
            return f"scanned by {_quoted(node.tool)}{_age(node.within)}"
        case syntax.Signed():
            author = " other than author" if node.other_than_author else ""
            if len(node.roles) > 1:
                return f"signed by roles {', '.join(_quoted(r) for r in node.roles)}{author}"
            count = f"{_decimal(node.count)} in " if node.count is not None else ""
            return f"signed by {count}role {_quoted(node.roles[0])}{author}{_age(node.within)}"
        case _:
            return _term(node)


def _sure(node: syntax.Compare) -> str:
    if node.confidence is None:
        return ""
    text = f"{' paired' * node.paired}{' corrected for its judge' * node.corrected}"
    tries = f" over {_decimal(node.tries)} tries" if node.tries is not None else ""
    return f"{text} at {_decimal(node.confidence)}% confidence{tries}"


def _age(node: syntax.Quantity | None) -> str:
    return f" within {_quantity(node)}" if node is not None else ""


def _term(node: syntax.Term) -> str:
    """A value; conditions in its place stand in parentheses."""
    match node:
        case syntax.Number():
            return _decimal(node.value)
        case syntax.Percent():
            return f"{_decimal(node.value)}%"
        case syntax.Quantity():
            return _quantity(node)
        case syntax.Date():
            return node.text
        case syntax.Text():
            return _quoted(node.value)
        case syntax.Name():
            return _name(node)
        case syntax.Sum():
            right = f"({_term(node.right)})" if isinstance(node.right, syntax.Sum) else _term(node.right)
            return f"{_term(node.left)} {node.operator} {right}"
        case syntax.Product():
            left = f"({_term(node.left)})" if isinstance(node.left, syntax.Sum) else _term(node.left)
            right = (
                f"({_term(node.right)})" if isinstance(node.right, syntax.Sum | syntax.Product) else _term(node.right)
            )
            return f"{left} * {right}"
        case syntax.Absolute():
            return f"abs({_term(node.operand)})"
        case syntax.Extreme():
            return f"{node.which}({_name(node.of)}{_where(node.where)})"
        case _:
            return f"({expression(node)})"


def _name(node: syntax.Name) -> str:
    return node.path + (f" on {_quoted(node.data_set)}" if node.data_set is not None else "")


def _quantity(node: syntax.Quantity) -> str:
    return f"{_decimal(node.value)} {node.unit}"


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def _quoted(text: str) -> str:
    return f'"{text}"'


_RESERVED = frozenset(
    {
        "policy",
        "use",
        "metric",
        "fact",
        "let",
        "require",
        "advise",
        "when",
        "because",
        "and",
        "or",
        "recorded",
        "pinned",
        "computed",
        "not",
    }
)


def _symbol(word: str) -> str:
    """A symbol, quoted where it is no plain word."""
    plain = word.isascii() and (word[:1].isalpha() or word[:1] == "_") and word.replace("_", "a").isalnum()
    return word if plain and word not in _RESERVED else _quoted(word)
