"""Syntax to text, in the one layout; what it writes is parsed again and compared before anybody gets it.

One statement a line, clauses below it and indented by two; a comment on a line of its own stays before what
follows it, one behind code stays behind it; one blank line between statements is kept.
"""

from __future__ import annotations

from decimal import Decimal
from typing import assert_never

from letpass.diagnostics import PolicyError, Source
from letpass.frozen import Frozen
from letpass.language import syntax
from letpass.language.parser import parse

WIDTH = 100


class FormatError(Exception):
    """The formatter's own text did not read as what it was made from: a defect, never a user's fault."""


def format_text(source: Source) -> str:
    """The text of a policy in the one layout; raises `PolicyError` where it does not parse."""
    tree, diagnostics = parse(source)
    if diagnostics:
        raise PolicyError(diagnostics)
    text = _Layout(tree).text()
    again, faults = parse(Source(source.name, text))
    if faults or again != tree:
        raise FormatError(f"the layout of {source.name} does not read as its text")
    return text


def format_tree(tree: syntax.PolicyText) -> str:
    """A tree as text, for trees that no text was read for."""
    return _Layout(tree).text()


class _Line(Frozen):
    """One line to write, with the end of the code that it comes from."""

    text: str
    start: int
    end: int
    gap: bool = False  # begins a statement: a blank line before it is kept


class _Layout:
    def __init__(self, tree: syntax.PolicyText) -> None:
        self.tree = tree
        self.out: list[str] = []

    def text(self) -> str:
        lines = [line for s in self.tree.statements for line in _statement(s)]
        source = self.tree.span.source.text
        comments = list(self.tree.comments)
        placed = bool(source)
        last = 0
        for line in lines:
            before, behind = self._take(comments, line, placed=placed)
            for comment in before:
                self._blank(source, last, comment.span.start)
                self.out.append(_indent(line.text) + _comment(comment))
                last = comment.span.end
            if (line.gap and (not before or not placed)) or (line.gap and placed):
                self._blank(source, last, line.start)
            self.out.append(line.text + "".join(f"  {_comment(c)}" for c in behind))
            last = max(last, line.end, *(c.span.end for c in behind)) if behind else max(last, line.end)
        for comment in comments:
            self._blank(source, last, comment.span.start)
            self.out.append(_comment(comment))
            last = comment.span.end
        return "\n".join(self.out) + "\n" if self.out else ""

    def _take(
        self, comments: list[syntax.Comment], line: _Line, *, placed: bool
    ) -> tuple[list[syntax.Comment], list[syntax.Comment]]:
        """The comments before a line and the one behind it."""
        before: list[syntax.Comment] = []
        behind: list[syntax.Comment] = []
        if not placed:
            return before, behind
        source = self.tree.span.source.text
        while comments and comments[0].span.start < line.end:
            before.append(comments.pop(0))
        if comments:
            between = source[line.end : comments[0].span.start]
            if "\n" not in between and not between.strip():
                behind.append(comments.pop(0))
        return before, behind

    def _blank(self, source: str, last: int, start: int) -> None:
        """Keep one blank line where the text had one or more."""
        if self.out and source and source[last:start].count("\n") > 1:
            self.out.append("")


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _comment(comment: syntax.Comment) -> str:
    return f"# {comment.text}" if comment.text else "#"


# ---------------------------------------------------------------- statements


def _statement(s: syntax.Statement) -> list[_Line]:
    match s:
        case syntax.Header():
            return _header(s)
        case syntax.Use():
            text = f"use {_quoted(s.file)}"
        case syntax.Metric():
            text = f"metric {s.name}: {_type(s.type)}"
            text += f", {s.better} is better" if s.better else ""
            text += f", on {_quoted(s.data_set)}" if s.data_set is not None else ""
            text += f", recorded as {_quoted(s.recorded_as)}" if s.recorded_as is not None else ""
            text += f" {_quoted(s.doc)}" if s.doc is not None else ""
        case syntax.Fact():
            words = ", ".join(_symbol(w) for w in s.symbols)
            what = (
                _type(s.type) if s.type is not None else f"ordered {{{words}}}" if s.ordered else f"one of {{{words}}}"
            )
            text = f"fact {s.name}: {what}" + (f" {_quoted(s.doc)}" if s.doc is not None else "")
        case syntax.Let():
            return _wrapped(f"let {s.name} = ", s.body, s.span.start, s.span.end)
        case syntax.Rule():
            return _rule(s)
        case _:
            assert_never(s)
    return [_Line(text, s.span.start, s.span.end, gap=True)]


