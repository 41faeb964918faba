"""Formulas looked through node by node: the simplest back end there can be, and one with a third truth value.

What they mean is read from their docstrings in `letpass.semantics.formula`; nothing of the printer of Python is used.
"""

from __future__ import annotations

import operator
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from math import isfinite, sqrt
from typing import Any

from letpass.evaluation import people
from letpass.evaluation.apart import apart
from letpass.evaluation.input import Input
from letpass.facts.record import AtLeast, Holder, Record
from letpass.facts.values import date
from letpass.language import typed
from letpass.language.truth import Truth3, conjunction, disjunction, negation
from letpass.semantics import formula as f
from letpass.semantics import nodes, places, values
from letpass.semantics.meaning import Meaning

OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
DIGEST = re.compile(r"(?:.*@)?(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})", re.DOTALL)
KINDS = {
    values.Kind.NUMBER: float,
    values.Kind.DATE: int,
    values.Kind.TEXT: str,
    values.Kind.FLAG: bool,
    values.Kind.ANY: object,
}
Elements = Mapping[int, Any]


class Walker:
    """Over one input; what is not known is None."""

    def __init__(self, given: Input) -> None:
        self.given = given

    def truth(self, of: Meaning) -> Truth3:
        """Of a condition by its two formulas, of which at most one holds."""
        holds, fails = self.holds(of.holds), self.holds(of.fails)
        assert not (holds and fails)
        return True if holds else False if fails else None

    # ------------------------------------------------------------ formulas

    def holds(self, node: f.Formula, at: Elements | None = None) -> bool:
        """Two-valued: a formula over what is not known is false."""
        at = at or {}
        match node:
            case f.And():
                return all(self.holds(o, at) for o in node.operands)
            case f.Or():
                return any(self.holds(o, at) for o in node.operands)
            case f.Not():
                return not self.holds(node.operand, at)
            case f.Always():
                return node.truth
            case f.AtLeast():
                inside = ({**at, node.level: e} for e in self.elements(node.list, at) or ())
                return sum(self.holds(node.where, i) for i in inside) >= node.count
            case f.Known(of=places.Listed() | places.Inside() | places.Joined() | places.Provided() as listed):
                return self.elements(listed, at) is not None
            case f.Known(of=places.Measure() | places.Twin() as place):
                return self.place(place, at) is not None
            case f.Known():
                return self.value(node.of, at) is not None
            case f.Written():
                place = self.place(node.place, at) or {}
                return node.field in place or node.field in place.get("@bad", {})
            case f.Whole():
                return not isinstance(self.elements(node.list, at), AtLeast)
            case _:
                return self.atom(node, at) is True

    def kleene(self, node: f.Formula) -> Truth3:
        """Three-valued: a formula over what is not known is unknown."""
        match node:
            case f.And():
                return conjunction(self.kleene(o) for o in node.operands)
            case f.Or():
                return disjunction(self.kleene(o) for o in node.operands)
            case f.Not():
                return negation(self.kleene(node.operand))
            case f.Compare() | f.Among() | f.Matches() | f.Shaped():
                return self.atom(node, {})
            case _:
                return self.holds(node)

    def atom(self, node: f.Formula, at: Elements) -> Truth3:
        """A formula over values, None where one of them is not known."""
        if isinstance(node, values.Input):
            return self.asked(node)
        if isinstance(node, f.Compare):
            left, right = self.value(node.left, at), self.value(node.right, at)
            if left is None or right is None:
                return None
            if node.scale is None:
                return OPERATORS[node.operator](left, right)
            if not (isfinite(left) and isfinite(right)):
                return None
            scale = self.value(node.scale, at)
            if abs(left - right) <= 1e-12 * scale:
                return node.operator in {">=", "<=", "=="}
            return OPERATORS[node.operator](left, right)
        value = self.value(node.value, at)  # type: ignore[union-attr]
        if value is None:
            return None
        match node:
            case f.Among():
                return (value in node.words) is not node.negated
            case f.Matches():
                pattern = re.compile(".*".join(re.escape(p) for p in node.pattern), re.DOTALL)
                return (pattern.fullmatch(value) is not None) is not node.negated
            case f.Shaped(shape=f.Shape.DIGEST):
                return (DIGEST.fullmatch(value) is not None) is not node.negated
            case f.Shaped(shape=f.Shape.WHOLE):
                return float(value).is_integer()
            case f.Shaped():
                return not isinstance(value, str) or bool(value.strip())
        raise TypeError(node)

    # ------------------------------------------------------------ places and lists

    def record(self, *, champion: bool) -> Record | None:
        found = self.given.champion if champion else self.given.record
        return found if isinstance(found, Record) else None

    def place(self, node: places.Place, at: Elements) -> Any:
        match node:
            case places.Element():
                return at[node.level]
            case places.Measure():
                record = self.record(champion=node.champion)
                pieces = record.measures.get((node.section, node.name), ()) if record else ()
                on = [p for p in pieces if node.data_set in {None, p.get("data_set")}]
                return on[0] if len(on) == 1 and "@unreadable" not in on[0] else None
            case places.Run():
                key = "name" if node.section == "suites" else "tool"
                runs = [e for e in self.given.record.lists.get(node.section, ()) if e.get(key) == node.name]
                return next((r for r in runs if not {"@partial", "@unreadable"} & r.keys()), None)
            case places.Twin():
                like, record = self.place(node.like, at), self.record(champion=True)
                pieces = record.measures.get((node.like.section, node.like.name), ()) if record and like else ()
                same = [p for p in pieces if _same(p, like)]
                return same[0] if same and "@unreadable" not in same[0] else None
            case places.Fellow():
                like, twin = self.place(node.twin.like, at), self.place(node.twin, at)
                group = at[node.level].get("group")
                ours = [s for s in (like or {}).get("slices", ()) if s.get("group") == group]
                theirs = (twin or {}).get("slices", ())
                found = [s for s in theirs if s.get("group") == group]
                named = group is not None and all("group" in s for s in theirs)
                return found[0] if named and len(ours) == len(found) == 1 else None
        raise TypeError(node)

    def elements(self, node: places.List, at: Elements) -> Any:
        match node:
            case places.Listed():
                record = self.record(champion=node.champion)
                found = record.lists.get(node.root) if record else None
                return None if found is None or any("@unreadable" in e for e in found) else found
            case places.Inside():
                return (self.place(node.place, at) or {}).get(node.field)
            case places.Provided():
                return self.elements(node.list, at) if self.holds(node.condition, at) else None
            case places.Joined():
                outer = self.elements(node.outer, at)
                inner = [e.get(node.field) for e in outer or ()]
                if not inner or None in inner:
                    return None
                found = tuple(e for i in inner for e in i)
                return AtLeast(found) if any(isinstance(i, AtLeast) for i in (outer, *inner)) else found

    # ------------------------------------------------------------ values

    def value(self, node: values.Value, at: Elements) -> Any:
        match node:
            case values.Read():
                return self.read(node, at)
            case values.Literal():
                return node.value
            case values.Clock():
                return self.given.now
            case values.Given():
                return self.value(node.value, at) if self.holds(node.condition, at) else None
            case values.Default():
                found = self.value(node.value, at)
                return self.value(node.otherwise, at) if found is None else found
            case values.Pick():
                key = self.value(node.key, at)
                return node.absent if key is None else dict(node.table).get(key)
            case values.Extreme():
                inside = [{**at, node.level: e} for e in self.elements(node.list, at) or ()]
                chosen = [self.value(node.value, i) for i in inside if self.holds(node.where, i)]
                known = [v for v in chosen if v is not None]
                return (min if node.which == "min" else max)(known) if known else None
            case values.Input():
                return self.asked(node)
            case values.Combinations():
                return self.combinations(node, at)
        parts = [self.value(part, at) for part in node.parts]  # type: ignore[arg-type]
        return None if None in parts else _reckoned(node, parts)

    def combinations(self, node: values.Combinations, at: Elements) -> int:
        each = [{**at, node.level: e} for e in self.elements(node.list, at) or ()]
        ways = [0]
        for inner in node.inside if each else ():
            counts = [self.combinations(inner, one) for one in each]
            ways.append(sum(counts) if node.level in inner.levels else len(each) * counts[0])
        return max(len(each), *ways)

    def read(self, node: values.Read, at: Elements) -> Any:
        if isinstance(node.place, places.Itself):
            record = self.record(champion=node.place.champion)
            if record is None:
                return None
            if node.field.startswith("@trust:"):
                return record.trust.get(node.field.removeprefix("@trust:"), "")
            found: Any = record.values.get(node.field)
            if node.kind is values.Kind.DATE and isinstance(found, str):
                found = date(found)
        else:
            found = self.place(node.place, at)
            if node.field == "@trust":
                return None if found is None else found.get("@trust", "")
            for part in node.field.split("."):
                found = None if found is None else found.get(part)
        return (
            found if found is not None and (type(found) is KINDS[node.kind] or node.kind is values.Kind.ANY) else None
        )

    # ------------------------------------------------------------ what is given

    def asked(self, node: values.Input) -> Any:
        given, about = self.given, node.about
        match node.asked:
            case values.Asked.CHAMPION:
                return isinstance(given.champion, Record)
            case values.Asked.NOBODY:
                return given.champion is Holder.NOBODY
            case values.Asked.OLDER | values.Asked.YOUNGER:
                return given.bars.older is (node.asked is values.Asked.OLDER)
            case values.Asked.APART:
                return not apart(given.record, given.accepted).doubts
            case values.Asked.SIGNED:
                return len(self.people(*about))
            case values.Asked.NEEDED:
                return given.accepted.thresholds.get(about[0], 1)
            case values.Asked.MATCHED:
                roles, *how = about
                return people.assignable([(self.people(r, *how), given.accepted.thresholds.get(r, 1)) for r in roles])
        path, champion, service = about
        record = self.record(champion=champion)
        if record is None or record.sections.get(path) is not True:
            return False
        if node.asked is values.Asked.FILLED:
            return record.filled(path, service)
        return record.raw(path) is None and service in {None, record.trust.get(path, "")}

    def people(self, role: str, apart_: bool, longest: int | None) -> set[str]:
        left_out = apart(self.given.record, self.given.accepted).people if apart_ else frozenset()
        first = self.given.now - longest if longest is not None else None
        return {
            s.person
            for s in self.given.accepted.signoffs
            if s.role == role and s.person not in left_out and (first is None or first <= s.at <= self.given.now)
        }


