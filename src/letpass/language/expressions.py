"""Typing of conditions: syntax to typed truths, in the scope of one policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from letpass.diagnostics import PolicyError, Span, nearest
from letpass.frozen import replace
from letpass.language import listings, monotone, names, syntax, terms, typed
from letpass.language.comparisons import Comparisons, each
from letpass.language.names import Level, Scope
from letpass.language.terms import Operand
from letpass.language.types import NUMERIC, Field, Group, Listing, Shape, Type

MOST_ROLES = 12
_WORD = re.compile(r"[a-z_][a-z0-9_.]*")
ATTESTABLE = (
    typed.Comparison, typed.Among, typed.Matches, typed.Fresh, typed.Recorded, typed.Pinned, typed.SuitePassed,
    typed.ToolScanned, typed.ForAll, typed.CountOf, typed.Flag,
)  # fmt: skip


class Expressions(Comparisons):
    """Types expressions of one policy; a `let` is typed once and shared."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._lets: dict[str, Operand | typed.Named | None] = {}
        self._open: list[str] = []
        self._measures: dict[int, tuple[int, int]] = {}

    # ------------------------------------------------------------ truths

    def truth(self, node: syntax.Expression, levels: tuple[Level, ...] = ()) -> typed.Truth:
        """The typed form of a condition; raises `PolicyError` with everything that is wrong in it."""
        span = node.span
        match node:
            case syntax.Not():
                return typed.Not(self.truth(node.operand, levels), span=span)
            case syntax.Both():
                return typed.Both(tuple(each(node.parts, lambda p: self.truth(p, levels))), span=span)
            case syntax.Either():
                return typed.Either(tuple(each(node.parts, lambda p: self.truth(p, levels))), span=span)
            case syntax.Compare():
                return self.compare(node, levels)
            case syntax.Member():
                return self.member(node, levels)
            case syntax.Like():
                operand = self._text(node.operand, levels)
                return typed.Matches(operand, tuple(node.pattern.split("*")), span=span)
            case syntax.Within():
                return typed.Fresh(self._date(node.operand, levels), terms.microseconds(node.duration), span=span)
            case syntax.Recorded():
                asked = each(node.operands, lambda o: self._recordable(o, levels))
                return typed.Recorded(tuple(one for several in asked for one in several), span=span)
            case syntax.Pinned():
                return typed.Pinned(self._text(node.operand, levels), span=span)
            case syntax.Computed():
                return self._computed(node)
            case syntax.Champion():
                if not self.scope.has_target:
                    raise PolicyError.of(
                        "GATE212",
                        "no champion: no move of this policy has a target stage",
                        span,
                        "ask it `on promotion to STAGE` or `on rollback to STAGE`",
                    )
                return typed.HasChampion(span=span)
            case syntax.Passed():
                return self._passed(node)
            case syntax.Scanned():
                return typed.ToolScanned(node.tool, _age(node.within), span=span)
            case syntax.Signed():
                return self._signed(node)
            case syntax.Attested():
                return self._attested(node, levels)
            case syntax.Every():
                found, level, _ = listings.listing(self.scope, node.of, levels)
                inner = (*levels, level)
                where = self._of_element(node.where, inner, node.of) if node.where else None
                return typed.ForAll(found, where, self._of_element(node.have, inner, node.of), span=span)
            case syntax.Tally():
                return self._tally(node, levels)
            case _:
                return self._flag(node, levels)

    def _attested(self, node: syntax.Attested, levels: tuple[Level, ...]) -> typed.Truth:
        operand = self.truth(node.operand, levels)
        if not isinstance(operand, ATTESTABLE):
            raise PolicyError.of(
                "GATE211",
                f"`attested by` cannot follow `{node.operand.span.text}`",
                node.span,
                "it follows a comparison, `is recorded`, `is pinned`, `passed`, `scanned` or a quantified form",
            )
        return typed.AttestedBy(operand, node.service, span=node.span)

    def _flag(self, node: syntax.Expression, levels: tuple[Level, ...]) -> typed.Truth:
        """A name that stands alone: a flag, or a let that is a condition."""
        if isinstance(node, syntax.Name) and node.path in self.scope.lets and not self._is_element(node, levels):
            body = self._let(node)
            if isinstance(body, typed.Named):
                return replace(body, span=node.span)
        operand = self.term(node, levels)
        if operand.kind in {"flag", "open"} and isinstance(operand.node, typed.Scalar | typed.Element):
            flag = replace(operand.node, type=Type("flag"))
            return typed.Flag(flag, span=node.span)
        what = "number" if operand.kind in NUMERIC or operand.kind == "open" else operand.kind
        raise PolicyError.of(
            "GATE207",
            f"`{node.span.text}` is a {what}, and a condition is wanted",
            node.span,
            "compare it, as in `… >= 0.9`, or ask `… is recorded`",
        )

    def _is_element(self, node: syntax.Name, levels: tuple[Level, ...]) -> bool:
        return any(node.path.split(".")[0] in level.fields for level in levels)

    def _let(self, name: syntax.Name) -> Operand | typed.Named:
        """The typed body of a let: a condition as `Named`, a value as its operand."""
        if name.path in self._open:
            ring = " → ".join([*self._open[self._open.index(name.path) :], name.path])
            raise PolicyError.of("GATE106", f"`{name.path}` is defined by itself", name.span, f"the ring is {ring}")
        if len(self._open) > monotone.DEEPEST:
            raise PolicyError.of(
                "GATE008", "these lets are nested too deeply", name.span, f"the deepest is {monotone.DEEPEST}"
            )
        if name.path not in self._lets:
            let = self.scope.lets[name.path]
            self._open.append(name.path)
            try:
                self._lets[name.path] = self._measured(let, self._let_body(let))
            except PolicyError:
                self._lets[name.path] = None
                raise
            finally:
                self._open.pop()
        found = self._lets[name.path]
        if found is None:
            raise PolicyError(())  # its own error has been told
        return found

    def _measured(self, let: syntax.Let, body: Operand | typed.Named) -> Operand | typed.Named:
        """The body of a let, unless it is too large or too deep with other lets written out."""
        node = body if isinstance(body, typed.Named) else body.node
        size, depth = monotone.measure(node, self._measures)
        if size > monotone.LARGEST_LET or depth > monotone.DEEPEST:
            raise PolicyError.of(
                "GATE008",
                f"`{let.name}` is too large, its lets written out",
                let.span,
                f"the most is {monotone.LARGEST_LET} parts, {monotone.DEEPEST} inside each other",
            )
        self._measures[id(node)] = (size, depth)
        return body

    def _let_body(self, let: syntax.Let) -> Operand | typed.Named:
        if isinstance(let.body, syntax.Text):
            raise PolicyError.of(
                "GATE204", "a text by itself has no name", let.body.span, "write it where it is compared"
            )
        if isinstance(
            let.body,
            syntax.Number
            | syntax.Percent
            | syntax.Quantity
            | syntax.Date
            | syntax.Sum
            | syntax.Product
            | syntax.Absolute
            | syntax.Extreme,
        ):
            return self.term(let.body, ())
        if isinstance(let.body, syntax.Name):
            if let.body.path in self.scope.lets:
                return self._let(let.body)
            operand = self.term(let.body, ())
            if operand.kind != "flag":
                return operand
        return typed.Named(let.name, self.truth(let.body), span=let.span)

    def too_large(self, node: typed.Truth) -> bool:
        """Is a condition too large or too deep, its lets written out."""
        size, depth = monotone.measure(node, self._measures)
        return size > monotone.LARGEST or depth > monotone.DEEPEST

    def check_let(self, let: syntax.Let) -> None:
        """Type a let that perhaps no rule uses, for its faults."""
        self._let(syntax.Name(let.name, span=let.span))

    # ------------------------------------------------------------ predicates

    def _recordable(
        self, node: syntax.Term, levels: tuple[Level, ...]
    ) -> tuple[typed.Term | typed.Section | typed.ListField, ...]:
        """What `is recorded` asks for: of a mapping or list each field without which it says nothing."""
        if not isinstance(node, syntax.Name):
            raise PolicyError.of("GATE204", "only a name can be recorded", node.span, "name a field of the record")
        if self._is_element(node, levels) or names.counterpart(node, levels):
            return (self.term(node, levels).node,)
        if node.path in self.scope.lets:
            value = self.term(node, levels).node
            if not isinstance(value, typed.Scalar | typed.Measured | typed.MeasuredField):
                raise PolicyError.of(
                    "GATE204",
                    f"`{node.path}` is reckoned, and not recorded",
                    node.span,
                    "name the fields that it is reckoned from",
                )
            return (value,)
        path = names.path_of(self.scope, node)
        found = names.measured(self.scope, path)
        if found is not None:
            _, rest = found
            if rest == ("slices",):
                listed, level, _ = listings.listing(self.scope, node, levels)
                return tuple(_required(listed, level, node.span))
            if rest[:1] == ("slices",):
                listed, level, name = listings.listing(self.scope, node, levels, with_field=True)
                return (typed.ListField(listed, name, _field_type(level, name), span=node.span),)
            return (self.term(node, levels).node,)
        if names.fact_of(self.scope, path) is not None:
            return (self.term(node, levels).node,)
        if path.parts in {(self.scope.vocabulary.metrics,), (self.scope.vocabulary.observations,)}:
            return (typed.Section(path.parts, path.champion, span=node.span),)
        shape, through = names.shape_at(self.scope, path)
        if isinstance(shape, Field):
            if through is None:
                return (self.term(node, levels).node,)
            listed, level, name = listings.listing(self.scope, node, levels, with_field=True)
            return (typed.ListField(listed, name, _field_type(level, name), span=node.span),)
        if isinstance(shape, Listing):
            listed, level, _ = listings.listing(self.scope, node, levels)
            return tuple(_required(listed, level, node.span))
        if isinstance(shape, Group) and shape.needs:
            whole = ".".join(path.parts)
            return tuple(
                typed.Scalar(f"{whole}.{need}", _type(shape.fields[need]), path.champion, span=node.span)
                for need in shape.needs
            )
        return (typed.Section(path.parts, path.champion, span=node.span),)

    def _computed(self, node: syntax.Computed) -> typed.Truth:
        operand = self.term(node.operand, ())
        if not isinstance(operand.node, typed.Scalar) or operand.node.path != "artifact.digest":
            raise PolicyError.of(
                "GATE204",
                f"the gate computes no `{node.operand.span.text}`",
                node.span,
                "write `artifact.digest is computed`",
            )
        return typed.Computed(operand.node, span=node.span)

    def _passed(self, node: syntax.Passed) -> typed.Truth:
        score = None
        if node.score is not None:
            found = terms.literal(node.score)
            if (
                not isinstance(found.node, typed.Constant)
                or found.written not in {"number", "percent"}
                or not 0 <= found.node.amount <= 1
            ):
                raise PolicyError.of(
                    "GATE203", f"`{node.score.span.text}` is no score", node.score.span, "a score is from 0% to 100%"
                )
            if node.operator not in {">", ">="}:
                raise PolicyError.of(
                    "GATE204",
                    f"a score has a floor, and `{node.operator}` is none",
                    node.span,
                    "a floor is asked as in `with score > 90%`",
                )
            score = float(found.node.amount)
        return typed.SuitePassed(node.suite, node.operator, score, _age(node.within), span=node.span)

    def _signed(self, node: syntax.Signed) -> typed.Truth:
        if len(node.roles) > MOST_ROLES:
            raise PolicyError.of(
                "GATE217", f"{len(node.roles)} roles are too many", node.span, f"the most is {MOST_ROLES}"
            )
        if len(set(node.roles)) != len(node.roles):
            raise PolicyError.of(
                "GATE204",
                "one role is named twice",
                node.span,
                'write `signed by 2 in role "…"` for two people of one role',
            )
        count = 1 if node.count is None else _whole(node.count, node.span, least=1)
        return typed.SignedBy(node.roles, count, node.other_than_author, _age(node.within), span=node.span)

    def _tally(self, node: syntax.Tally, levels: tuple[Level, ...]) -> typed.Truth:
        found, level, _ = listings.listing(self.scope, node.of, levels)
        where = self._of_element(node.where, (*levels, level), node.of) if node.where else None
        least = node.bound == "at least"
        limit = 0 if node.limit is None else _whole(node.limit, node.span, least=1 if least else 0)
        return typed.CountOf(found, where, least, limit, span=node.span)

    def _of_element(self, node: syntax.Expression, levels: tuple[Level, ...], listed: syntax.Name) -> typed.Truth:
        """A condition behind `where` or `have`; raises where nothing in it speaks of the element."""
        found = self.truth(node, levels)
        if len(levels) - 1 in typed.levels_read(found):
            return found
        words = " ".join(node.span.text.split())
        meant = next((near for word in _WORD.findall(words) if (near := nearest(word, levels[-1].fields))), ())
        fields = ", ".join(f"`{name}`" for name in levels[-1].fields)
        likely = f"perhaps `{meant[0]}` is meant; " if meant else ""
        raise PolicyError.of(
            "GATE219",
            f"nothing in `{words}` speaks of an element of `{listed.path}`",
            node.span,
            f"{likely}an element has {fields}; what is asked of the version as a whole stands outside, joined with `and`",
        )

    # ------------------------------------------------------------ terms

    def term(self, node: syntax.Term, levels: tuple[Level, ...]) -> Operand:
        """The typed form of a value."""
        match node:
            case syntax.Number() | syntax.Percent() | syntax.Quantity() | syntax.Date():
                return terms.literal(node)
            case syntax.Name():
                return self._name(node, levels)
            case syntax.Sum():
                left, right = each((node.left, node.right), lambda t: self.term(t, levels))
                return terms.add(left, right, 1 if node.operator == "+" else -1, node.span)
            case syntax.Product():
                left, right = each((node.left, node.right), lambda t: self.term(t, levels))
                return terms.scale(left, right, node.span)
            case syntax.Absolute():
                return terms.absolute(self.term(node.operand, levels), node.span)
            case syntax.Extreme():
                found, level, name = listings.listing(self.scope, node.of, levels, with_field=True)
                value = self._name(syntax.Name(name, span=node.of.span), (*levels, level))
                assert isinstance(value.node, typed.Element)
                if value.kind not in NUMERIC and value.kind != "open":
                    raise PolicyError.of(
                        "GATE204",
                        f"`{node.of.path}` is a {value.kind}, and `{node.which}` is for numbers",
                        node.of.span,
                    )
                where = self._of_element(node.where, (*levels, level), node.of) if node.where else None
                return Operand(typed.Extremum(node.which, found, value.node, where, span=node.span), value.kind)
            case syntax.Text():
                raise PolicyError.of(
                    "GATE204",
                    f"the text `{node.value}` cannot stand here",
                    node.span,
                    "texts are compared with `is`, `in` and `like`",
                )
            case _:
                raise PolicyError.of(
                    "GATE204",
                    f"`{node.span.text}` is a condition, and a value is wanted",
                    node.span,
                    "join conditions with `and` and `or`",
                )

    def _name(self, node: syntax.Name, levels: tuple[Level, ...]) -> Operand:
        found = names.term(self.scope, node, levels)
        if found is None:
            body = self._let(node)
            if isinstance(body, typed.Named):
                raise PolicyError.of(
                    "GATE204",
                    f"`{node.path}` is a condition, and a value is wanted",
                    node.span,
                    "use it by itself, or with `and`, `or`, `not`",
                )
            if any(isinstance(n, typed.Quantified) for n in typed.walk(body.node)):
                # one value of the record: the elements around it are not those of its list
                return replace(body, node=typed.Named(node.path, body.node, span=node.span))
            return replace(body, node=replace(body.node, span=node.span))
        match found:
            case typed.Now():
                return Operand(found, "date")
            case typed.Scalar() | typed.Measured() | typed.MeasuredField() | typed.Element() | typed.Counterpart():
                return Operand(found, found.type.kind, found.type.symbols)
            case _:  # pragma: no cover - names.term makes no other
                assert_never(found)  # type: ignore[arg-type]

    def _text(self, node: syntax.Term, levels: tuple[Level, ...]) -> typed.Term:
        operand = self.term(node, levels)
        if operand.kind == "open" and isinstance(operand.node, typed.Scalar | typed.Element):
            return replace(operand.node, type=Type("text"))
        if operand.kind != "text":
            raise PolicyError.of(
                "GATE204",
                f"`{node.span.text}` is a {operand.kind}, and a text is wanted",
                node.span,
                "`like` and `is pinned` are for texts",
            )
        return operand.node

    def _date(self, node: syntax.Term, levels: tuple[Level, ...]) -> typed.Term:
        operand = self.term(node, levels)
        if operand.kind == "open" and isinstance(operand.node, typed.Scalar | typed.Element):
            return replace(operand.node, type=Type("date"))
        if operand.kind != "date" or operand.arithmetic or operand.is_constant or isinstance(operand.node, typed.Now):
            raise PolicyError.of(
                "GATE204",
                f"`{node.span.text}` is no recorded date",
                node.span,
                "`within` is for a date of the record, such as `registered_at`",
            )
        return operand.node


def _age(duration: syntax.Quantity | None) -> int | None:
    return None if duration is None else terms.microseconds(duration)


def _whole(value: Decimal, span: Span, *, least: int) -> int:
    if value != int(value) or not least <= value <= 1_000_000:
        raise PolicyError.of(
            "GATE217", f"`{value}` cannot be counted to", span, f"write a whole number, at least {least}"
        )
    return int(value)


def _field_type(level: Level, name: str) -> Type:
    return _type(level.fields[name])


def _type(shape: Shape) -> Type:
    return shape.type if isinstance(shape, Field) else Type("open")


def _required(listed: typed.List, level: Level, span: Span) -> Iterator[typed.ListField]:
    """The fields that every element of a list must have."""
    for name, shape in level.fields.items():
        if isinstance(shape, Field) and shape.required and name != "value":
            yield typed.ListField(listed, name, shape.type, span=span)
