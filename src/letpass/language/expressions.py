"""Typing of conditions and values: syntax to typed truths and terms, in the scope of one policy."""

from __future__ import annotations

import re
from typing import assert_never

from letpass.diagnostics import PolicyError, nearest
from letpass.frozen import replace
from letpass.language import listings, names, predicates, syntax, terms, typed
from letpass.language.comparisons import each
from letpass.language.lets import Lets
from letpass.language.names import Level
from letpass.language.recordable import recordable
from letpass.language.terms import Operand
from letpass.language.types import NUMERIC, Type

_WORD = re.compile(r"[a-z_][a-z0-9_.]*")
ATTESTABLE = (
    typed.Comparison, typed.Among, typed.Matches, typed.Fresh, typed.Recorded, typed.Pinned, typed.SuitePassed,
    typed.ToolScanned, typed.ForAll, typed.CountOf, typed.Flag,
)  # fmt: skip


class Expressions(Lets):
    """Types the conditions and values of one policy."""

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
                operand = predicates.text(self.term(node.operand, levels), node.operand)
                return typed.Matches(operand, tuple(node.pattern.split("*")), span=span)
            case syntax.Within():
                return typed.Fresh(
                    predicates.date(self.term(node.operand, levels), node.operand),
                    terms.microseconds(node.duration),
                    span=span,
                )
            case syntax.Recorded():
                asked = each(node.operands, lambda o: recordable(self.scope, o, levels, lambda t: self.term(t, levels)))
                return typed.Recorded(tuple(one for several in asked for one in several), span=span)
            case syntax.Pinned():
                return typed.Pinned(predicates.text(self.term(node.operand, levels), node.operand), span=span)
            case syntax.Computed():
                return predicates.computed(self.term(node.operand, ()), node)
            case syntax.Champion():
                if not self.scope.has_target:
                    raise PolicyError.of(
                        "GATE212",
                        "no champion: no move of this policy has a target stage",
                        span,
                        "ask it `on promotion to STAGE` or `on rollback to STAGE`",
                    )
                return typed.HasChampion(span=span)
            case syntax.Bars():
                return typed.OlderBars(span=span)
            case syntax.Passed():
                return predicates.passed(node)
            case syntax.Scanned():
                return predicates.scanned(node)
            case syntax.Signed():
                return predicates.signed(node)
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
        if isinstance(node, syntax.Name) and node.path in self.scope.lets and not names.is_element(node, levels):
            body = self.let(node)
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

    # ------------------------------------------------------------ lists

    def _tally(self, node: syntax.Tally, levels: tuple[Level, ...]) -> typed.Truth:
        found, level, _ = listings.listing(self.scope, node.of, levels)
        where = self._of_element(node.where, (*levels, level), node.of) if node.where else None
        least = node.bound == "at least"
        limit = 0 if node.limit is None else predicates.whole(node.limit, node.span, least=1 if least else 0)
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
            body = self.let(node)
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
