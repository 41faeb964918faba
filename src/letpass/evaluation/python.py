"""Formulas as Python: expressions and loops, every shared part written once, every list walked once for all that is asked of it.

A number that is not known is `nan`, with which every comparison is false; any other value is None.  So no line asks whether a value
is known before it is compared.  What reads no element of a list stands before the loop over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from letpass.frozen import Frozen
from letpass.semantics import formula as f
from letpass.semantics.formula import Asked, Formula, Kind, Loop, Node, Place, Shape, Value

_PARTS = {"V": "values", "L": "whole", "M": "measures", "N": "sole", "S": "sections", "T": "runs", "W": "trust"}
_MEASURES = {"metrics", "observations"}
"""Mappings that a later look at the clock may empty; of others the reader has seen what is in them."""
_NUMBERS = {Kind.NUMBER, Kind.DATE}
_FOLDED = {"<": "low", "<=": "low", ">": "high", ">=": "high"}
LONGEST = 400  # characters of an expression: what is longer gets a name
SHORT = 40  # characters of a condition on an element that stands several times: asking again is cheaper than keeping it
DEEPEST = 20  # loops inside each other, which Python allows


class NotCompiledError(Exception):
    """Conditions that the compiled form does not answer for, since they go through too many lists inside each other."""


class Block:
    """The body of the function, or of a loop: its lines, the names in it, the loops that begin in it, by what they walk."""

    def __init__(self, level: int, loops: Iterable[Loop], ranks: Ranks) -> None:
        self.level, self.element, self.lines = level, "", list[str]()
        self.known: dict[Node, str] = {}
        self.gaps: dict[f.Sum, str] = {}
        self.groups: dict[tuple[Node, int, int], list[Loop]] = {}
        for loop in loops:
            self.groups.setdefault(ranks.key(loop), []).append(loop)


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


class Printer:
    """Writes the body of one function that comes to formulas; `roots` are all that it will be asked for."""

    def __init__(self, roots: list[Formula]) -> None:
        self.uses: Counter[Node] = Counter(roots)
        self.ranks = Ranks()
        everything = dict[Node, None]()
        _collect(roots, everything)
        for node in everything:
            self.uses.update(node.parts)
        closed = [n for n in everything if isinstance(n, Loop) and not n.levels]
        self.blocks = [Block(-1, closed, self.ranks)]
        self.constants: dict[str, Any] = {}
        self.parts: set[str] = set()
        self._constants: dict[object, str] = {}
        self._count = 0

    # ------------------------------------------------------------ names and lines

    def line(self, text: str) -> None:
        """Write lines into the innermost block."""
        self.blocks[-1].lines += text.split("\n")

    def name(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any, key: object) -> str:
        """The name of a constant; equal keys share one."""
        if key not in self._constants:
            self._constants[key] = f"K{len(self._constants)}"
            self.constants[self._constants[key]] = value
        return self._constants[key]

    def part(self, name: str, *, champion: bool = False) -> str:
        """A part of the record, or of the champion's."""
        name = f"C{name}" if champion else name
        self.parts.add(name)
        return name

    def _home(self, node: Node) -> int:
        """The block in which a node is known: the innermost whose element it speaks of."""
        return max((at for at, block in enumerate(self.blocks) if block.level in node.levels), default=0)

    @contextmanager
    def _at(self, home: int) -> Iterator[Block]:
        """Write into a block, without what is inside it."""
        inner = self.blocks[home + 1 :]
        del self.blocks[home + 1 :]
        yield self.blocks[home]
        self.blocks += inner

    def named(self, node: Node, text: str = "") -> str:
        """The name of a value or formula; what it comes to is written once, in the block where it is known."""
        if isinstance(node, f.Literal | f.Clock | f.Element | f.Always):
            return self.text(node)
        home = self._home(node)
        known = self.blocks[home].known
        if node not in known:
            with self._at(home):
                text = text or self.text(node)
                name = self.name(type(node).__name__[0].lower())
                self.line(f"{name} = {text}")
            known[node] = name
        return known[node]

    def expression(self, node: Node) -> str:
        """A value or formula: its name, or its text where that is wanted once or costs nothing."""
        if isinstance(node, Loop):
            return self.loop(node)
        home = self._home(node)
        if node in self.blocks[home].known:
            return self.blocks[home].known[node]
        if home == len(self.blocks) - 1:
            once = self.uses[node] <= 1 or isinstance(node, f.Pick | f.Absolute)
            if once or (home > 0 and isinstance(node, f.Compare | f.Not)):
                text = self.text(node)
                return text if len(text) < (LONGEST if once else SHORT) else self.named(node, text)
        return self.named(node)

    # ------------------------------------------------------------ what nodes come to

    def text(self, node: Node) -> str:
        """The text of a node, in terms of its parts."""
        match node:
            case f.Itself() | f.Measure() | f.Run() | f.Element() | f.Twin() | f.Fellow():
                return self._place(node)
            case f.Listed() | f.Inside() | f.Joined() | f.Provided():
                return self._list(node)
            case f.Input():
                return self._input(node)
            case (
                f.Always() | f.Known() | f.Written() | f.Compare() | f.Among() | f.Matches() | f.Shaped() | f.Whole()
                | f.And() | f.Or() | f.Not()
            ):  # fmt: skip
                return self._formula(node)
            case _:
                return self._value(node)

    def _place(self, node: Place) -> str:
        """A place: an element or measure, empty where there is none."""
        match node:
            case f.Measure(data_set=None):
                return f"{self.part('N', champion=node.champion)}.get({f'{node.section}:{node.name}'!r}, Z)"
            case f.Measure():
                pieces = f"{self.part('M', champion=node.champion)}.get({(node.section, node.name)!r}, ())"
                return f"on({pieces}, {node.data_set!r})"
            case f.Run():
                return f"{self.part('T')}.get({f'{node.section}:{node.name}'!r}, Z)"
            case f.Element():
                return next(block.element for block in reversed(self.blocks) if block.level == node.level)
            case f.Twin():
                key = (node.like.section, node.like.name)
                return f"twin({self.part('M', champion=True)}.get({key!r}, ()), {self.expression(node.like)})"
            case f.Fellow():
                twin, like = self.named(node.twin), self.named(node.twin.like)
                return f"fellow({self.part('Q')}, {twin}, {like}, {self.expression(f.Element(node.level))})"
            case _:
                raise AssertionError("the record has no name of its own")

    def _list(self, node: f.List) -> str:
        match node:
            case f.Listed():
                return f"{self.part('L', champion=node.champion)}.get({node.root!r})"
            case f.Inside():
                return f"{self.expression(node.place)}.get({node.field!r})"
            case f.Joined():
                return f"joined({self.expression(node.outer)}, {node.field!r})"
            case f.Provided():
                return f"({self.expression(node.list)} if {self.expression(node.condition)} else None)"

    def _read(self, node: f.Read) -> str:
        none = ", nan" if node.kind in _NUMBERS else ""
        if not isinstance(node.place, f.Itself):
            *groups, field = node.field.split(".")
            inside = "".join(f".get({group!r}, Z)" for group in groups)
            return f"{self.expression(node.place)}{inside}.get({field!r}{none})"
        champion = node.place.champion
        if node.field.startswith("@trust:"):
            return f"{self.part('W', champion=champion)}.get({node.field.removeprefix('@trust:')!r})"
        values = self.part("V", champion=champion)
        if node.typed or node.kind is Kind.ANY:
            return f"{values}.get({node.field!r}{none})"
        return f"as_{node.kind.value}({values}.get({node.field!r}))"

    def _value(self, node: Node) -> str:
        match node:
            case f.Read():
                return self._read(node)
            case f.Literal():
                return repr(node.value)
            case f.Clock():
                return self.part("now")
            case f.Sum():
                return f"({self.expression(node.left)} {'+' if node.sign > 0 else '-'} {self.expression(node.right)})"
            case f.Product(right=f.Pick(absent=1.0) as factor):
                left, key = self.named(node.left), self.named(factor.key)
                return f"({left} if {key} is None else {left} * {self._table(factor)}.get({key}, nan))"
            case f.Product():
                return f"({self.expression(node.left)} * {self.expression(node.right)})"
            case f.Quotient():
                right = self.named(node.right)
                return f"({self.expression(node.left)} / {right} if {right} else nan)"
            case f.Absolute():
                return f"abs({self.expression(node.operand)})"
            case f.Greatest():
                known = all(isinstance(v, f.Literal | f.Input) for v in node.values)
                return f"{'max' if known else 'greatest'}({', '.join(self.expression(v) for v in node.values)})"
            case f.Wilson():
                counts = f"{self.expression(node.successes)}, {self.expression(node.samples)}"
                return f"wilson_end({counts}, {node.z!r}, {node.lower})"
            case f.Pick():
                if node.absent is None:
                    return f"{self._table(node)}.get({self.expression(node.key)}, nan)"
                key = self.named(node.key)
                return f"({node.absent!r} if {key} is None else {self._table(node)}.get({key}, nan))"
            case f.Given():
                none = "nan" if _is_number(node) else "None"
                return f"({self.expression(node.value)} if {self.expression(node.condition)} else {none})"
            case f.Default():
                value = self.named(node.value)
                return f"({value} if {self._known(node.value)} else {self.expression(node.otherwise)})"
            case _:
                raise AssertionError(f"{type(node).__name__} has no text of its own")

    def _table(self, node: f.Pick) -> str:
        return self.constant(dict(node.table), node.table)

    def _input(self, node: f.Input) -> str:
        match node.asked, node.about:
            case Asked.CHAMPION, _:
                return f"{self.part('C')} is not None"
            case Asked.NOBODY, _:
                return "I.champion is NOBODY"
            case Asked.APART, _:
                return f"{self.part('X')}[1]"
            case Asked.SIGNED, (str(role), bool(apart), longest):
                return f"len({self._people(role, longest, apart=apart)})"
            case Asked.NEEDED, (str(role),):
                return f"{self.part('A')}.thresholds.get({role!r}, 1)"
            case Asked.MATCHED, (tuple(roles), bool(apart), longest):
                pairs = [
                    f"({self._people(role, longest, apart=apart)}, {self.part('A')}.thresholds.get({role!r}, 1))"
                    for role in roles
                ]
                return f"matched([{', '.join(pairs)}])"
            case Asked.AFFORDABLE, (depth, service):
                condition = self.constant(node.condition, node)
                return f"affordable(I, {condition}, {depth}, {service!r})"
            case Asked.FILLED, (str(path), bool(champion), None) if path not in _MEASURES:
                return f"{self.part('S', champion=champion)}.get({path!r}) is True"
            case _, (path, bool(champion), service):
                record = self.part("C") if champion else "R"
                return f"{node.asked.name.lower()}({record}, {path!r}, {service!r})"
            case _:
                raise AssertionError(f"{node.asked} asks about something else")

    def _people(self, role: str, longest: object, *, apart: bool) -> str:
        accepted, gone = self.part("A"), f"{self.part('X')}[0]" if apart else "()"
        if longest is not None:
            return f"signers({accepted}.signoffs, {role!r}, {gone}, {self.part('now')}, {longest})"
        return f"{accepted}.people.get({role!r}, EMPTY)" + (f".difference({gone})" if apart else "")

    # ------------------------------------------------------------ formulas

    def _formula(self, node: Node) -> str:
        match node:
            case f.Always():
                return str(node.truth)
            case f.Known():
                return self._known(node.of)
            case f.Written():
                return f"written({self.expression(node.place)}, {node.field!r})"
            case f.Compare(scale=None):
                return self._compare(node)
            case f.Compare():
                return self._nearly(node)
            case f.Among():
                words = f"{{{', '.join(repr(w) for w in sorted(node.words))}}}" if node.words else "()"
                if not node.negated:
                    return f"{self.expression(node.value)} in {words}"
                value = self.named(node.value)
                return f"({value} is not None and {value} not in {words})"
            case f.Matches():
                value, pattern = self.named(node.value), self.constant(node.pattern, node.pattern)
                return f"({value} is not None and {'not ' if node.negated else ''}consists({value}, {pattern}))"
            case f.Shaped():
                return self._shaped(node)
            case f.Whole():
                return f"type({self.expression(node.list)}) is not AtLeast"
            case f.And():
                return f"({' and '.join(self._conjuncts(node.operands))})"
            case f.Or():
                return f"({' or '.join(self.expression(o) for o in node.operands)})"
            case f.Not():
                return f"(not {self.expression(node.operand)})"
            case _:
                raise AssertionError(f"{type(node).__name__} has no text of its own")

    def _known(self, node: f.Value | f.List | f.Measure | f.Twin) -> str:
        if isinstance(node, f.Measure | f.Twin):
            return self.expression(node)
        if not isinstance(node, f.List) and _is_number(node):
            name = self.named(node)
            return f"{name} == {name}"
        return f"{self.expression(node)} is not None"

    def _shaped(self, node: f.Shaped) -> str:
        value = self.named(node.value)
        match node.shape:
            case Shape.WHOLE:
                return f"{value} % 1.0 == 0.0" if not node.negated else f"{value} % 1.0 > 0.0"
            case Shape.DIGEST:
                return f"({value} is not None and {'not ' if node.negated else ''}pinned({value}))"
            case Shape.FILLED if _is_number(node.value):
                return f"{value} == {value}"
            case _:
                return f"({value} is not None and filled_text({value}))"

    def _conjuncts(self, operands: tuple[Formula, ...]) -> Iterator[str]:
        """The parts of a conjunction; two bounds of one number as Python writes them together."""
        waiting = list(operands)
        while waiting:
            match waiting:
                case [
                    f.Compare(operator=">=" | ">", scale=None) as low, f.Compare(operator="<=" | "<", scale=None) as high, *_,
                ] if low.left == high.left and _is_number(low.left):  # fmt: skip
                    least, most = self.expression(low.right), self.expression(high.right)
                    yield f"{least} {low.operator.replace('>', '<')} {self.named(low.left)} {high.operator} {most}"
                    del waiting[:2]
                case _:
                    yield self.expression(waiting.pop(0))

    def _compare(self, node: f.Compare) -> str:
        left, operator, right = node.left, node.operator, node.right
        if isinstance(right, f.Literal) and isinstance(right.value, bool):
            return f"{self.expression(left)} is {right.value is (operator == '==')}"
        if isinstance(left, f.Given) and self.uses[left] <= 1 and operator != "!=":
            return f"({self.expression(left.condition)} and {self._compare(f.Compare(left.value, operator, right))})"
        if not _is_number(left):
            left, right = (right, left) if isinstance(left, f.Literal) else (left, right)
            if isinstance(right, f.Literal) and operator == "==":
                return f"{self.expression(left)} == {right.value!r}"
            a, b = self.named(left), self.named(right)
            return f"({a} is not None and {a} == {b})" if operator == "==" else f"(None is not {a} != {b} is not None)"
        if operator == "!=":
            a, b = self.named(left), self.named(right)
            return f"({a} < {b} or {a} > {b})"
        return f"{self.expression(left)} {operator} {self.expression(right)}"

    def _nearly(self, node: f.Compare) -> str:
        """Within a tolerance, which is worked out only where the difference does not decide already."""
        assert node.scale is not None
        gap = f.Sum(node.left, node.right, -1)
        home = self._home(gap)
        gaps = self.blocks[home].gaps
        if gap not in gaps:
            with self._at(home):
                left, right, name = self.named(node.left), self.named(node.right), self.name("d")
                self.line(f"{name} = {left} - {right}\nif not -MOST <= {name} <= MOST: {name} = gap({left}, {right})")
            gaps[gap] = name
        difference, scale = gaps[gap], self._scale(node.scale)
        match node.operator:
            case ">=" | "<=":
                bound = f"{'-' if node.operator == '>=' else ''}1e-12 * {scale}"
                return f"({difference} {node.operator} 0.0 or {difference} {node.operator} {bound})"
            case ">" | "<":
                bound = f"{'-' if node.operator == '<' else ''}1e-12 * {scale}"
                return f"({difference} {node.operator} 0.0 and {difference} {node.operator} {bound})"
            case _:
                return f"abs({difference}) {'<=' if node.operator == '==' else '>'} 1e-12 * {scale}"

    def _scale(self, node: Value) -> str:
        """The terms of a scale are those of the sides, and known where these are."""
        if isinstance(node, f.Greatest):
            return f"max({', '.join(self.expression(v) for v in node.values)})"
        if isinstance(node, f.Default) and isinstance(node.value, f.Given):
            given = node.value
            return f"({self._scale(given.value)} if {self.expression(given.condition)} else {self.expression(node.otherwise)})"
        return self.expression(node)

    # ------------------------------------------------------------ loops

    def loop(self, node: Loop) -> str:
        """What a loop comes to; with it, everything that is asked of the same elements in the same block."""
        if isinstance(node, f.AtLeast) and isinstance(node.where, f.Always):
            if not node.where.truth:
                return "False"
            elements = self.expression(node.list)
            return f"bool({elements})" if node.count == 1 else f"len({elements} or ()) >= {node.count}"
        home = self._home(node)
        known = self.blocks[home].known
        if node not in known:
            with self._at(home) as block:
                self._walk(node, block.groups.get(self.ranks.key(node), [node]))
        return known[node]

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
        inner = Block(node.level, _inside(members, node.level), self.ranks)
        inner.element = self.name("e")
        self.blocks.append(inner)
        for nest in _nested(list(names)):
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
                if isinstance(member, f.Extreme)
                else _fold(member, level)
            )
            if fold is not None:
                folds[member] = fold
        shared = Counter(folds.values())
        counted = {m.where for m in members if isinstance(m, f.AtLeast) and m.count > 1}
        return {
            m: folds[m] if isinstance(m, f.Extreme) or (m in folds and shared[folds[m]] > 1) else Tally(m.where, m.where in counted)
            for m in members
        }  # fmt: skip

    def _gather(self, nest: Nest, names: dict[Fold | Tally, str]) -> str:
        """The lines for an element, without the loop."""
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
        if isinstance(member, f.Extreme):
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
        if isinstance(compare.right, f.Literal):
            return f"{name} {f.OPPOSITE[compare.operator]} {limit}"
        return f"({name} != {_begin(gathered)} and not {name} {compare.operator} {limit})"


