"""Compiled truths: each is a variable that holds True, False or None."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assay.evaluation import runtime
from assay.evaluation.emit_terms import Level, Sum, Terms, Value, whose
from assay.evaluation.emitter import Block, Emitter, indented
from assay.facts.values import Unreadable
from assay.language import typed
from assay.language.lints import walk
from assay.language.types import Type

Levels = tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A variable that holds a truth, the depth at which it is known; for findings what was seen and the margin."""

    var: str
    depth: int = 0
    seen: tuple[str, ...] = ()
    margin: str = "None"


class Truths:
    """Writes conditions."""

    def __init__(self, emitter: Emitter) -> None:
        self.emit = emitter
        self.terms = Terms(emitter)

    def truth(self, node: typed.Truth, levels: Levels = (), service: str | None = None) -> Truth:
        match node:
            case typed.Not():
                inner = self.truth(node.operand, levels, service)
                return self._once(inner.depth, ("not", inner.var), f"None if {inner.var} is None else not {inner.var}", inner.seen)
            case typed.Both() | typed.Either():
                return self._chain(node, [self.truth(p, levels, service) for p in node.parts])
            case typed.Named():
                return self.truth(node.body, (), service)  # type: ignore[arg-type]
            case typed.AttestedBy():
                return self.truth(node.operand, levels, node.service)
            case typed.ForAll():
                key = ("every", node, service, levels)
                return self.emit.once(len(levels), key, lambda: self._every(node, levels, service))  # type: ignore[no-any-return]
            case typed.CountOf():
                return self._count(node, levels, service)
            case typed.Comparison():
                return self._compare(node, levels, service)
            case typed.HasChampion():
                return Truth("has_champion")
            case typed.SignedBy():
                return self._signed(node)
            case typed.SuitePassed():
                return self._suite(node, service)
            case typed.ToolScanned():
                run = self._run("scans", "tool", node.tool, service)
                return self._once(0, ("scan", run, node.microseconds), f"None if {run} is None else scan({run}, now, {node.microseconds})", (run,))
            case typed.Recorded():
                return self._recorded(node, levels, service)
            case _:
                return self._predicate(node, levels, service)

    def _once(self, depth: int, key: tuple[object, ...], expression: str, seen: tuple[str, ...] = (), margin: str = "None") -> Truth:
        def write() -> str:
            var = self.emit.name("r")
            self.emit.line(depth, f"{var} = {expression}")
            return var

        return Truth(self.emit.once(depth, (*key, expression), write), depth, seen, margin)

    def _chain(self, node: typed.Both | typed.Either, parts: list[Truth]) -> Truth:
        """Kleene's tables in line: the one value that decides, then the one that does not."""
        depth = max(p.depth for p in parts)
        decides, rest = ("False", "True") if isinstance(node, typed.Both) else ("True", "False")
        if len(parts) > 60:
            listed = "(" + ", ".join(p.var for p in parts) + ",)"
            expression = f"{decides} if {decides} in {listed} else None if None in {listed} else {rest}"
        else:
            expression = f"{decides} if {' or '.join(f'{p.var} is {decides}' for p in parts)} else None if {' or '.join(f'{p.var} is None' for p in parts)} else {rest}"
        return self._once(depth, ("chain",), expression, tuple(s for p in parts for s in p.seen))

    def _predicate(self, node: typed.Truth, levels: Levels, service: str | None) -> Truth:
        match node:
            case typed.Flag():
                value = self.terms.value(node.operand, levels, service)
                return Truth(value.var, value.depth, (value.var,))
            case typed.Among():
                value = self.terms.value(node.operand, levels, service)
                words = self.emit.constant(frozenset(node.symbols))
                test = f"None if {value.var} is None else {value.var} {'not in' if node.negated else 'in'} {words}"
            case typed.Matches():
                value = self.terms.value(node.operand, levels, service)
                match = self.emit.constant(runtime.glob(node.parts), ("glob", node.parts))
                test = f"None if {value.var} is None else {match}({value.var}) is not None"
            case typed.Pinned():
                value = self.terms.value(node.operand, levels, service)
                test = f"None if {value.var} is None else pinned({value.var}) is not None"
            case typed.Fresh():
                value = self.terms.value(node.operand, levels, service)
                test = f"None if {value.var} is None or {value.var} > now else {value.var} >= now - {node.microseconds}"
            case typed.Computed():
                value = self.terms.scalar(node.operand, service)
                trust = f"{whose('W', champion=node.operand.champion)}.get({node.operand.path!r})"
                test = f"True if {value.var} is not None and {trust} == 'computed' else None"
            case _:
                raise AssertionError(f"no meaning for {type(node).__name__}")
        return self._once(value.depth, ("predicate",), test, (value.var,))

    # ------------------------------------------------------------ lists

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
                var = self.emit.once(depth, ("inner", outer.element, node.path), lambda: self._assign(depth, "l", f"joined(({outer.element},), {node.path!r})"))
                return var, depth, Level("", outer.owner, outer.champion)
            case typed.RecordList():
                source = whose("L", champion=node.champion)
                expression = f"whole({source}.get({node.root!r}), {service!r})"
                root = self.emit.once(0, ("list", source, node.root, service), lambda: self._assign(0, "l", expression))
                if node.inner:
                    root_var = root
                    root = self.emit.once(0, ("joined", root_var, node.inner), lambda: self._assign(0, "l", f"None if {root_var} is None else joined({root_var}, {node.inner!r})"))
                return root, 0, Level("", None, node.champion)

    def _assign(self, depth: int, prefix: str, expression: str) -> str:
        var = self.emit.name(prefix)
        self.emit.line(depth, f"{var} = {expression}")
        return var

    def _get(self, owner: str, field: str) -> str:
        return self._assign(0, "l", f"None if {owner} is None else {owner}.get({field!r})")

    def _loop(self, depth: int, levels: Levels, level: Level, write: Callable[[Levels], None]) -> tuple[str, list[str]]:
        """The element's variable, and the lines of a loop's body."""
        element = self.emit.name("e")
        # `known` at outer depths stays in force; whatever an element does not touch is written outside
        while len(self.emit.blocks) > len(levels) + 1:  # pragma: no cover - blocks and levels go together
            self.emit.blocks.pop()
        self.emit.blocks.append(Block())
        write((*levels, Level(element, level.owner, level.champion)))
        return element, self.emit.blocks.pop().lines

    def _every(self, node: typed.ForAll, levels: Levels, service: str | None) -> Truth:
        if (folded := self._folded(node, levels, service)) is not None:
            return folded
        list_, depth, level = self._list(node.list, levels, service)
        here = max(depth, len(levels))
        result, some, doubt = self.emit.name("r"), self.emit.name("n"), self.emit.name("d")

        def write(inner: Levels) -> None:
            at = len(inner)
            where = self.truth(node.where, inner, service).var if node.where is not None else "True"
            have = self.truth(node.have, inner, service).var
            skip = f"if {where} is False: continue\n" if node.where is not None else ""
            self.emit.line(at, f"{skip}if {where} is True:\n    {some} = True\n    if {have} is False:\n        {result} = False\n        break\nif {have} is not True: {doubt} = True")

        element, lines = self._loop(here, levels, level, write)
        self.emit.line(
            here,
            f"{result} = None\nif {list_} is not None:\n    {some} = {doubt} = False\n    for {element} in {list_}:\n{indented(lines, 2)}\n"
            f"    else:\n        if {some} and not {doubt}: {result} = True",
        )
        return Truth(result, here)

    def _folded(self, node: typed.ForAll, levels: Levels, service: str | None) -> Truth | None:
        """`all … have value >= c`: the list is walked once for its least and greatest value, whatever the bounds."""
        have = node.have
        if levels or not isinstance(have, typed.Comparison) or have.tolerant or have.level is not None or have.symbols:
            return None
        if not isinstance(have.left, typed.Element) or not isinstance(have.right, typed.Constant) or have.operator not in {">=", ">", "<=", "<"}:
            return None
        fold, value = self.emit.once(0, ("fold", node.list, node.where, have.left, service), lambda: self._fold(node, have.left, service))  # type: ignore[arg-type]
        low = have.operator in {">=", ">"}
        end, other = (f"{fold}a", f"{fold}c") if low else (f"{fold}b", f"{fold}d")
        limit = self.terms.bound(have.right, have.kind, value)
        holds = f"{end} {have.operator} {limit}"
        slow = f"None if {end} is None else False if not {holds} else None if {fold}x or ({other} is not None and not {other} {have.operator} {limit}) else True"
        return self._once(0, ("folded",), f"({holds}) if {fold}k else {slow}", (end,), f"None if {end} is None else {f'{end} - {limit}' if low else f'{limit} - {end}'}")

    def _fold(self, node: typed.ForAll, term: typed.Element, service: str | None) -> tuple[str, Value]:
        """Least and greatest value among what is selected (a, b) and what may be (c, d); x: something is
        unreadable; k: all is known and something selected."""
        list_, _, level = self._list(node.list, (), service)
        fold = self.emit.name("f")
        found: list[Value] = []

        def write(inner: Levels) -> None:
            value = self.terms.value(term, inner, service)
            found.append(value)
            if node.where is None:
                self.emit.line(1, f"if {value.var} is None: {fold}x = True\nelse: {fold}s.append({value.var})")
                return
            # the value is read where it may be selected, and only there
            body, self.emit.blocks[1].lines = self.emit.blocks[1].lines, []
            self.emit.blocks[1].known.clear()
            where = self.truth(node.where, inner, service)
            self.emit.line(1, f"if {where.var} is False: continue")
            self.emit.blocks[1].lines += body
            self.emit.line(1, f"if {value.var} is None: {fold}x = True\nelif {where.var}: {fold}s.append({value.var})\nelse: {fold}m.append({value.var})")

        element, lines = self._loop(0, (), level, write)
        value = found[0]
        self.emit.line(
            0,
            f"{fold}a = {fold}b = {fold}c = {fold}d = None\n{fold}x = {fold}k = False\nif {list_} is not None:\n    {fold}s = []\n    {fold}m = []\n"
            f"    for {element} in {list_}:\n{indented(lines, 2)}\n"
            f"    if {fold}m:\n        {fold}c = min({fold}m)\n        {fold}d = max({fold}m)\n"
            f"    if {fold}s:\n        {fold}a = min({fold}s)\n        {fold}b = max({fold}s)\n        {fold}k = not {fold}x and not {fold}m",
        )
        unit = value.unit if value.fixed is None else repr(value.fixed)
        return fold, Value(value.var, 0, unit, value.fixed)

    def _count(self, node: typed.CountOf, levels: Levels, service: str | None) -> Truth:
        list_, depth, level = self._list(node.list, levels, service)
        here = max(depth, len(levels)) if node.where is not None and levels else depth
        key = ("count", list_, node.where, service)
        count = self.emit.once(here, key, lambda: self._counted(node, list_, here, levels, level, service))
        if node.least:
            test = f"None if {list_} is None else True if {count} >= {node.limit} else False if {count} + {count}u < {node.limit} else None"
        else:
            test = f"None if {list_} is None else False if {count} > {node.limit} else None if {count}u else True"
        return self._once(here, ("tally",), test, (count,))

    def _counted(self, node: typed.CountOf, list_: str, here: int, levels: Levels, level: Level, service: str | None) -> str:
        count = self.emit.name("c")
        if node.where is None:
            self.emit.line(here, f"{count} = 0 if {list_} is None else len({list_})\n{count}u = 0")
            return count

        def write(inner: Levels) -> None:
            assert node.where is not None
            where = self.truth(node.where, inner, service)
            self.emit.line(len(inner), f"if {where.var}: {count} += 1\nelif {where.var} is None: {count}u += 1")

        element, lines = self._loop(here, levels, level, write)
        self.emit.line(here, f"{count} = {count}u = 0\nif {list_} is not None:\n    for {element} in {list_}:\n{indented(lines, 2)}")
        return count

    def _extremum(self, node: typed.Extremum, levels: Levels, service: str | None) -> Value:
        list_, depth, level = self._list(node.list, levels, service)
        here = max(depth, len(levels)) if levels else depth
        return self.emit.once(here, ("extremum", node, list_, service), lambda: self._extreme(node, list_, here, levels, level, service))  # type: ignore[no-any-return]

    def _extreme(self, node: typed.Extremum, list_: str, here: int, levels: Levels, level: Level, service: str | None) -> Value:
        var = self.emit.name("x")
        found: list[Value] = []

        def write(inner: Levels) -> None:
            at = len(inner)
            if node.where is not None:
                where = self.truth(node.where, inner, service)
                self.emit.line(at, f"if {where.var} is False: continue\nif {where.var} is None:\n    {var} = None\n    break")
            value = self.terms.element(node.value, inner, service)
            found.append(value)
            better = "<" if node.which == "min" else ">"
            self.emit.line(at, f"if {value.var} is None:\n    {var} = None\n    break\nif {var} is None or {value.var} {better} {var}: {var} = {value.var}")

        element, lines = self._loop(here, levels, level, write)
        self.emit.line(here, f"{var} = None\nif {list_} is not None:\n    for {element} in {list_}:\n{indented(lines, 2)}")
        return Value(var, here, found[0].unit, found[0].fixed)

    # ------------------------------------------------------------ comparisons

    def _value(self, node: typed.Term, levels: Levels, service: str | None) -> Value:
        return self._extremum(node, levels, service) if isinstance(node, typed.Extremum) else self.terms.value(node, levels, service)

    def _compare(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        if node.symbols:
            return self._ranked(node, levels, service)
        if node.kind == "date":
            left, right = self._value(node.left, levels, service), self._value(node.right, levels, service)
            unknown = " or ".join(f"{v.var} is None" for v in (left, right) if v.var[0].isalpha() and v.var != "now")
            return self._once(max(left.depth, right.depth), ("dates",), f"None if {unknown or 'False'} else {left.var} {node.operator} {right.var}", (left.var,))
        if node.level is not None:
            return self._sure(node, levels, service)
        if not node.tolerant and isinstance(node.right, typed.Constant):
            value = self._value(node.left, levels, service)
            limit = self.terms.bound(node.right, node.kind, value)
            return self._once(value.depth, ("bound",), f"None if {value.var} is None else {value.var} {node.operator} {limit}", (value.var,), _margin(value.var, node.operator, limit))
        return self._reckoned(node, levels, service)

    def _ranked(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        ranks = {word: n for n, word in enumerate(node.symbols)}
        if isinstance(node.right, typed.Word):
            value = self._value(node.left, levels, service)
            limit = ranks[node.right.value]
            chosen = frozenset(w for w, n in ranks.items() if _holds(n, node.operator, limit))
            return self._once(value.depth, ("words",), f"None if {value.var} is None else {value.var} in {self.emit.constant(chosen)}", (value.var,))
        left, right = self._value(node.left, levels, service), self._value(node.right, levels, service)
        table = self.emit.constant(ranks, node.symbols)
        test = f"None if {left.var} is None or {right.var} is None else {table}[{left.var}] {node.operator} {table}[{right.var}]"
        return self._once(max(left.depth, right.depth), ("ranks",), test, (left.var, right.var))

    def _sure(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        assert isinstance(node.right, typed.Constant)
        value = self._value(node.left, levels, service)
        lower, share = node.operator in {">=", ">"}, node.kind in {"ratio", "number"}
        limit = self.terms.bound(node.right, node.kind, value)
        depth = value.depth
        key = ("end", value.var, node.level, lower)

        def end() -> str:
            percent = f"{value.unit} == '%'"
            return self._assign(depth, "b", f"None if {value.var} is None else end_of({value.piece}, {value.var}, {node.level!r}, {node.z!r}, {lower}, {percent}, {share})")

        bound = self.emit.once(depth, key, end)
        equal = self._assign(depth, "q", f"None if {bound} is None else nearly({bound}[0], {limit}, max({bound}[1], abs({bound}[0]), abs({limit})))")
        test = f"None if {bound} is None else {_when_equal(node.operator)} if {equal} else {bound}[0] {node.operator} {limit}"
        return self._once(depth, ("sure",), test, (value.var, f"{bound} and {bound}[0]"), f"None if {bound} is None else " + _plain_margin(f"{bound}[0]", node.operator, limit))

    def _reckoned(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        """Both sides in one unit; equal within 1e-12 of the largest term where anything was reckoned."""

        def extremum(term: typed.Extremum) -> Value:
            return self._extremum(term, levels, service)

        left = self.terms.sum(node.left, node, levels, service, extremum)
        right = self.terms.sum(node.right, node, levels, service, extremum)
        depth = max(left.depth, right.depth)
        unknown = [f"{s.var} is None" for s in (left, right) if s.var[0].isalpha()]
        unknown += self._incomparable(node, service)
        units = list(dict.fromkeys((*left.units, *right.units)))
        unknown += [f"{units[0]} != {u}" for u in units[1:]]
        key = ("reckoned", left, right, node.operator, tuple(unknown), node.tolerant)
        return self.emit.once(depth, key, lambda: self._reckon(node, left, right, depth, unknown))  # type: ignore[no-any-return]

    def _reckon(self, node: typed.Comparison, left: Sum, right: Sum, depth: int, unknown: list[str]) -> Truth:
        result = self.emit.name("r")
        largest = f"({left.largest} if {left.largest} > {right.largest} else {right.largest})"
        if not node.tolerant:
            converted = " or ".join(c for c in (left.converted, right.converted) if c != "False") or "False"
            largest = f"({largest} if {converted} else 0.0)" if converted != "False" else "0.0"
        self.emit.line(
            depth,
            f"if {' or '.join(unknown) or 'False'}: {result} = None\nelse:\n    {result} = nearly({left.var}, {right.var}, {largest})\n"
            f"    if {result} is not None: {result} = {_when_equal(node.operator)} if {result} else {left.var} {node.operator} {right.var}",
        )
        margin = f"None if {' or '.join(unknown) or 'False'} else " + _plain_margin(left.var, node.operator, right.var)
        return Truth(result, depth, tuple(v for v in (left.var, right.var) if v[0].isalpha()), margin)

    def _incomparable(self, node: typed.Comparison, service: str | None) -> list[str]:
        """Conditions under which a champion's metric cannot stand beside the candidate's."""
        measures = [m.of if isinstance(m, typed.Slices) else m for m in walk((node.left, node.right)) if isinstance(m, typed.Measured | typed.Slices)]
        metrics = [m for m in measures if m.section == "metrics"]
        found = []
        for theirs in (m for m in metrics if m.champion):
            for ours in (m for m in metrics if not m.champion):
                a, b = self.terms.piece(theirs, service), self.terms.piece(ours, service)
                test = f"None if {a} is None or {b} is None else same_set({a}, {b})"
                same = self.emit.once(0, ("same", a, b), lambda t=test: self._assign(0, "s", t))  # type: ignore[misc]
                found.append(f"{same} is False")
        return list(dict.fromkeys(found))

    # ------------------------------------------------------------ runs, people, presence

    def _run(self, section: str, key: str, name: str, service: str | None) -> str:
        expression = f"run_of(L.get({section!r}), {key!r}, {name!r}, {service!r})"
        return str(self.emit.once(0, ("run", expression), lambda: self._assign(0, "n", expression)))

    def _suite(self, node: typed.SuitePassed, service: str | None) -> Truth:
        run = self._run("suites", "name", node.suite, service)
        base = self._once(0, ("suite",), f"None if {run} is None else suite({run}, now, {node.microseconds})", (run,))
        if node.score is None:
            return base
        score = self.emit.once(0, ("score", run), lambda: self._score(run))
        enough = f"{score} {node.operator} {node.score!r}"
        test = f"False if {base.var} is False or ({score} is not None and not {enough}) else None if {base.var} is None or {score} is None else True"
        return self._once(0, ("scored",), test, (score,), f"None if {score} is None else ({score} - {node.score!r}) * 100")

    def _score(self, run: str) -> str:
        var = self._assign(0, "v", f"None if {run} is None else {run}.get('score')")
        self.emit.line(0, f"if type({var}) is not float: {var} = None")
        return var

    def _signed(self, node: typed.SignedBy) -> Truth:
        excluded = self.emit.once(0, ("excluded",), lambda: self._assign(0, "a", "excluded(V, A.requester)")) if node.other_than_author else "()"
        oldest = f"now - {node.microseconds}" if node.microseconds is not None else "-9e18"
        newest = "now" if node.microseconds is not None else "9e18"
        people = []
        for role in node.roles:
            call = f"signers(A.signoffs, {role!r}, {excluded} or (), {oldest}, {newest})"
            people.append(str(self.emit.once(0, ("signers", call), lambda c=call: self._assign(0, "s", c))))  # type: ignore[misc]
        rejected = " or ".join(f"{p} is False" for p in people)
        unknown = f" if {excluded} is not None else None" if node.other_than_author else ""
        enough = f"len({people[0]}) >= {node.count}" if len(people) == 1 else f"matched([{', '.join(people)}])"
        return self._once(0, ("signed",), f"False if {rejected} else ((True if {enough} else None){unknown})", tuple(people))

    def _recorded(self, node: typed.Recorded, levels: Levels, service: str | None) -> Truth:
        tests, depth = [], 0
        for operand in node.operands:
            if isinstance(operand, typed.Section):
                path = ".".join(operand.path)
                test = f"{whose('S', champion=operand.champion)}.get({path!r}) is True"
                test += f" and {whose('W', champion=operand.champion)}.get({path!r}) == {service!r}" if service is not None else ""
                tests.append(test)
            elif isinstance(operand, typed.ListField):
                list_, at, _ = self._list(operand.list, levels, service)
                depth = max(depth, at)
                tests.append(f"filled({list_}, {operand.field!r}, {self._checker(operand.type)})")
            else:
                value = self._value(operand, levels, service)
                depth = max(depth, value.depth)
                tests.append(f"{value.var} is not None and {value.var} != ''")
        return self._once(depth, ("recorded",), f"True if {' and '.join(tests)} else None")

    def _checker(self, type_: Type) -> str:
        """A function that gives a readable value of a type, else None; written like any other value."""
        inner = Emitter()
        terms = Terms(inner)
        inner.line(0, "x = raw")
        terms.check("x", type_, 0)
        names = {**inner.constants, "Unreadable": Unreadable}
        exec(f"def check(raw):\n{inner.body()}\n    return x\n", names)  # noqa: S102 - our own text, its constants bound by name
        return self.emit.constant(names["check"], ("check", type_))


def _holds(left: int, operator: str, right: int) -> bool:
    return {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right, "==": left == right, "!=": left != right}[operator]


def _when_equal(operator: str) -> str:
    return str(operator in {">=", "<=", "=="})


def _plain_margin(left: str, operator: str, right: str) -> str:
    if operator in {">=", ">"}:
        return f"{left} - {right}"
    return f"{right} - {left}" if operator in {"<=", "<"} else f"-abs({left} - {right})"


def _margin(left: str, operator: str, right: str) -> str:
    return f"None if {left} is None else {_plain_margin(left, operator, right)}"