def _reckoned(node: nodes.Node, parts: list[Any]) -> Any:
    match node, parts:
        case values.Sum(), [left, right]:
            return left + right if node.sign > 0 else left - right
        case values.Product(), [left, right]:
            return left * right
        case values.Quotient(), [left, right]:
            return left / right if right else None
        case values.Absolute(), [operand]:
            return abs(operand)
        case values.Greatest(), _:
            return max(parts)
        case values.Root(), [operand]:
            return sqrt(operand) if operand >= 0 else None
        case values.Apart(), [ours, theirs]:
            a, b = (b64decode(text) for text in (ours, theirs))
            return float(sum((x & ~y & 0xFF).bit_count() for x, y in zip(a, b, strict=True)))
        case values.Wilson(), [s, n]:
            if not 0 <= s <= n or not n:
                return None
            p, q = s / n, node.z * node.z
            spread = node.z * sqrt((p * (1 - p) + q / (4 * n)) / n)
            end = (p + q / (2 * n) + (-spread if node.lower else spread)) / (1 + q / n)
            return min(1.0, max(0.0, end))
    raise TypeError(node)


def _same(a: Any, b: Any) -> bool:
    digests = {m["data_digest"] for m in (a, b) if "data_digest" in m}
    return "data_set" in a and a["data_set"] == b.get("data_set") and len(digests) < 2


def conditions(node: typed.Truth, service: str | None = None) -> Iterator[tuple[typed.Truth, str | None]]:
    """A condition and those in it that no list is around, each with the service that must vouch for it."""
    yield node, service
    match node:
        case typed.Both() | typed.Either():
            for part in node.parts:
                yield from conditions(part, service)
        case typed.Not():
            yield from conditions(node.operand, service)
        case typed.AttestedBy():
            yield from conditions(node.operand, node.service)
