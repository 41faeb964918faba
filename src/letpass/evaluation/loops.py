"""Formulas as Python: loops.  A list is walked once in a block for all that is asked of it there.

A bound that every element must keep is one on the least or greatest, where several ask for one; and what cannot hold without
another condition is asked only where that holds.
"""

from __future__ import annotations

from collections import Counter

from letpass.evaluation.body import Block
from letpass.evaluation.python import Expressions
from letpass.frozen import Frozen
from letpass.language.operators import OPPOSITE
from letpass.semantics import formula as f
from letpass.semantics import values
from letpass.semantics.formula import Formula, Loop
from letpass.semantics.nodes import Node
from letpass.semantics.values import Value

_FOLDED = {"<": "low", "<=": "low", ">": "high", ">=": "high"}
_WHICH = {"min": "low", "max": "high"}
NEAREST = 4  # so many of those that a condition may imply alike are looked at
DEEPEST = 20  # loops inside each other, which Python allows


class NotCompiledError(Exception):
    """Conditions that the compiled form does not answer for, since they go through too many lists inside each other."""


class Fold(Frozen):
    """What is gathered in a loop: the least (`low`) or greatest (`high`) value of those for which `where` holds.

    doubted: one that is not known counts as beyond every bound.
    """

    which: str
    where: Formula
    value: Value
    doubted: bool = False


class Tally(Frozen):
    """What is gathered in a loop: whether, or how often, a condition holds."""

    where: Formula
    counted: bool


class Nest:
    """What is gathered, the part of its condition that is asked, and what is gathered only where it holds."""

    def __init__(self, gathered: Fold | Tally | None = None, rest: tuple[Formula, ...] = (), room: int = 4) -> None:
        self.gathered, self.rest, self.room, self.inner = gathered, rest, room, list[Nest]()
        self._found: dict[object, list[int]] = {}

    def add(self, gathered: Fold | Tally, rest: tuple[Formula, ...]) -> None:
        """Gather something inside it: in the last put of what is inside that it cannot hold without, else beside that."""
        likely = [at for part in rest for key in _implied(part) for at in self._found.get(key, ())[-NEAREST:]]
        for at in (
            sorted(likely, reverse=True) if self.room else ()
        ):  # Python allows only so many blocks inside each other
            outer = self.inner[at]
            if all(any(_implies(a, b) for a in rest) for b in outer.rest):
                outer.add(gathered, tuple(a for a in rest if a not in outer.rest))
                return
        if rest:
            self._found.setdefault(_key(rest[0]), []).append(len(self.inner))
        self.inner.append(Nest(gathered, rest, self.room - 1))


class Printer(Expressions):
    """Writes the body of one function, loops and all."""

    def loop(self, node: Loop) -> str:
        """What a loop comes to; with it, everything that is asked of the same elements in the same block."""
        if isinstance(node, f.AtLeast) and isinstance(node.where, f.Always):
            if not node.where.truth:
                return "False"
            elements = self.expression(node.list)
            return f"bool({elements})" if node.count == 1 else f"len({elements} or ()) >= {node.count}"
        home = self.home(node)
        known = self.blocks[home].known
        if node not in known:
            with self.at(home) as block:
                self._walk(node, block.groups.get(self.ranks.key(node), [node]))
        return known[node]

    def combinations(self, node: values.Combinations) -> str:
        """How many elements a form looks at; what is inside the elements is added up."""
        elements, name = self.named(node.list), self.name("e")
        block = Block(node.level, (), self.ranks)
        block.element = name
        counts = [f"len({elements} or ())"]
        added = [inner for inner in node.inside if node.level in inner.levels]
        totals = {inner: self.name("n") for inner in added}
        for total in totals.values():
            self.line(f"{total} = 0")
        self.blocks.append(block)
        for inner, total in totals.items():
            self.line(f"{total} += {self.combinations(inner)}")
        self.blocks.pop()
        if totals:
            self.line(f"for {name} in {elements} or ():\n    " + "\n    ".join(block.lines))
        counts += [
            totals[inner] if inner in totals else f"{counts[0]} * {self.combinations(inner)}" for inner in node.inside
        ]
        return counts[0] if len(counts) == 1 else f"max({', '.join(counts)})"

    def _walk(self, node: Loop, members: list[Loop]) -> None:
        """One loop over a list, for all of `members`."""
        if len(self.blocks) > DEEPEST:
            raise NotCompiledError(f"more than {DEEPEST} lists inside each other")
        members = [m for m in members if not (isinstance(m, f.AtLeast) and isinstance(m.where, f.Always))]
        elements = self.named(node.list)
        gathered = self._gathered(members, node.level)
        names = {each: self.name("t" if isinstance(each, Tally) else "m") for each in dict.fromkeys(gathered.values())}
        for each, name in names.items():
            self.line(f"{name} = {_begin(each)}")
        outer = self.blocks[-1]
        inner = Block(node.level, _below(members, node.level), self.ranks)
        inner.element = self.name("e")
        self.blocks.append(inner)
        everything = Nest()
        for each in sorted(names, key=_strength):
            everything.add(each, tuple(part for part in _operands(each.where) if part != f.TRUE))
        for nest in everything.inner:
            self.line(self._gather(nest, names))
        self.blocks.pop()
        self.line(f"if {elements}:\n    for {inner.element} in {elements}:\n{_indented(inner.lines)}")
        for member in members:
            outer.known[member] = self._outcome(member, gathered[member], names[gathered[member]])

    def _gathered(self, members: list[Loop], level: int) -> dict[Loop, Fold | Tally]:
        """What each of them needs; a bound on every element is one on the least or greatest, where several ask for that."""
        folds: dict[Loop, Fold] = {}
        for member in members:
            fold = (
                Fold(_WHICH[member.which], member.where, member.value)
                if isinstance(member, values.Extreme)
                else _fold(member, level)
            )
            if fold is not None:
                folds[member] = fold
        shared = Counter(folds.values())
        counted = {m.where for m in members if isinstance(m, f.AtLeast) and m.count > 1}
        return {
            m: folds[m] if isinstance(m, values.Extreme) or (m in folds and shared[folds[m]] > 1) else Tally(m.where, m.where in counted)
            for m in members
        }  # fmt: skip

    def _gather(self, nest: Nest, names: dict[Fold | Tally, str]) -> str:
        """The lines for an element, without the loop."""
        assert nest.gathered is not None
        each, name = nest.gathered, names[nest.gathered]
        where = self.expression(f.conj(*nest.rest))
        if isinstance(each, Tally):
            lines = [f"{name} += 1" if each.counted else f"{name} = True" + ("; break" if len(names) == 1 else "")]
        else:
            value, beyond = self.named(each.value), "<" if each.which == "low" else ">"
            lines = [f"if {value} {beyond} {name}: {name} = {value}"]
            if each.doubted:
                lines.append(f"elif {value} != {value}: {name} = {'-inf' if each.which == 'low' else 'inf'}")
        lines += [line for inner in nest.inner for line in self._gather(inner, names).split("\n")]
        return "\n".join(lines if where == "True" else [f"if {where}:", *[f"    {line}" for line in lines]])

    def _outcome(self, member: Loop, gathered: Fold | Tally, name: str) -> str:
        """What was asked, of what was gathered."""
        if isinstance(member, values.Extreme):
            found = self.name("x")
            self.line(f"{found} = {name} if -inf < {name} < inf else nan")
            return found
        if isinstance(gathered, Tally):
            return f"{name} >= {member.count}" if gathered.counted else name
        bound = _bound(member.where, member.level)
        assert bound is not None
        compare, negated = bound
        limit = self.expression(compare.right)
        if not negated:
            return f"{name} {compare.operator} {limit}"
        if isinstance(compare.right, values.Literal):
            return f"{name} {OPPOSITE[compare.operator]} {limit}"
        return f"({name} != {_begin(gathered)} and not {name} {compare.operator} {limit})"


