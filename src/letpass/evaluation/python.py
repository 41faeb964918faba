"""Formulas as Python: expressions, in which every shared part is written once.  `loops.py` writes the loops.

A number that is not known is `nan`, with which every comparison is false; any other value is None.  So no line asks whether a value
is known before it is compared.  What reads no element of a list stands before the loop over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from letpass.evaluation.ranks import Ranks, collected
from letpass.semantics import formula as f
from letpass.semantics import places, values
from letpass.semantics.formula import Formula, Loop, Shape
from letpass.semantics.nodes import Node
from letpass.semantics.places import Place
from letpass.semantics.values import Asked, Kind, Value

_PARTS = {"V": "values", "L": "whole", "M": "measures", "N": "sole", "S": "sections", "T": "runs", "W": "trust"}
_MEASURES = {"metrics", "observations"}
"""Mappings that a later look at the clock may empty; of others the reader has seen what is in them."""
_NUMBERS = {Kind.NUMBER, Kind.DATE}

LONGEST = 400  # characters of an expression: what is longer gets a name
SHORT = 40  # characters of a condition on an element that stands several times: asking again is cheaper than keeping it


class Block:
    """The body of the function, or of a loop: its lines, the names in it, the loops that begin in it, by what they walk."""

    def __init__(self, level: int, loops: Iterable[Loop], ranks: Ranks) -> None:
        self.level, self.element, self.lines = level, "", list[str]()
        self.known: dict[Node, str] = {}
        self.gaps: dict[values.Sum, str] = {}
        self.groups: dict[tuple[Node, int, int], list[Loop]] = {}
        for loop in loops:
            self.groups.setdefault(ranks.key(loop), []).append(loop)


class Expressions:
    """Writes values and formulas into the body of one function; `roots` are all that it will be asked for."""

    def __init__(self, roots: list[Formula]) -> None:
        self.uses: Counter[Node] = Counter(roots)
        self.ranks = Ranks()
        everything = collected(roots)
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

    def home(self, node: Node) -> int:
        """The block in which a node is known: the innermost whose element it speaks of."""
        return max((at for at, block in enumerate(self.blocks) if block.level in node.levels), default=0)

    @contextmanager
    def at(self, home: int) -> Iterator[Block]:
        """Write into a block, without what is inside it."""
        inner = self.blocks[home + 1 :]
        del self.blocks[home + 1 :]
        yield self.blocks[home]
        self.blocks += inner

    def named(self, node: Node, text: str = "") -> str:
        """The name of a value or formula; what it comes to is written once, in the block where it is known."""
        if isinstance(node, values.Literal | values.Clock | places.Element | f.Always):
            return self.text(node)
        home = self.home(node)
        known = self.blocks[home].known
        if node not in known:
            with self.at(home):
                text = text or self.text(node)
                name = self.name(type(node).__name__[0].lower())
                self.line(f"{name} = {text}")
            known[node] = name
        return known[node]

    def expression(self, node: Node) -> str:
        """A value or formula: its name, or its text where that is wanted once or costs nothing."""
        if isinstance(node, Loop):
            return self.loop(node)
        home = self.home(node)
        if node in self.blocks[home].known:
            return self.blocks[home].known[node]
        if home == len(self.blocks) - 1:
            once = self.uses[node] <= 1 or isinstance(node, values.Pick | values.Absolute)
            if once or (home > 0 and isinstance(node, f.Compare | f.Not)):
                text = self.text(node)
                return text if len(text) < (LONGEST if once else SHORT) else self.named(node, text)
        return self.named(node)

    # ------------------------------------------------------------ what nodes come to

    def text(self, node: Node) -> str:
        """The text of a node, in terms of its parts."""
        match node:
            case places.Itself() | places.Measure() | places.Run() | places.Element() | places.Twin() | places.Fellow():
                return self._place(node)
            case places.Listed() | places.Inside() | places.Joined() | places.Provided():
                return self._list(node)
            case values.Input():
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
            case places.Measure(data_set=None):
                return f"{self.part('N', champion=node.champion)}.get({f'{node.section}:{node.name}'!r}, Z)"
            case places.Measure():
                pieces = f"{self.part('M', champion=node.champion)}.get({(node.section, node.name)!r}, ())"
                return f"on({pieces}, {node.data_set!r})"
            case places.Run():
                return f"{self.part('T')}.get({f'{node.section}:{node.name}'!r}, Z)"
            case places.Element():
                return next(block.element for block in reversed(self.blocks) if block.level == node.level)
            case places.Twin():
                key = (node.like.section, node.like.name)
                return f"twin({self.part('M', champion=True)}.get({key!r}, ()), {self.expression(node.like)})"
            case places.Fellow():
                twin, like = self.named(node.twin), self.named(node.twin.like)
                return f"fellow({self.part('Q')}, {twin}, {like}, {self.expression(places.Element(node.level))})"
            case _:
                raise AssertionError("the record has no name of its own")

    def _list(self, node: places.List) -> str:
        match node:
            case places.Listed():
                return f"{self.part('L', champion=node.champion)}.get({node.root!r})"
            case places.Inside():
                return f"{self.expression(node.place)}.get({node.field!r})"
            case places.Joined():
                return f"joined({self.expression(node.outer)}, {node.field!r})"
            case places.Provided():
                return f"({self.expression(node.list)} if {self.expression(node.condition)} else None)"

    def _read(self, node: values.Read) -> str:
        none = ", nan" if node.kind in _NUMBERS else ""
        if not isinstance(node.place, places.Itself):
            *groups, field = node.field.split(".")
            inside = "".join(f".get({group!r}, Z)" for group in groups)
            return f"{self.expression(node.place)}{inside}.get({field!r}{none})"
        champion = node.place.champion
        if node.field.startswith("@trust:"):
            return f"{self.part('W', champion=champion)}.get({node.field.removeprefix('@trust:')!r})"
        own = self.part("V", champion=champion)
        if node.typed or node.kind is Kind.ANY:
            return f"{own}.get({node.field!r}{none})"
        return f"as_{node.kind.value}({own}.get({node.field!r}))"

    def _value(self, node: Node) -> str:
        match node:
            case values.Read():
                return self._read(node)
            case values.Literal():
                return repr(node.value)
            case values.Clock():
                return self.part("now")
            case values.Sum():
                return f"({self.expression(node.left)} {'+' if node.sign > 0 else '-'} {self.expression(node.right)})"
            case values.Product(right=values.Pick(absent=1.0) as factor):
                left, key = self.named(node.left), self.named(factor.key)
                return f"({left} if {key} is None else {left} * {self._table(factor)}.get({key}, nan))"
            case values.Product():
                return f"({self.expression(node.left)} * {self.expression(node.right)})"
            case values.Quotient():
                right = self.named(node.right)
                return f"({self.expression(node.left)} / {right} if {right} else nan)"
            case values.Absolute():
                return f"abs({self.expression(node.operand)})"
            case values.Greatest():
                known = all(isinstance(v, values.Literal | values.Input) for v in node.values)
                return f"{'max' if known else 'greatest'}({', '.join(self.expression(v) for v in node.values)})"
            case values.Root():
                return f"root({self.expression(node.operand)})"
            case values.Apart():
                return f"only_in({self.expression(node.ours)}, {self.expression(node.theirs)})"
            case values.Wilson():
                counts = f"{self.expression(node.successes)}, {self.expression(node.samples)}"
                return f"wilson_end({counts}, {node.z!r}, {node.lower})"
            case values.Pick():
                if node.absent is None:
                    return f"{self._table(node)}.get({self.expression(node.key)}, nan)"
                key = self.named(node.key)
                return f"({node.absent!r} if {key} is None else {self._table(node)}.get({key}, nan))"
            case values.Given():
                none = "nan" if is_number(node) else "None"
                return f"({self.expression(node.value)} if {self.expression(node.condition)} else {none})"
            case values.Combinations():
                return self.combinations(node)
            case values.Default():
                value = self.named(node.value)
                return f"({value} if {self._known(node.value)} else {self.expression(node.otherwise)})"
            case _:
                raise AssertionError(f"{type(node).__name__} has no text of its own")

    def _table(self, node: values.Pick) -> str:
        return self.constant(dict(node.table), node.table)

    def _input(self, node: values.Input) -> str:
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

    def _known(self, node: values.Value | places.List | places.Measure | places.Twin) -> str:
        if isinstance(node, places.Measure | places.Twin):
            return self.expression(node)
        if not isinstance(node, places.List) and is_number(node):
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
            case Shape.FILLED if is_number(node.value):
                return f"{value} == {value}"
            case Shape.FILLED if _is_text(node.value):
                return f"({value} is not None and {value}.strip() != '')"
            case _:
                return f"({value} is not None and filled_text({value}))"

    def _conjuncts(self, operands: tuple[Formula, ...]) -> Iterator[str]:
        """The parts of a conjunction; two bounds of one number as Python writes them together."""
        waiting = list(operands)
        while waiting:
            match waiting:
                case [
                    f.Compare(operator=">=" | ">", scale=None) as low, f.Compare(operator="<=" | "<", scale=None) as high, *_,
                ] if low.left == high.left and is_number(low.left):  # fmt: skip
                    least, most = self.expression(low.right), self.expression(high.right)
                    yield f"{least} {low.operator.replace('>', '<')} {self.named(low.left)} {high.operator} {most}"
                    del waiting[:2]
                case _:
                    yield self.expression(waiting.pop(0))

    def _compare(self, node: f.Compare) -> str:
        left, operator, right = node.left, node.operator, node.right
        if isinstance(right, values.Literal) and isinstance(right.value, bool):
            return f"{self.expression(left)} is {right.value is (operator == '==')}"
        if isinstance(left, values.Given) and self.uses[left] <= 1 and operator != "!=":
            return f"({self.expression(left.condition)} and {self._compare(f.Compare(left.value, operator, right))})"
        if not is_number(left):
            left, right = (right, left) if isinstance(left, values.Literal) else (left, right)
            if isinstance(right, values.Literal) and operator == "==":
                return f"{self.expression(left)} == {right.value!r}"
            a, b = self.named(left), self.named(right)
            return f"({a} is not None and {b} is not None and {a} {operator} {b})"
        if operator == "!=":
            a, b = self.named(left), self.named(right)
            return f"({a} < {b} or {a} > {b})"
        return f"{self.expression(left)} {operator} {self.expression(right)}"

    def _nearly(self, node: f.Compare) -> str:
        """Within a tolerance, which is worked out only where the difference does not decide already."""
        assert node.scale is not None
        gap = values.Sum(node.left, node.right, -1)
        home = self.home(gap)
        gaps = self.blocks[home].gaps
        if gap not in gaps:
            with self.at(home):
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
        if isinstance(node, values.Greatest):
            return f"max({', '.join(self.expression(v) for v in node.values)})"
        if isinstance(node, values.Default) and isinstance(node.value, values.Given):
            given = node.value
            return f"({self._scale(given.value)} if {self.expression(given.condition)} else {self.expression(node.otherwise)})"
        return self.expression(node)

    def loop(self, node: Loop) -> str:
        """What a loop comes to."""
        raise NotImplementedError

    def combinations(self, node: values.Combinations) -> str:
        """How many elements a form looks at."""
        raise NotImplementedError


def is_number(node: Value) -> bool:
    """Is a value a number or a date, so that it is `nan` where it is not known."""
    match node:
        case values.Read():
            return node.kind in _NUMBERS
        case values.Literal():
            return not isinstance(node.value, str | bool)
        case values.Given() | values.Default():
            return is_number(node.value)
        case _:
            return True


def _is_text(node: Value) -> bool:
    """Is a value a text, or None."""
    if isinstance(node, values.Given):
        return _is_text(node.value)
    return isinstance(node, values.Read) and node.kind is Kind.TEXT


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
