"""The canonical form of rules and policies, version 1: what signatures, requests and waivers bind.

It is the text without comments and layout: one line a statement, clauses below it, declarations sorted and only those
that are used.  File names have no part in it.  Digests of it stand in signed statements, so that a change here, or in
`writing.py`, takes a new number; the texts in `tests/golden/forms` hold it still.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from letpass.canonical import digest_bytes
from letpass.language import syntax, writing

if TYPE_CHECKING:
    from letpass.language.names import Scope

FORM = "letpass.policy-form/v1"
_CLAUSES = (syntax.When, syntax.Because, syntax.Fix, syntax.Owner, syntax.From, syntax.Waivable)
_DECLARATIONS = (syntax.Metric, syntax.Fact, syntax.Let)
Used = dict[str, syntax.Metric | syntax.Fact | syntax.Let]


def digest(form: str) -> str:
    """The digest of a form, with the number of the form in what is hashed."""
    return digest_bytes(f"{FORM}\n{form}".encode())


class Forms:
    """Writes the forms of one policy and its rules; each rule is looked at once."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._rules: dict[int, tuple[tuple[str, ...], Used]] = {}

    def rule(self, rule: syntax.Rule) -> str:
        """A rule behind the metrics, facts and lets that it uses, also through other lets."""
        lines, used = self._rule(rule)
        return _text((*_declared(used), *lines))

    def policy(self, text: syntax.PolicyText) -> str:
        """A policy's header, the declarations that it uses from whatever files, and its rules in their order."""
        header = text.header
        rules = [self._rule(s) for s in text.statements if isinstance(s, syntax.Rule)]
        used = self._used(header) if header is not None else {}
        for _, more in rules:
            used |= more
        return _text(
            (
                *(_header(header) if header is not None else ()),
                *_declared(used),
                *[line for r, _ in rules for line in r],
            )
        )

    def _rule(self, rule: syntax.Rule) -> tuple[tuple[str, ...], Used]:
        if id(rule) not in self._rules:
            self._rules[id(rule)] = tuple(_rule(rule)), self._used(rule)
        return self._rules[id(rule)]

    def _used(self, node: syntax.Node) -> Used:
        """The declarations that a piece of syntax uses, by name."""
        scope, found = self.scope, Used()
        todo = [node]
        while todo:
            for name in [n for path in _paths(todo.pop()) for n in _meant(path, scope)]:
                one = scope.lets.get(name) or scope.metrics.get(name) or scope.facts.get(name)
                if one is not None and name not in found:
                    found[name] = one
                    todo += [one.body] if isinstance(one, syntax.Let) else []
        return found


def _text(lines: Iterable[str]) -> str:
    return "".join([f"{line}\n" for line in lines])


def _header(s: syntax.Header) -> Iterator[str]:
    yield writing.title(s)
    yield from (f"  {writing.on(on)}" for on in s.on)
    if s.approved is not None:
        yield f"  {writing.approved(s.approved)}"
    if s.applies is not None:
        yield f"  {writing.applies(s.applies)}"
    if s.owner is not None:
        yield f"  {writing.owner(s.owner)}"


def _rule(s: syntax.Rule) -> Iterator[str]:
    yield writing.rule(s) + writing.expression(s.test)
    yield from (f"  {writing.clause(c)}" for c in sorted(s.clauses, key=lambda c: _CLAUSES.index(type(c))))


def _declared(used: Used) -> Iterator[str]:
    """Declarations as lines: metrics, facts and lets, each by name."""
    for s in sorted(used.values(), key=lambda s: (_DECLARATIONS.index(type(s)), s.name)):
        match s:
            case syntax.Metric():
                yield writing.metric(s)
            case syntax.Fact():
                yield writing.fact(s)
            case syntax.Let():
                yield writing.let(s) + writing.expression(s.body)


def _paths(node: syntax.Node) -> Iterator[str]:
    """The names in a piece of syntax."""
    todo = [node]
    while todo:
        one = todo.pop()
        if isinstance(one, syntax.Name):
            yield one.path
            continue
        for value in one.__dict__.values():
            todo += [v for v in (value if isinstance(value, tuple) else (value,)) if isinstance(v, syntax.Node)]


def _meant(path: str, scope: Scope) -> Iterator[str]:
    """The declared names that a path may mean: `champion.metrics.a.b` means `a.b` or `a`.

    One too many only makes the form say more: the field `value` of an element, and a metric that is called `value`.
    """
    vocabulary = scope.vocabulary
    parts = path.split(".")
    for words in (("champion", "candidate"), (vocabulary.metrics, vocabulary.observations, vocabulary.facts)):
        parts = parts[1:] if len(parts) > 1 and parts[0] in words else parts
    for end in range(len(parts), 0, -1):
        yield ".".join(parts[:end])
