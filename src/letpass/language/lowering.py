"""The parser's trees to syntax, once: a table from each phrase of `policy.lark` to the node it stands for."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from letpass.diagnostics import PolicyError, Source, Span
from letpass.language import syntax as s


def lower(tree: Any, source: Source) -> Any:
    """The node of a tree.  A phrase without an entry in the table is a defect: KeyError."""
    children = [lower(c, source) if hasattr(c, "children") else c for c in tree.children]
    return _NODES[tree.data](children, Span(source, tree.meta.start_pos, tree.meta.end_pos))


def _unquote(token: str) -> str:
    return str(token)[1:-1]


def _last(children: list[Any], after: int) -> Any:
    return children[after] if len(children) > after else None


def _doc(children: list[Any], after: int) -> str | None:
    found = _last(children, after)
    return None if found is None else _unquote(found)


def _signed_number(children: list[Any]) -> Decimal:
    if children[0] == "-":
        return -Decimal(children[1].rstrip("%"))
    return Decimal(children[0].rstrip("%"))


def _compare_sure(c: list[Any], span: Span) -> s.Compare:
    found = {q[0]: q[-1] for q in c[3:] if isinstance(q, tuple)}
    level = next(Decimal(q.rstrip("%")) for q in c[3:] if isinstance(q, str))
    paired, corrected = "paired" in found, "corrected" in found
    return s.Compare(c[0], str(c[1]), c[2], level, paired, corrected, found.get("tries"), span=span)


def _passed(c: list[Any], span: Span) -> s.Passed:
    found = {q[0]: q[1:] for q in c[1:]}
    operator, score = found.get("score", (None, None))
    return s.Passed(_unquote(c[0]), operator, score, found.get("age", (None,))[0], span=span)


def _signed(c: list[Any], span: Span) -> s.Signed:
    found = {q[0]: q[1:] for q in c if isinstance(q, tuple)}
    roles = tuple(_unquote(q) for q in c if isinstance(q, str))
    return s.Signed(
        roles, found.get("count", (None,))[0], "not author" in found, found.get("age", (None,))[0], span=span
    )


def _header(c: list[Any], span: Span) -> s.Header:
    found: dict[str, Any] = {}
    for word, value, where in (q for q in c if isinstance(q, tuple)):
        if word in found:
            raise PolicyError.of("GATE012", f"a second `{word}` in one header", where, "keep one")
        found[word] = value
    on = tuple(q for q in c if isinstance(q, s.On))
    return s.Header(
        str(c[0]), _unquote(c[1]), on, found.get("approved"), found.get("applies"), found.get("owner"), span=span
    )


def _metric(c: list[Any], span: Span) -> s.Metric:
    traits: dict[str, str] = {}
    for name, value, where in (q for q in c if isinstance(q, tuple)):
        if name in traits:
            raise PolicyError.of(
                "GATE012", f"the {name.replace('_', ' ')} of `{c[0]}` is said twice", where, "keep one"
            )
        traits[name] = value
    doc = _unquote(c[-1]) if isinstance(c[-1], str) else None
    return s.Metric(
        str(c[0]), c[1], traits.get("direction"), traits.get("data set"), traits.get("spelling"), doc, span=span
    )


def _rule(c: list[Any], span: Span) -> s.Rule:
    label = str(c[1]) if isinstance(c[1], str) else None
    at = 2 if label else 1
    seen: set[type] = set()
    for clause in c[at + 1 :]:
        if type(clause) in seen:
            word = clause.span.text.split()[0]
            raise PolicyError.of(
                "GATE012", f"a second `{word}` in one rule", clause.span, "keep one, or write a rule of its own"
            )
        seen.add(type(clause))
    return s.Rule(str(c[0]), label, c[at], tuple(c[at + 1 :]), span=span)


_NODES: dict[str, Callable[[list[Any], Span], Any]] = {
    # values
    "number": lambda c, span: s.Number(_signed_number(c), span=span),
    "percent": lambda c, span: s.Percent(_signed_number(c), span=span),
    "quantity": lambda c, span: s.Quantity(_signed_number(c), str(c[-1]), span=span),
    "duration": lambda c, span: s.Quantity(Decimal(c[0]), str(c[1]), span=span),
    "date": lambda c, span: s.Date(str(c[0]), span=span),
    "text": lambda c, span: s.Text(_unquote(c[0]), span=span),
    "reference": lambda c, span: s.Name(str(c[0]), _doc(c, 1), span=span),
    "plus": lambda c, span: s.Sum(c[0], "+", c[1], span=span),
    "minus": lambda c, span: s.Sum(c[0], "-", c[2], span=span),
    "times": lambda c, span: s.Product(c[0], c[1], span=span),
    "group": lambda c, span: c[0],
    "extreme": lambda c, span: s.Extreme(str(c[0]), c[1], _last(c, 2), span=span),
    "absolute": lambda c, span: s.Absolute(c[0], span=span),
    # truths
    "both": lambda c, span: s.Both(tuple(c), span=span),
    "either": lambda c, span: s.Either(tuple(c), span=span),
    "negated": lambda c, span: s.Not(c[0], span=span),
    "attested": lambda c, span: s.Attested(c[0], _unquote(c[1]), span=span),
    "every": lambda c, span: s.Every(c[0], c[1] if len(c) > 2 else None, c[-1], span=span),
    "no": lambda c, span: s.Tally("no", None, c[0], _last(c, 1), span=span),
    "at_least": lambda c, span: s.Tally("at least", Decimal(c[0]), c[1], _last(c, 2), span=span),
    "at_most": lambda c, span: s.Tally("at most", Decimal(c[0]), c[1], _last(c, 2), span=span),
    "compare": lambda c, span: s.Compare(c[0], str(c[1]), c[2], span=span),
    "compare_sure": _compare_sure,
    "bare": lambda c, span: str(c[0]),
    "quoted": lambda c, span: _unquote(c[0]),
    "set": lambda c, span: tuple(c),
    "is_symbol": lambda c, span: s.Member(c[0], (c[1],), span=span),
    "is_not_symbol": lambda c, span: s.Member(c[0], (c[1],), negated=True, span=span),
    "in_set": lambda c, span: s.Member(c[0], c[1], listed=True, span=span),
    "not_in_set": lambda c, span: s.Member(c[0], c[1], negated=True, listed=True, span=span),
    "like": lambda c, span: s.Like(c[0], _unquote(c[1]), span=span),
    "within": lambda c, span: s.Within(c[0], c[1], span=span),
    "recorded": lambda c, span: s.Recorded(tuple(c), span=span),
    "pinned": lambda c, span: s.Pinned(c[0], span=span),
    "computed": lambda c, span: s.Computed(c[0], span=span),
    "champion": lambda c, span: s.Champion(span=span),
    "passed": _passed,
    "scanned": lambda c, span: s.Scanned(_unquote(c[0]), c[1][1] if len(c) > 1 else None, span=span),
    "signed_role": _signed,
    "signed_roles": _signed,
    # their qualifiers
    "paired": lambda c, span: ("paired",),
    "corrected": lambda c, span: ("corrected",),
    "tries": lambda c, span: ("tries", Decimal(c[0])),
    "score": lambda c, span: ("score", str(c[0]), c[1]),
    "age": lambda c, span: ("age", c[0]),
    "count": lambda c, span: ("count", Decimal(c[0])),
    "not_author": lambda c, span: ("not author",),
    # statements
    "header": _header,
    "stage": lambda c, span: _unquote(c[0]) if c[0].startswith('"') else str(c[0]),
    "on_registration": lambda c, span: s.On("registration", span=span),
    "on_promotion": lambda c, span: s.On("promotion", tuple(c), span=span),
    "on_rollback": lambda c, span: s.On("rollback", tuple(c), span=span),
    "on_deployment": lambda c, span: s.On("deployment", span=span),
    "on_deployment_from_any": lambda c, span: s.On("deployment", from_any=True, span=span),
    "on_review": lambda c, span: s.On("review", span=span),
    "approved": lambda c, span: ("approved", c[0], span),
    "applies": lambda c, span: ("applies", c[0], span),
    "header_owner": lambda c, span: ("owner", _unquote(c[0]), span),
    "use": lambda c, span: s.Use(_unquote(c[0]), span=span),
    "metric": _metric,
    "type": lambda c, span: s.Type(str(c[0]), _last([str(q) for q in c], 1), span=span),
    "higher": lambda c, span: ("direction", "higher", span),
    "lower": lambda c, span: ("direction", "lower", span),
    "on_data_set": lambda c, span: ("data set", _unquote(c[0]), span),
    "recorded_as": lambda c, span: ("spelling", _unquote(c[0]), span),
    "fact_typed": lambda c, span: s.Fact(str(c[0]), c[1], doc=_doc(c, 2), span=span),
    "fact_one_of": lambda c, span: s.Fact(str(c[0]), None, c[1], doc=_doc(c, 2), span=span),
    "fact_ordered": lambda c, span: s.Fact(str(c[0]), None, c[1], ordered=True, doc=_doc(c, 2), span=span),
    "let": lambda c, span: s.Let(str(c[0]), c[1], span=span),
    "when": lambda c, span: s.When(c[0], span=span),
    "because": lambda c, span: s.Because(_unquote(c[0]), span=span),
    "fix": lambda c, span: s.Fix(_unquote(c[0]), span=span),
    "rule_owner": lambda c, span: s.Owner(_unquote(c[0]), span=span),
    "from_date": lambda c, span: s.From(s.Date(str(c[0]), span=span), span=span),
    "waivable": lambda c, span: s.Waivable(_unquote(c[0]), _last(c, 1), span=span),
    "rule": _rule,
}
