"""Syntax to text, in the one layout; what it writes is parsed again and compared before anybody gets it.

One statement a line, clauses below it and indented by two; a comment on a line of its own stays before what
follows it, one behind code stays behind it; one blank line between statements is kept.
"""

from __future__ import annotations

from typing import assert_never

from letpass.diagnostics import PolicyError, Source
from letpass.frozen import Frozen
from letpass.language import syntax, writing
from letpass.language.parser import parse

WIDTH = 100


class FormatError(Exception):
    """The formatter's own text did not read as what it was made from: a defect, never a user's fault."""


def format_text(source: Source) -> str:
    """The text of a policy in the one layout; raises `PolicyError` where it does not parse."""
    tree, diagnostics = parse(source)
    if diagnostics:
        raise PolicyError(diagnostics)
    text = format_tree(tree)
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
            text = writing.use(s)
        case syntax.Metric():
            text = writing.metric(s)
        case syntax.Fact():
            text = writing.fact(s)
        case syntax.Let():
            return _wrapped(writing.let(s), s.body, s.span.start, s.span.end)
        case syntax.Rule():
            return _rule(s)
        case _:
            assert_never(s)
    return [_Line(text, s.span.start, s.span.end, gap=True)]


def _header(s: syntax.Header) -> list[_Line]:
    first = s.on[0].span.start if s.on else s.span.end
    lines = [_Line(writing.title(s), s.span.start, _back(s.span.source.text, first), gap=True)]
    lines += [_Line(f"  {writing.on(on)}", on.span.start, on.span.end) for on in s.on]
    if s.approved is not None:
        lines.append(_Line(f"  {writing.approved(s.approved)}", s.approved.span.start, s.approved.span.end))
    if s.applies is not None:
        lines.append(_Line(f"  {writing.applies(s.applies)}", s.applies.span.start, s.applies.span.end))
    if s.owner is not None:
        lines.append(_Line(f"  {writing.owner(s.owner)}", s.span.end, s.span.end))
    return lines


def _back(text: str, at: int) -> int:
    """The end of the code before `at`, comments and blanks apart."""
    from letpass.language.statements import code_end

    return code_end(text, at)


def _rule(s: syntax.Rule) -> list[_Line]:
    end = _back(s.span.source.text, s.clauses[0].span.start) if s.clauses else s.span.end
    lines = _wrapped(writing.rule(s), s.test, s.span.start, end)
    return lines + [_Line(f"  {writing.clause(c)}", c.span.start, c.span.end) for c in s.clauses]


def _wrapped(head: str, node: syntax.Expression, start: int, end: int) -> list[_Line]:
    """A statement's head and its condition, broken before `and` and `or` where it is too long."""
    text = head + writing.expression(node)
    if len(text) <= WIDTH or not isinstance(node, syntax.Both | syntax.Either):
        return [_Line(text, start, end, gap=True)]
    word = "and" if isinstance(node, syntax.Both) else "or"
    parts = [writing.part(p) for p in node.parts]
    lines = [_Line(head + parts[0], start, start, gap=True)]
    lines += [_Line(f"    {word} {p}", start, start) for p in parts[1:-1]]
    return [*lines, _Line(f"    {word} {parts[-1]}", start, end)]