class Nest:
    """What is gathered, the part of its condition that is asked, and what is gathered only where it holds."""

    def __init__(self, gathered: Fold | Tally, rest: tuple[Formula, ...]) -> None:
        self.gathered, self.rest, self.inner = gathered, rest, list[Nest]()


def _nested(gathered: list[Fold | Tally]) -> list[Nest]:
    """What cannot hold without another one is asked only where that does: most elements fail one condition and pass another."""
    found = list[Nest]()
    for each in sorted(gathered, key=_strength):
        level, rest = found, _operands(each.where)
        while outer := next(
            (n for n in reversed(level) if all(any(_implies(a, b) for a in rest) for b in n.rest)), None
        ):
            rest = tuple(a for a in rest if a not in outer.rest)
            level = outer.inner
        level.append(Nest(each, rest))
    return found


def _strength(gathered: Fold | Tally) -> tuple[int, int]:
    """What holds more often comes first: what asks less, and then what asks that something does not hold."""
    parts = _operands(gathered.where)
    return len(parts), sum(not isinstance(part, f.Not) for part in parts)


def _implies(one: Formula, other: Formula) -> bool:
    """Does one part of a condition never hold without the other, as far as their shape tells."""
    if one == other or other == f.TRUE:
        return True
    match one, other:
        case f.Compare(scale=None), f.Not(operand=f.Compare(scale=None) as not_):
            return (one.left, f.OPPOSITE[one.operator], one.right) == (not_.left, not_.operator, not_.right)
        case f.Among(negated=False), f.Not(operand=f.Among(negated=False) as not_):
            return one.value == not_.value and not one.words & not_.words
        case _:
            return False


