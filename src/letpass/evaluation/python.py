"""Formulas as Python: the text of every value and condition.  `loops.py` writes the loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from letpass.evaluation.body import Body
from letpass.semantics import formula as f
from letpass.semantics import places, values
from letpass.semantics.formula import Formula, Shape
from letpass.semantics.nodes import Node
from letpass.semantics.places import Place
from letpass.semantics.values import Asked, Kind, Value

_MEASURES = {"metrics", "observations"}
"""Mappings that a later look at the clock may empty; of others the reader has seen what is in them."""
_NUMBERS = {Kind.NUMBER, Kind.DATE}


class Expressions(Body):
    """Writes values and formulas into the body of a function; `loop` and `combinations` are the subclass's."""

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
            case places.Itself():
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
            case ((Asked.OLDER | Asked.YOUNGER), _):
                return f"I.bars.older is {node.asked is Asked.OLDER}"
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

    def _formula(self, node: f.Straight) -> str:
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
                assert_never(node)

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
