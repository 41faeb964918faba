"""The truth of conditions and rules: True, False, or None for unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache

from tests.oracle import amounts, kinds, numbers, presence, speaking
from tests.oracle import conditions as c
from tests.oracle import names as n
from tests.oracle import terms as t
from tests.oracle.budget import too_large
from tests.oracle.facts import Listed, whole
from tests.oracle.names import Level, Names, Scope, Target
from tests.oracle.places import ELEMENTS
from tests.oracle.policies import Policy, Rule
from tests.oracle.schema import FIELDS, below
from tests.oracle.slots import NOBODY, Piece
from tests.oracle.units import factor
from tests.oracle.world import Library, World

Truth = bool | None
DIGEST = re.compile(r"(?:.*@)?(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})", re.DOTALL)


def both(parts: Iterable[Truth]) -> Truth:
    """`and`."""
    found = list(parts)
    return False if False in found else None if None in found else True


def either(parts: Iterable[Truth]) -> Truth:
    """`or`."""
    found = list(parts)
    return True if True in found else None if None in found else False


def opposite(of: Truth) -> Truth:
    """`not`."""
    return None if of is None else not of


class Meaning:
    """Of one policy in one world."""

    def __init__(self, policy: Policy, world: World) -> None:
        self.seen: set[tuple[str, Truth]] = set()
        self.names = Names(policy)
        self.world = world
        self.library = Library(world)

    def rule(self, rule: Rule) -> Truth:
        """`require E when G` is `not G or E`."""
        test = self.truth(rule.test)
        return test if rule.guard is None else either((opposite(self.truth(rule.guard)), test))

    def truth(self, of: c.Condition, scope: Scope = (), services: frozenset[str] = NOBODY) -> Truth:
        """Of a condition; services: who must vouch for every fact in it."""
        found = self._truth(of, scope, services)
        self.seen.add((type(of).__name__, found))
        return found

    def _truth(self, of: c.Condition, scope: Scope, services: frozenset[str]) -> Truth:
        service = getattr(of, "service", None)
        if service:
            services |= {service}
        match of:
            case c.Not():
                return opposite(self.truth(of.of, scope, services))
            case c.And():
                return both([self.truth(p, scope, services) for p in of.of])
            case c.Or():
                return either([self.truth(p, scope, services) for p in of.of])
            case c.ForAll() | c.Count():
                return self._quantified(of, scope, services)
            case c.Compare():
                return self._compare(of, scope, services)
            case c.Flag():
                return self._flag(of, scope, services)
            case c.Is() | c.In() | c.Like() | c.Pinned():
                return self._text(of, scope, services)
            case c.Within():
                return self._within(of, scope, services)
            case c.Recorded():
                return both([presence.recorded(self, x, scope, services) for x in of.names])
            case c.Computed():
                # the gate has hashed it, and no service vouches for that
                return True if self.world.candidate.computed and not services else None
            case c.Champion():
                return None if self.world.champion == "unasked" else self.world.champion is not None
            case c.Passed():
                return self._passed(of, services)
            case c.Scanned():
                return self._scanned(of, services)
            case c.Signed():
                left_out = self._left_out(other=of.other)
                since = None if of.age is None else self.world.now - _micros(of.age)
                done = left_out is not None and self.world.people.enough(
                    of.role, of.count, left_out, since, self.world.now
                )
                return True if done else None
            case c.SignedRoles():
                left_out = self._left_out(other=of.other)
                return True if left_out is not None and self.world.people.one_each(of.roles, left_out) else None
        raise TypeError(of)

    def levels(self, target: Target, listed: Listed, form: c.ForAll | c.Count | t.Extreme) -> list[Level]:
        """Each element of the list of a form, as what is around."""
        of = target if isinstance(target, n.Measure) else None
        place = speaking.place(form)
        fields = below(ELEMENTS[place.fields])
        return [Level(e, listed, fields, place, of) for e in listed.elements]

    def _quantified(self, of: c.ForAll | c.Count, scope: Scope, services: frozenset[str]) -> Truth:
        if too_large(self, of, scope):
            return None
        target = self.names.target(of.list, scope)
        listed = self.library.list(target)
        if listed is None or not services <= (listed.services or NOBODY):
            return None
        inside = [(*scope, level) for level in self.levels(target, listed, of)]
        chosen = [True if of.where is None else self.truth(of.where, s, services) for s in inside]
        if isinstance(of, c.ForAll):
            have = [self.truth(of.have, s, services) for s in inside]
            each = [either((opposite(p), q)) for p, q in zip(chosen, have, strict=True)]
            found = both(each)
            return None if found and (True not in chosen or listed.more) else found
        sure, open_ = chosen.count(True), chosen.count(None)
        if of.how == "at least":
            return True if sure >= of.count else False if sure + open_ < of.count and not listed.more else None
        most = 0 if of.how == "no" else of.count
        return False if sure > most else True if open_ == 0 and not listed.more else None

    def _compare(self, of: c.Compare, scope: Scope, services: frozenset[str]) -> Truth:
        kind = kinds.common(of.left, of.right, self.names, scope)
        if kind == "date":
            left, right = (self._date(x, scope, services) for x in (of.left, of.right))
            return None if left is None or right is None else _ordered(left, of.sign, right)
        if kind == "ordered":
            return self._words(of, scope, services)
        if of.level is not None:
            return self._sure(of, kind, scope, services)
        first = numbers.amount(self, of.left, kind, scope, services)
        second = numbers.amount(self, of.right, kind, scope, services)
        if first is None or second is None or not amounts.comparable(first, second):
            return None
        if kind == "open" and len(first.units | second.units) > 1:
            return None
        unit = kinds.unit_of(of.left, self.names, scope) or kinds.unit_of(of.right, self.names, scope)
        if kind == "open":  # what two open values are recorded in, nothing converts
            unit = first.unit
        return amounts.compared(first, of.sign, second, unit or kinds.LEAST.get(kind, ""))

    def _sure(self, of: c.Compare, kind: str, scope: Scope, services: frozenset[str]) -> Truth:
        level = Fraction(of.level or 0) / 100
        mirrored = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
        term, sign, bound = of.left, of.sign, of.right
        if isinstance(term, t.Literal):
            term, sign, bound = bound, mirrored[sign], term
        right = numbers.amount(self, bound, kind, scope, services)
        found = numbers.sure(self, term, kind, level, scope, services)
        if found is None or right is None:
            return None
        return amounts.compared(found[0] if sign in {">=", ">"} else found[1], sign, right)

    def _words(self, of: c.Compare, scope: Scope, services: frozenset[str]) -> Truth:
        words: tuple[str, ...] = ()
        found: list[str | None] = []
        for side in (of.left, of.right):
            if isinstance(side, t.Name):
                target = self.names.target(side, scope)
                words = words or _words_of(target)
                value = self.library.read(target, "text")
                found.append(value.value if value and services <= value.services else None)
            elif isinstance(side, t.Word):
                found.append(side.word)
        if None in found:
            return None
        left, right = (words.index(w) for w in found if w is not None)
        return _ordered(left, of.sign, right)

    def _date(self, of: t.Term, scope: Scope, services: frozenset[str]) -> int | None:
        match of:
            case t.Day():
                from tests.oracle.values import date

                return date(of.date)
            case t.Sum():
                left = self._date(of.left, scope, services)
                assert isinstance(of.right, t.Literal)
                ahead = _micros(of.right)
                return None if left is None else left + (ahead if of.sign == "+" else -ahead)
            case t.Name():
                target = self.names.target(of, scope)
                if isinstance(target, n.Now):
                    return self.world.now
                found = self.library.read(target, "date")
                return found.value if found and services <= found.services else None
        raise TypeError(of)

    def _flag(self, of: c.Flag, scope: Scope, services: frozenset[str]) -> Truth:
        target = self.names.target(of.name, scope)
        if isinstance(target, n.Let):
            return self.truth(target.of, (), services)
        found = self.library.read(target, "flag")
        return found.value if found and services <= found.services else None

    def _text(self, of: c.Is | c.In | c.Like | c.Pinned, scope: Scope, services: frozenset[str]) -> Truth:
        found = self.library.read(self.names.target(of.name, scope), "text")
        if found is None or not services <= found.services:
            return None
        text = found.value
        match of:
            case c.Is():
                return (text == of.word) is not of.negated
            case c.In():
                return (text in of.words) is not of.negated
            case c.Like():
                return _glob(of.pattern).fullmatch(text) is not None
        return DIGEST.fullmatch(text) is not None

    def _within(self, of: c.Within, scope: Scope, services: frozenset[str]) -> Truth:
        found = self.library.read(self.names.target(of.name, scope), "date")
        if found is None or not services <= found.services or found.value > self.world.now:
            return None
        return bool(found.value >= self.world.now - _micros(of.age))

    def _passed(self, of: c.Passed, services: frozenset[str]) -> Truth:
        run = self.library.sides["candidate"].suites.piece(of.suite)
        if run is None or not services <= run.services:
            return None
        parts: list[Truth] = [run.value("passed"), True if run.value("cases") else None]
        if of.score:
            score = run.value("score")
            bound = float(numbers.literal(of.score[1]))
            parts.append(None if score is None else _ordered(score, of.score[0], bound))
        parts.append(self._fresh(run, of.age))
        return both(parts)

    def _scanned(self, of: c.Scanned, services: frozenset[str]) -> Truth:
        scan = self.library.sides["candidate"].scans.piece(of.tool)
        if scan is None or not services <= scan.services or not whole(scan):
            return None
        return self._fresh(scan, of.age)

    def _fresh(self, run: Piece, age: t.Literal | None) -> Truth:
        at = run.value("ran_at")
        if at is not None and at > self.world.now:
            return None
        if age is None:
            return True
        return True if at is not None and at >= self.world.now - _micros(age) else None

    def _left_out(self, *, other: bool) -> frozenset[str] | None:
        if not other:
            return frozenset()
        facts = self.library.sides["candidate"]
        author, code_author = facts.scalar("author"), facts.scalar("code.author")
        unreadable = facts.said("code.author") is not None and code_author is None
        return self.world.people.left_out(author, code_author, unreadable=unreadable)


def _words_of(target: Target) -> tuple[str, ...]:
    match target:
        case n.Entry():
            return target.fact.words if target.fact else ()
        case n.Element():
            return target.level.fields[target.field].words
        case n.Scalar():
            return FIELDS[target.path].words
    raise TypeError(target)


def _ordered(left: float, sign: str, right: float) -> bool:
    return {
        ">=": left >= right, "<=": left <= right, ">": left > right,
        "<": left < right, "==": left == right, "!=": left != right,
    }[sign]  # fmt: skip


def _micros(of: t.Literal) -> int:
    return int(Fraction(of.number) * factor(of.unit) * 1_000_000)


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(p) for p in pattern.split("*")), re.DOTALL)