_WHICH = {"min": "low", "max": "high"}


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
    operator = f.OPPOSITE[compare.operator] if negated else compare.operator
    return Fold(_FOLDED[operator], rest, compare.left, negated)


def _is_number(node: Value) -> bool:
    match node:
        case f.Read():
            return node.kind in _NUMBERS
        case f.Literal():
            return not isinstance(node.value, str | bool)
        case f.Given() | f.Default():
            return _is_number(node.value)
        case _:
            return True


def _collect(nodes: Iterable[Node], into: dict[Node, None]) -> None:
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in into:
            into[node] = None
            waiting += node.parts


def _inside(members: list[Loop], level: int) -> list[Loop]:
    """The loops that begin in the loop over a list: those below it that speak of its elements, and of none further in."""
    found = dict[Node, None]()
    waiting: list[Node] = [part for member in members for part in member.parts if part != member.list]
    while waiting:
        node = waiting.pop()
        if node not in found and level in node.levels:
            found[node] = None
            waiting += node.parts
    return [node for node in found if isinstance(node, Loop) and max(node.levels) == level]


class Ranks:
    """How many loops must have ended before one begins, of those that begin in the same block."""

    def __init__(self) -> None:
        self._known: dict[tuple[Node, int], int] = {}

    def key(self, loop: Loop) -> tuple[Node, int, int]:
        """Loops of one key are walked together."""
        home = max(loop.levels, default=-1)
        return loop.list, loop.level, self._below(loop, home)

    def _below(self, node: Node, home: int) -> int:
        key = (node, home)
        if key not in self._known:
            self._known[key] = max([self._rank(part, home) for part in node.parts], default=0)
        return self._known[key]

    def _rank(self, node: Node, home: int) -> int:
        if home >= 0 and home not in node.levels:
            return 0
        own = isinstance(node, Loop) and max(node.levels, default=-1) == home
        return self._below(node, home) + own


def _indented(lines: list[str]) -> str:
    return "\n".join("        " + line for line in lines or ["pass"])


def parts_of(names: set[str]) -> list[str]:
    """The lines that give the parts of the record their names."""
    lines = ["R = I.record"]
    own = [f"{name} = R.{part}" for name, part in _PARTS.items() if name in names]
    own += [f"{name} = I.{part}" for name, part in (("A", "accepted"), ("now", "now")) if name in names]
    own += ["Q = {}"] if "Q" in names else []
    own += ["X = left_out(R, I.accepted)"] if "X" in names else []
    theirs = {f"C{name}": part for name, part in _PARTS.items() if f"C{name}" in names}
    if theirs or "C" in names:
        lines.append("C = I.champion if type(I.champion) is Record else None")
    if theirs:
        there = "; ".join(f"{name} = C.{part}" for name, part in theirs.items())
        own += [f"if C is None: {' = '.join(theirs)} = Z", f"else: {there}"]
    return lines + own