def _strength(gathered: Fold | Tally) -> tuple[int, int]:
    """What holds more often comes first: what asks less, and then what asks that something does not hold."""
    parts = _operands(gathered.where)
    return len(parts), sum(not isinstance(part, f.Not) for part in parts)


def _key(part: Formula) -> object:
    """By what a part of a condition is found among those that others may imply."""
    match part:
        case f.Not(operand=f.Compare(scale=None) as not_):
            return not_.left, not_.operator, not_.right
        case f.Not(operand=f.Among(negated=False) as not_):
            return not_.value
        case _:
            return part


def _implied(part: Formula) -> tuple[object, ...]:
    """The keys of what a part of a condition may imply."""
    match part:
        case f.Compare(scale=None):
            return part, (part.left, OPPOSITE[part.operator], part.right)
        case f.Among(negated=False):
            return part, part.value
        case _:
            return (_key(part),)


def _implies(one: Formula, other: Formula) -> bool:
    """Does one part of a condition never hold without the other, as far as their shape tells."""
    if one == other:
        return True
    match one, other:
        case f.Compare(scale=None), f.Not(operand=f.Compare(scale=None) as not_):
            return (one.left, OPPOSITE[one.operator], one.right) == (not_.left, not_.operator, not_.right)
        case f.Among(negated=False), f.Not(operand=f.Among(negated=False) as not_):
            return one.value == not_.value and not one.words & not_.words
        case _:
            return False


def _begin(each: Fold | Tally) -> str:
    if isinstance(each, Tally):
        return "0" if each.counted else "False"
    return "inf" if each.which == "low" else "-inf"


def _operands(where: Formula) -> tuple[Formula, ...]:
    return where.operands if isinstance(where, f.And) else (where,)


def _bound(where: Formula, level: int) -> tuple[f.Compare, bool] | None:
    """The last part of a condition that bounds a number of the element by one that is none of its; whether it is negated."""
    for part in reversed(_operands(where)):
        compare = part.operand if isinstance(part, f.Not) else part
        if (
            isinstance(compare, f.Compare)
            and compare.scale is None
            and compare.operator in _FOLDED
            and level in compare.left.levels
            and level not in compare.right.levels
        ):
            return compare, isinstance(part, f.Not)
    return None


def _fold(member: f.AtLeast, level: int) -> Fold | None:
    """The least or greatest value by which one element at least satisfies a condition."""
    if member.count > 1 or (found := _bound(member.where, level)) is None:
        return None
    compare, negated = found
    bounding: Formula = f.Not(compare) if negated else compare
    rest = f.conj(*[part for part in _operands(member.where) if part != bounding])
    operator = OPPOSITE[compare.operator] if negated else compare.operator
    return Fold(_FOLDED[operator], rest, compare.left, negated)


def _below(members: list[Loop], level: int) -> list[Loop]:
    """The loops that begin in the loop over a list: those below it that speak of its elements, and of none further in."""
    found = dict[Node, None]()
    waiting: list[Node] = [part for member in members for part in member.parts if part != member.list]
    while waiting:
        node = waiting.pop()
        if node not in found and level in node.levels:
            found[node] = None
            waiting += node.parts
    return [node for node in found if isinstance(node, Loop) and max(node.levels) == level]


def _indented(lines: list[str]) -> str:
    return "\n".join("        " + line for line in lines or ["pass"])
