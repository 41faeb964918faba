"""The truth of conditions and rules: True, False, or None for unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from statistics import NormalDist

from tests.oracle import amounts, contrasts, kinds, numbers, presence, speaking
from tests.oracle import conditions as c
from tests.oracle import names as n
from tests.oracle import terms as t
from tests.oracle.budget import too_large
from tests.oracle.estimates import interval
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


def _of_champion(term: t.Term) -> t.Name | None:
    """The champion's metric that a side is made of."""
    inside = {t.Sum: "left", t.Product: "term"}.get(type(term))
    if inside:
        return _of_champion(getattr(term, inside))
    return term if isinstance(term, t.Name) and term.path.startswith("champion.") else None


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
            case c.Bars():
                return self.world.bars
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
        level = 1 - (1 - Fraction(of.level or 0) / 100) / (of.tries or 1)
        mirrored = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}
        term, sign, bound = of.left, of.sign, of.right
        if isinstance(term, t.Literal):
            term, sign, bound = bound, mirrored[sign], term
        constant = kinds.is_constant(bound, self.names, scope)
        if _of_champion(term) and not constant and _of_champion(bound) is None:
            term, sign, bound = bound, mirrored[sign], term
        if _of_champion(bound):
            assert isinstance(term, t.Name)
            found = self._contrast(of, term, sign, bound, kind, level, scope, services)
        else:
            found = self._against_constant(of, term, sign, bound, kind, level, scope, services)
        return found if of.tries is None else both((found, self._tried(term, of.tries, scope, services)))

    def _against_constant(
        self,
        of: c.Compare,
        term: t.Term,
        sign: str,
        bound: t.Term,
        kind: str,
        level: Fraction,
        scope: Scope,
        services: frozenset[str],
    ) -> Truth:
        right = numbers.amount(self, bound, kind, scope, services)
        found = numbers.sure(self, term, kind, level, scope, services, judged=of.judged)
        if found is None or right is None:
            return None
        near, far = found if sign in {">=", ">"} else found[::-1]
        if amounts.compared(near, sign, right):
            return True
        opposite_ = {">=": "<", ">": "<=", "<=": ">", "<": ">="}[sign]
        return False if amounts.compared(far, opposite_, right) else None

    def _tried(self, term: t.Term, most: int, scope: Scope, services: frozenset[str]) -> Truth:
        """No more candidates were measured than that."""
        assert isinstance(term, t.Name)
        piece = numbers.piece_of(self, term, scope, whole=True)
        said = None if piece is None or piece.torn else piece.said("tries")
        tries = None if piece is None else piece.value("tries")
        return None if said is None or tries is None or tries < 1 or not services <= said.services else tries <= most

    def _contrast(
        self,
        of: c.Compare,
        term: t.Name,
        sign: str,
        bound: t.Term,
        kind: str,
        level: Fraction,
        scope: Scope,
        services: frozenset[str],
    ) -> Truth:
        """A metric against the champion's, with one margin or one factor."""
        champion = _of_champion(bound)
        assert champion is not None
        ours, theirs = (numbers.measured(self, x, kind, scope, services) for x in (term, champion))
        if ours is None or theirs is None or not amounts.comparable(ours.value, theirs.value):
            return None
        if kind == "open" and ours.value.unit != theirs.value.unit:
            return None
        factor_ = numbers.literal(bound.by) if isinstance(bound, t.Product) else Fraction(1)
        shift = (
            numbers.literal(bound.right)
            if isinstance(bound, t.Sum) and isinstance(bound.right, t.Literal)
            else Fraction(0)
        )
        shift = -shift if isinstance(bound, t.Sum) and bound.sign == "-" else shift
        z = NormalDist().inv_cdf(float((1 + level) / 2))
        pieces = (ours.piece, theirs.piece)
        pairs = kind in {"ratio", "open"} and factor_ == 1 and not term.path.startswith("observations.")
        known = all(p.said("outcomes") for p in pieces) and not any(p.said("clusters") for p in pieces)
        if of.paired or (pairs and known):
            if not known or None in [numbers.counts(m.piece, m.double, m.whole) for m in (ours, theirs)]:
                return None
            a, b = (contrasts.outcomes(p) for p in pieces)
            if (
                a is None
                or b is None
                or a.cases != b.cases
                or len(a.right) < 1
                or pieces[0].value("samples") != pieces[1].value("samples")
            ):
                return None
            better, worse = contrasts.apart(a, b)
            if sign in {"<=", "<"}:
                better, worse, shift = worse, better, -shift
            cases = int(pieces[0].value("samples"))
            return contrasts.case_by_case(better, worse, cases, float(-shift), z, strict="=" not in sign)
        ends = []
        for m in (ours, theirs):
            bounds = interval(m.piece, m.double, float(level), m.whole)
            if bounds is None:
                return None
            per = factor(m.value.unit or "")
            ends.append(contrasts.Ends(m.value.value, *(Fraction(x) * per for x in bounds)))
        return contrasts.by_intervals(ends[0], ends[1], factor_, sign, shift)

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
                return None if text.isspace() or not text else _glob(of.pattern).fullmatch(text) is not None
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
