"""Compiled quantifiers: lists are walked once for everything that is asked of them."""

from __future__ import annotations

from collections.abc import Callable

from letpass.evaluation.emit_terms import Level, Terms, Value, whose
from letpass.evaluation.emitter import Block, Emitter, indented
from letpass.frozen import Frozen
from letpass.language import typed

Levels = tuple[Level, ...]


class Truth(Frozen):
    """A variable that holds a truth, the depth at which it is known; for findings what was seen and the margin."""

    var: str
    depth: int = 0
    seen: tuple[str, ...] = ()
    margin: str = "None"


def holds(left: int, operator: str, right: int) -> bool:
    return {
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        "==": left == right,
        "!=": left != right,
    }[operator]


def _may_be_part(node: typed.List) -> bool:
    """Can a list be of something that was not whole, so that there may be more: the findings of scans."""
    return isinstance(node, typed.RecordList | typed.ElementList) and _path(node)[-1:] == ("findings",)


def _path(node: typed.RecordList | typed.ElementList) -> tuple[str, ...]:
    return node.inner if isinstance(node, typed.RecordList) else node.path


class Lists:
    """Writes conditions over lists; `truth` is the subclass's."""

    def __init__(self, emitter: Emitter) -> None:
        self.emit = emitter
        self.terms = Terms(emitter)

    def truth(self, node: typed.Truth, levels: Levels = (), service: str | None = None) -> Truth:
        """Any condition, written."""
        raise NotImplementedError

    def _once(
        self, depth: int, key: tuple[object, ...], expression: str, seen: tuple[str, ...] = (), margin: str = "None"
    ) -> Truth:
        def write() -> str:
            var = self.emit.name("r")
            self.emit.line(depth, f"{var} = {expression}")
            return var

        return Truth(self.emit.once(depth, (*key, expression), write), depth, seen, margin)

    def _listed(self, node: typed.Quantified, levels: Levels, service: str | None) -> tuple[str, int, Level]:
        """The list that a condition goes through: unknown where it would look at too many combinations."""
        list_, depth, level = self._list(node.list, levels, service)
        around = len(levels)
        if node.depends(around) or not any(inner.depends(around + 1) for inner in node.inside):
            return list_, depth, level
        this = self.emit.constant(node, ("over", node))
        test = f"None if over(I, {this}, {around}, {service!r}) else {list_}"
        return (
            self.emit.once(depth, ("over", this, service, list_), lambda: self._assign(depth, "l", test)),
            depth,
            level,
        )

    def _list(self, node: typed.List, levels: Levels, service: str | None) -> tuple[str, int, Level]:
        """The variable of a list (None where unknown), its depth, and what its elements are."""
        match node:
            case typed.Slices():
                owner = self.terms.piece(node.of, service)
                var = self.emit.once(0, ("slices", owner, node.field), lambda: self._get(owner, node.field))
                return var, 0, Level("", owner, node.of.champion)
            case typed.ElementList():
                outer = levels[node.level]
                depth = node.level + 1
                inner = f"joined(({outer.element},), {node.path!r})"
                if service is not None:
                    inner += f" if {outer.element}.get('@trust') == {service!r} else None"
                var = self.emit.once(depth, ("inner", outer.element, inner), lambda: self._assign(depth, "l", inner))
                return var, depth, Level("", outer.owner, outer.champion)
            case typed.RecordList():
                source = whose("L", champion=node.champion)
                expression = (
                    f"{source}.get({node.root!r})"
                    if service is None
                    else f"attested({source}.get({node.root!r}), {service!r})"
                )
                root = self.emit.once(0, ("list", source, node.root, service), lambda: self._assign(0, "l", expression))
                if node.inner:
                    root_var = root
                    root = self.emit.once(
                        0,
                        ("joined", root_var, node.inner),
                        lambda: self._assign(
                            0, "l", f"None if {root_var} is None else joined({root_var}, {node.inner!r})"
                        ),
                    )
                return root, 0, Level("", None, node.champion)

    def _assign(self, depth: int, prefix: str, expression: str) -> str:
        var = self.emit.name(prefix)
        self.emit.line(depth, f"{var} = {expression}")
        return var

    def _get(self, owner: str, field: str) -> str:
        return self._assign(0, "l", f"None if {owner} is None else {owner}.get({field!r})")

    def _loop(self, levels: Levels, level: Level, write: Callable[[Levels], None]) -> tuple[str, list[str]]:
        """The element's variable, and the lines of a loop's body."""
        element = self.emit.name("e")
        self.emit.blocks.append(Block())
        write((*levels, Level(element, level.owner, level.champion)))
        return element, self.emit.blocks.pop().lines

    def _every(self, node: typed.ForAll, levels: Levels, service: str | None) -> Truth:
        if (folded := self._folded(node, levels, service)) is not None:
            return folded
        list_, depth, level = self._listed(node, levels, service)
        here = max(depth, len(levels))
        result, some, doubt = self.emit.name("r"), self.emit.name("n"), self.emit.name("d")

        def write(inner: Levels) -> None:
            at = len(inner)
            where = self.truth(node.where, inner, service).var if node.where is not None else "True"
            have = self.truth(node.have, inner, service).var
            skip = f"if {where} is False: continue\n" if node.where is not None else ""
            self.emit.line(
                at,
                f"{skip}if {where} is True:\n    {some} = True\n    if {have} is False:\n        {result} = False\n        break\nif {have} is not True: {doubt} = True",
            )

        element, lines = self._loop(levels, level, write)
        unless = f" and not more({list_})" if _may_be_part(node.list) else ""
        self.emit.line(
            here,
            f"{result} = None\nif {list_} is not None:\n    {some} = {doubt} = False\n    for {element} in {list_}:\n{indented(lines, 2)}\n"
            f"    else:\n        if {some} and not {doubt}{unless}: {result} = True",
        )
        return Truth(result, here)

    def _selected(
        self, list_: str, where: typed.Truth | None, here: int, levels: Levels, level: Level, service: str | None
    ) -> tuple[str, str]:
        """Variables of the elements that are definitely selected, and of those of which it is undecided."""
        if where is None:
            return list_, "()"
        key = ("selected", list_, where, levels, service)
        return self.emit.once(here, key, lambda: self._select(list_, where, here, levels, level, service))

    def _select(
        self, list_: str, where: typed.Truth, here: int, levels: Levels, level: Level, service: str | None
    ) -> tuple[str, str]:
        chosen, maybe = self.emit.name("s"), self.emit.name("m")

        def write(inner: Levels) -> None:
            element = inner[-1].element
            # what a service must have attested is asked of each element, which the short form does not do
            if service is None and (simple := self._simple(where, f"x{element}")) is not None:
                field, test = simple
                self.emit.line(
                    len(inner),
                    f"x{element} = {element}.get({field!r})\nif x{element} is None: {maybe}.append({element})\nelif {test}: {chosen}.append({element})",
                )
                return
            truth = self.truth(where, inner, service)
            self.emit.line(
                len(inner),
                f"if {truth.var}: {chosen}.append({element})\nelif {truth.var} is None: {maybe}.append({element})",
            )

        element, lines = self._loop(levels, level, write)
        self.emit.line(
            here,
            f"{chosen} = []\n{maybe} = []\nif {list_} is not None:\n    for {element} in {list_}:\n{indented(lines, 2)}",
        )
        return chosen, maybe

    def _simple(self, where: typed.Truth, var: str) -> tuple[str, str] | None:
        """A condition on one field of the element that its schema types: the field, and a test of its value."""
        match where:
            case typed.Comparison(left=typed.Element(of=None) as left, right=typed.Word() as right) if where.symbols:
                ranks = {word: n for n, word in enumerate(where.symbols)}
                chosen = frozenset(w for w, n in ranks.items() if holds(n, where.operator, ranks[right.value]))
                test = f"{var} in {self.emit.constant(chosen)}"
            case typed.Comparison(
                left=typed.Element(of=None) as left, right=typed.Constant() as right, tolerant=False, level=None
            ):
                test = f"{var} {where.operator} {self.terms.bound(right, where.kind, Value('', 0, repr(''), left.type.unit or ''))}"
            case typed.Among(operand=typed.Element(of=None) as left):
                test = f"{var} {'not in' if where.negated else 'in'} {self.emit.constant(frozenset(where.symbols))}"
            case _:
                return None
        return (left.field, test) if "." not in left.field and left.field != "value" else None

    def _folded(self, node: typed.ForAll, levels: Levels, service: str | None) -> Truth | None:
        """`all … have value >= c`: the list is walked once for its least and greatest value, whatever the bounds."""
        have = node.have
        if (
            levels
            or _may_be_part(node.list)
            or not isinstance(have, typed.Comparison)
            or have.tolerant
            or have.level is not None
            or have.symbols
        ):
            return None
        left, right = have.left, have.right
        if (
            not isinstance(left, typed.Element)
            or not isinstance(right, typed.Constant)
            or have.operator not in {">=", ">", "<=", "<"}
        ):
            return None
        fold, maybe, value = self.emit.once(
            0, ("fold", node.list, node.where, left, service), lambda: self._fold(node, left, service)
        )
        low = have.operator in {">=", ">"}
        end = self._end(f"{fold}s", low=low)
        limit = self.terms.bound(right, have.kind, value)
        holds = f"{end} {have.operator} {limit}"
        doubt = f"{fold}x"
        if maybe != "()":
            other = self._end(f"{fold}t", low=low)
            doubt += f" or ({other} is not None and not {other} {have.operator} {limit})"
        slow = f"None if {end} is None else False if not {holds} else None if {doubt} else True"
        return self._once(
            0,
            ("folded",),
            f"({holds}) if {fold}k else {slow}",
            (end,),
            f"None if {end} is None else {f'{end} - {limit}' if low else f'{limit} - {end}'}",
        )

    def _end(self, values: str, *, low: bool) -> str:
        """The variable of the least or greatest of some values; None where there are none."""
        expression = f"{'min' if low else 'max'}({values}) if {values} else None"
        return self.emit.once(0, ("end", expression), lambda: self._assign(0, "f", expression))

    def _fold(self, node: typed.ForAll, term: typed.Element, service: str | None) -> tuple[str, str, Value]:
        """The readable values of what is selected (s) and of what may be (t); x: something is unreadable;
        k: all is known and something selected."""
        list_, _, level = self._listed(node, (), service)
        chosen, maybe = self._selected(list_, node.where, 0, (), level, service)
        fold, kind = self.emit.name("f"), term.of.type.kind if term.of else term.type.kind
        unit, fixed, inside, known = repr(term.type.unit or ""), term.type.unit or "", "", "True"
        if term.of is not None and term.field == "value":
            assert level.owner is not None
            unit = self.terms.owner_unit(level.owner, term.of.type)
            fixed = "" if kind in {"number", "count"} else None  # type: ignore[assignment]
            if kind == "ratio":
                self.emit.line(0, f"{fold}h = 100.0 if {unit} == '%' else 1.0")
            inside = (
                f" and 0.0 <= v <= {fold}h"
                if kind == "ratio"
                else ""
                if kind in {"open", "number"}
                else f" and not ({self.terms.outside('v', kind, '')})"
            )
            known = f"{unit} is not None"

        def values(over: str) -> str:
            return f"[v for e in {over} if (v := e.get({term.field!r})) is not None{inside}]"

        self.emit.line(
            0,
            f"{fold}s = {values(chosen)} if {chosen} and {known} else ()\n{fold}x = {chosen} is not None and len({fold}s) != len({chosen})",
        )
        if maybe != "()":
            self.emit.line(
                0,
                f"{fold}t = ()\nif {maybe}:\n    {fold}t = {values(maybe)} if {known} else ()\n    {fold}x = {fold}x or len({fold}t) != len({maybe})",
            )
        self.emit.line(0, f"{fold}k = {fold}s and not {fold}x" + (f" and not {maybe}" if maybe != "()" else ""))
        return fold, maybe, Value("", 0, unit, fixed)

    def _count(self, node: typed.CountOf, levels: Levels, service: str | None) -> Truth:
        list_, depth, level = self._listed(node, levels, service)
        here = max(depth, len(levels)) if node.where is not None and levels else depth
        chosen, maybe = self._selected(list_, node.where, here, levels, level, service)
        undecided = f"len({maybe})" if maybe != "()" else "0"
        part = f" or more({list_})" if _may_be_part(node.list) else ""
        if node.least:
            test = f"None if {list_} is None else True if len({chosen}) >= {node.limit} else None if len({chosen}) + {undecided} >= {node.limit}{part} else False"
        else:
            most = chosen if not node.limit else f"len({chosen}) > {node.limit}"
            test = f"None if {list_} is None else False if {most} else None if {maybe}{part} else True"
        return self._once(here, ("tally",), test, (f"{chosen} and len({chosen})",))

    def _extremum(self, node: typed.Extremum, levels: Levels, service: str | None) -> Value:
        list_, depth, level = self._listed(node, levels, service)
        here = max(depth, len(levels)) if levels else depth
        return self.emit.once(
            here,
            ("extremum", node, list_, levels, service),
            lambda: self._extreme(node, list_, here, levels, level, service),
        )

    def _extreme(
        self, node: typed.Extremum, list_: str, here: int, levels: Levels, level: Level, service: str | None
    ) -> Value:
        chosen, maybe = self._selected(list_, node.where, here, levels, level, service)
        unless = f" and not more({list_})" if _may_be_part(node.list) else ""
        var = self.emit.name("x")
        found: list[Value] = []

        def write(inner: Levels) -> None:
            value = self.terms.element(node.value, inner, service)
            found.append(value)
            better = "<" if node.which == "min" else ">"
            self.emit.line(
                len(inner),
                f"if {value.var} is None:\n    {var} = None\n    break\nif {var} is None or {value.var} {better} {var}: {var} = {value.var}",
            )

        element, lines = self._loop(levels, level, write)
        self.emit.line(
            here,
            f"{var} = None\nif {chosen} and not {maybe}{unless}:\n    for {element} in {chosen}:\n{indented(lines, 2)}",
        )
        return Value(var, here, found[0].unit, found[0].fixed)
