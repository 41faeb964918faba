"""Text to syntax: the only file that imports lark.

The parse tables are made from `policy.lark` by `python -m letpass.language.tables` and lie beside it as
JSON, so that no start of the program builds the grammar again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from letpass.diagnostics import Diagnostic, PolicyError, Source, Span
from letpass.language import syntax
from letpass.language.lalr import Driver
from letpass.language.lowering import lower
from letpass.language.scanning import Scanner
from letpass.language.statements import cut

if TYPE_CHECKING:
    from lark import Lark

OURS = "let it =\n"
GRAMMAR = Path(__file__).with_name("policy.lark")
TABLES = Path(__file__).with_name("policy.tables.json")
STARTS = ("header", "use", "metric", "fact", "let", "rule")


def parse(source: Source) -> tuple[syntax.PolicyText, tuple[Diagnostic, ...]]:
    """All statements that read, and a diagnostic for each that does not."""
    found = cut(source)
    statements, diagnostics = [], list(found.diagnostics)
    for piece in found.pieces:
        try:
            statements.append(_statement(piece.start, piece.span))
        except PolicyError as error:
            diagnostics += error.diagnostics
    unread = _without(source.text, (*statements, *found.comments)) if diagnostics else ""
    text = syntax.PolicyText(tuple(statements), found.comments, unread, span=Span(source, 0, len(source.text)))
    return text, tuple(sorted(diagnostics, key=lambda d: d.order))


def _without(text: str, nodes: tuple[syntax.Node, ...]) -> str:
    """A text with blanks for what nodes say, at the same places."""
    kept, at = [], 0
    for node in sorted(nodes, key=lambda n: n.span.start):
        start, end = max(node.span.start, at), max(node.span.end, at)
        kept += [text[at:start], " " * (end - start)]
        at = end
    return "".join((*kept, text[at:]))


def parse_expression(source: Source) -> syntax.Expression:
    """One expression by itself, as `policy eval` takes it; raises `PolicyError`."""
    # An expression stands in a statement: it is read behind a `let` of ours, which no place shows.
    whole = Source(source.name, OURS + source.text)
    found = cut(whole)
    if found.diagnostics:
        raise PolicyError(tuple(moved(d, source) for d in found.diagnostics))
    if len(found.pieces) != 1:
        span = Span(source, 0, len(source.text))
        raise PolicyError(
            (
                Diagnostic(
                    "GATE001",
                    "this is not one expression",
                    span,
                    "write a condition or a value, such as `fairness >= 0.9`",
                ),
            )
        )
    try:
        let = _statement("let", found.pieces[0].span)
    except PolicyError as error:
        raise PolicyError(tuple(moved(d, source) for d in error.diagnostics)) from None
    assert isinstance(let, syntax.Let)
    return let.body


def moved(d: Diagnostic, source: Source) -> Diagnostic:
    """A diagnostic of an expression, at the place that it has in the reader's own text."""
    by = -len(OURS)
    start, end = max(0, d.span.start + by), max(1, d.span.end + by)
    return Diagnostic(d.code, d.message, Span(source, start, end), d.help, d.severity, d.notes)


def _statement(start: str, span: Span) -> syntax.Statement:
    tree = _driver().parse(span.source.text, span.start, span.end, start)
    return _node(tree if tree is not None else _explained(start, span), span)


def _explained(start: str, span: Span) -> Any:
    """What the parser generator makes of a statement that does not read; raises `PolicyError`."""
    from lark import TextSlice
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    from letpass.language.misspellings import explain

    try:
        return _parser().parse(TextSlice(span.source.text, span.start, span.end), start=start)
    except UnexpectedCharacters as error:
        raise PolicyError((explain(span, error.pos_in_stream or span.start, _words(error.allowed)),)) from None
    except UnexpectedToken as error:
        at = error.token.start_pos if error.token.type != "$END" else None
        raise PolicyError((explain(span, span.end if at is None else at, _words(error.accepts)),)) from None


def _node(tree: Any, span: Span) -> syntax.Statement:
    node = lower(tree, span.source)
    assert isinstance(node, syntax.Header | syntax.Use | syntax.Metric | syntax.Fact | syntax.Let | syntax.Rule)
    return node


def _words(terminals: Any) -> frozenset[str]:
    return frozenset(str(t) for t in terminals or ())


@cache
def _driver() -> Driver:
    return Driver(json.loads(TABLES.read_bytes()))


@cache
def _parser() -> Lark:
    """The parser from its tables.  JSON has no integer keys, so they are made again."""
    from lark import Lark

    stored = json.loads(TABLES.read_bytes())
    table = stored["data"]["parser"]["parser"]
    table["tokens"] = {int(k): v for k, v in table["tokens"].items()}
    table["states"] = {int(s): {int(t): tuple(a) for t, a in actions.items()} for s, actions in table["states"].items()}
    stored["memo"] = {int(k): v for k, v in stored["memo"].items()}
    load: Any = Lark._load_from_dict  # noqa: SLF001 - Lark.load without its pickle
    parser: Lark = load(stored["data"], stored["memo"])
    lexer: Any = parser.parser.lexer
    for each in (lexer.root_lexer, *lexer.lexers.values()):
        each._scanner, each.callback = Scanner(each.terminals), {}  # noqa: SLF001 - before it makes its own
    return parser


@cache
def grammar(*, strict: bool = False) -> Lark:
    """The parser built from `policy.lark`: slow, for making the tables and for the tests."""
    from lark import Lark

    return Lark(
        GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        propagate_positions=True,
        maybe_placeholders=False,
        strict=strict,
    )


def tables() -> str:
    """The parse tables of `policy.lark` as JSON text."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = grammar().memo_serialize([TerminalDef, Rule])
    return json.dumps({"data": data, "memo": memo}, separators=(",", ":"), sort_keys=True) + "\n"