def _header(s: syntax.Header) -> list[_Line]:
    first = s.on[0].span.start if s.on else s.span.end
    lines = [_Line(f"policy {s.name}: {_quoted(s.title)}", s.span.start, _back(s.span.source.text, first), gap=True)]
    lines += [_Line(f"  on {_move(on)}", on.span.start, on.span.end) for on in s.on]
    if s.approved is not None:
        lines.append(_Line(f"  approved for {_quantity(s.approved)}", s.approved.span.start, s.approved.span.end))
    if s.applies is not None:
        lines.append(_Line(f"  applies when {expression(s.applies)}", s.applies.span.start, s.applies.span.end))
    if s.owner is not None:
        lines.append(_Line(f"  owner {_quoted(s.owner)}", s.span.end, s.span.end))
    return lines


def _back(text: str, at: int) -> int:
    """The end of the code before `at`, comments and blanks apart."""
    from letpass.language.statements import code_end

    return code_end(text, at)


def _move(on: syntax.On) -> str:
    return f"{on.move} to " + ", ".join(_symbol(stage) for stage in on.stages) if on.stages else on.move


def _rule(s: syntax.Rule) -> list[_Line]:
    head = f"{s.keyword} {s.label}: " if s.label else f"{s.keyword} "
    end = _back(s.span.source.text, s.clauses[0].span.start) if s.clauses else s.span.end
    lines = _wrapped(head, s.test, s.span.start, end)
    return lines + [_Line(f"  {_clause(c)}", c.span.start, c.span.end) for c in s.clauses]


def _clause(c: syntax.Clause) -> str:
    match c:
        case syntax.When():
            return f"when {expression(c.guard)}"
        case syntax.Because():
            return f"because {_quoted(c.text)}"
        case syntax.Fix():
            return f"fix {_quoted(c.text)}"
        case syntax.Owner():
            return f"owner {_quoted(c.text)}"
        case syntax.From():
            return f"from {c.date.text}"
        case syntax.Waivable():
            return f"waivable by role {_quoted(c.role)}" + (f" for {_quantity(c.duration)}" if c.duration else "")
        case _:
            assert_never(c)


def _wrapped(head: str, node: syntax.Expression, start: int, end: int) -> list[_Line]:
    """A statement's head and its condition, broken before `and` and `or` where it is too long."""
    text = head + expression(node)
    if len(text) <= WIDTH or not isinstance(node, syntax.Both | syntax.Either):
        return [_Line(text, start, end, gap=True)]
    word = "and" if isinstance(node, syntax.Both) else "or"
    parts = [_part(p) for p in node.parts]
    lines = [_Line(head + parts[0], start, start, gap=True)]
    lines += [_Line(f"    {word} {p}", start, start) for p in parts[1:-1]]
    return [*lines, _Line(f"    {word} {parts[-1]}", start, end)]


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
            return word.join([_part(p) for p in node.parts[:-1]] + [_last(node.parts[-1])])
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
    return expression(node) if isinstance(node, _QUANTIFIED) or _quantified_attested(node) else _part(node)


def _quantified_attested(node: syntax.Expression) -> bool:
    return isinstance(node, syntax.Attested) and isinstance(node.operand, _QUANTIFIED)


def _part(node: syntax.Expression) -> str:
    """A part of a chain that another part follows."""
    needs = isinstance(node, (*_CHAINS, *_QUANTIFIED)) or _quantified_attested(node)
    return f"({expression(node)})" if needs else expression(node)


_operand = _part


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
            sure = f" at {_decimal(node.confidence)}% confidence" if node.confidence is not None else ""
            return f"{_term(node.left)} {node.operator} {_term(node.right)}{sure}"
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
