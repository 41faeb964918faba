"""Compiled truths: each is a variable that holds True, False or None."""

from __future__ import annotations

from collections.abc import Callable

from assay.evaluation import runtime
from assay.evaluation.emit_terms import Level, Sum, Terms, Value, whose
from assay.evaluation.emitter import Block, Emitter, indented
from assay.frozen import Frozen
from assay.language import typed
from assay.language.lints import walk

Levels = tuple[Level, ...]


class Truth(Frozen):
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
                return self._once(
                    inner.depth, ("not", inner.var), f"None if {inner.var} is None else not {inner.var}", inner.seen
                )
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
                run = self._run("scans", node.tool, service)
                return self._once(
                    0,
                    ("scan", run, node.microseconds),
                    f"None if {run} is None else scan({run}, now, {node.microseconds})",
                    (run,),
                )
            case typed.Recorded():
                return self._recorded(node, levels, service)
            case _:
                return self._predicate(node, levels, service)

    def _once(
        self, depth: int, key: tuple[object, ...], expression: str, seen: tuple[str, ...] = (), margin: str = "None"
    ) -> Truth:
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
                test = f"None if {value.var} is None else digest({value.var}) is not None or pinned({value.var})"
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
                var = self.emit.once(
                    depth,
                    ("inner", outer.element, node.path),
                    lambda: self._assign(depth, "l", f"joined(({outer.element},), {node.path!r})"),
                )
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

    def _loop(self, depth: int, levels: Levels, level: Level, write: Callable[[Levels], None]) -> tuple[str, list[str]]:
        """The element's variable, and the lines of a loop's body."""
        element = self.emit.name("e")
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
            self.emit.line(
                at,
                f"{skip}if {where} is True:\n    {some} = True\n    if {have} is False:\n        {result} = False\n        break\nif {have} is not True: {doubt} = True",
            )

        element, lines = self._loop(here, levels, level, write)
        self.emit.line(
            here,
            f"{result} = None\nif {list_} is not None:\n    {some} = {doubt} = False\n    for {element} in {list_}:\n{indented(lines, 2)}\n"
            f"    else:\n        if {some} and not {doubt}: {result} = True",
        )
        return Truth(result, here)

    def _selected(
        self, list_: str, where: typed.Truth | None, here: int, levels: Levels, level: Level, service: str | None
    ) -> tuple[str, str]:
        """Variables of the elements that are definitely selected, and of those of which it is undecided."""
        if where is None:
            return list_, "()"
        key = ("selected", list_, where, levels, service)
        return self.emit.once(here, key, lambda: self._select(list_, where, here, levels, level, service))  # type: ignore[no-any-return]

    def _select(
        self, list_: str, where: typed.Truth, here: int, levels: Levels, level: Level, service: str | None
    ) -> tuple[str, str]:
        chosen, maybe = self.emit.name("s"), self.emit.name("m")

        def write(inner: Levels) -> None:
            element = inner[-1].element
            if (simple := self._simple(where, f"x{element}")) is not None:
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

        element, lines = self._loop(here, levels, level, write)
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
                chosen = frozenset(w for w, n in ranks.items() if _holds(n, where.operator, ranks[right.value]))
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
        if levels or not isinstance(have, typed.Comparison) or have.tolerant or have.level is not None or have.symbols:
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
        return str(self.emit.once(0, ("end", expression), lambda: self._assign(0, "f", expression)))

    def _fold(self, node: typed.ForAll, term: typed.Element, service: str | None) -> tuple[str, str, Value]:
        """The readable values of what is selected (s) and of what may be (t); x: something is unreadable;
        k: all is known and something selected."""
        list_, _, level = self._list(node.list, (), service)
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
        list_, depth, level = self._list(node.list, levels, service)
        here = max(depth, len(levels)) if node.where is not None and levels else depth
        chosen, maybe = self._selected(list_, node.where, here, levels, level, service)
        undecided = f"len({maybe})" if maybe != "()" else "0"
        if node.least:
            test = f"None if {list_} is None else True if len({chosen}) >= {node.limit} else False if len({chosen}) + {undecided} < {node.limit} else None"
        else:
            most = chosen if not node.limit else f"len({chosen}) > {node.limit}"
            test = f"None if {list_} is None else False if {most} else None if {maybe} else True"
        return self._once(here, ("tally",), test, (f"{chosen} and len({chosen})",))

    def _extremum(self, node: typed.Extremum, levels: Levels, service: str | None) -> Value:
        list_, depth, level = self._list(node.list, levels, service)
        here = max(depth, len(levels)) if levels else depth
        return self.emit.once(
            here,
            ("extremum", node, list_, levels, service),
            lambda: self._extreme(node, list_, here, levels, level, service),
        )  # type: ignore[no-any-return]

    def _extreme(
        self, node: typed.Extremum, list_: str, here: int, levels: Levels, level: Level, service: str | None
    ) -> Value:
        chosen, maybe = self._selected(list_, node.where, here, levels, level, service)
        var = self.emit.name("x")
        found: list[Value] = []

        def write(inner: Levels) -> None:
            value = self.terms.element(node.value, inner)
            found.append(value)
            better = "<" if node.which == "min" else ">"
            self.emit.line(
                len(inner),
                f"if {value.var} is None:\n    {var} = None\n    break\nif {var} is None or {value.var} {better} {var}: {var} = {value.var}",
            )

        element, lines = self._loop(here, levels, level, write)
        self.emit.line(
            here, f"{var} = None\nif {chosen} and not {maybe}:\n    for {element} in {chosen}:\n{indented(lines, 2)}"
        )
        return Value(var, here, found[0].unit, found[0].fixed)

    # ------------------------------------------------------------ comparisons

    def _value(self, node: typed.Term, levels: Levels, service: str | None) -> Value:
        return (
            self._extremum(node, levels, service)
            if isinstance(node, typed.Extremum)
            else self.terms.value(node, levels, service)
        )

    def _compare(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        if node.symbols:
            return self._ranked(node, levels, service)
        if node.kind == "date":
            left, right = self._value(node.left, levels, service), self._value(node.right, levels, service)
            unknown = " or ".join(f"{v.var} is None" for v in (left, right) if v.var[0].isalpha() and v.var != "now")
            return self._once(
                max(left.depth, right.depth),
                ("dates",),
                f"None if {unknown or 'False'} else {left.var} {node.operator} {right.var}",
                (left.var,),
            )
        if node.level is not None:
            return self._sure(node, levels, service)
        if not node.tolerant and isinstance(node.right, typed.Constant):
            value = self._value(node.left, levels, service)
            limit = self.terms.bound(node.right, node.kind, value)
            return self._once(
                value.depth,
                ("bound",),
                f"None if {value.var} is None else {value.var} {node.operator} {limit}",
                (value.var,),
                _margin(value.var, node.operator, limit),
            )
        return self._reckoned(node, levels, service)

    def _ranked(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        ranks = {word: n for n, word in enumerate(node.symbols)}
        if isinstance(node.right, typed.Word):
            value = self._value(node.left, levels, service)
            limit = ranks[node.right.value]
            chosen = frozenset(w for w, n in ranks.items() if _holds(n, node.operator, limit))
            return self._once(
                value.depth,
                ("words",),
                f"None if {value.var} is None else {value.var} in {self.emit.constant(chosen)}",
                (value.var,),
            )
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
            return self._assign(
                depth,
                "b",
                f"None if {value.var} is None else end_of({value.piece}, {value.var}, {node.level!r}, {node.z!r}, {lower}, {percent}, {share})",
            )

        bound = self.emit.once(depth, key, end)
        equal = self._assign(
            depth,
            "q",
            f"None if {bound} is None else nearly({bound}[0], {limit}, max({bound}[1], abs({bound}[0]), abs({limit})))",
        )
        test = f"None if {bound} is None else {_when_equal(node.operator)} if {equal} else {bound}[0] {node.operator} {limit}"
        return self._once(
            depth,
            ("sure",),
            test,
            (value.var, f"{bound} and {bound}[0]"),
            f"None if {bound} is None else " + _plain_margin(f"{bound}[0]", node.operator, limit),
        )

    def _reckoned(self, node: typed.Comparison, levels: Levels, service: str | None) -> Truth:
        """Both sides in one unit; equal within 1e-12 of the largest term where anything was reckoned."""

        def extremum(term: typed.Extremum) -> Value:
            return self._extremum(term, levels, service)

        left = self.terms.sum(node.left, node, levels, service, extremum)
        right = self.terms.sum(node.right, node, levels, service, extremum)
        depth, leaves = max(left.depth, right.depth), left.leaves + right.leaves
        unknown = list(dict.fromkeys(f"{leaf.var} is None" for leaf in leaves)) + self._incomparable(node, service)
        units = list(dict.fromkeys(leaf.unit for leaf in leaves if leaf.unit))
        unknown += [f"{units[0]} != {u}" for u in units[1:]]
        key = ("reckoned", left, right, node.operator, tuple(unknown), node.tolerant)
        return self.emit.once(
            depth, key, lambda: self._reckon(node, left, right, depth, " or ".join(unknown) or "False")
        )  # type: ignore[no-any-return]

    def _reckon(self, node: typed.Comparison, left: Sum, right: Sum, depth: int, unknown: str) -> Truth:
        """The tolerance is worked out only where the difference does not already decide."""
        result, converted = (
            self.emit.name("r"),
            [leaf.converted for leaf in left.leaves + right.leaves if leaf.converted],
        )
        if node.tolerant:
            largest = f"max({left.largest}, {right.largest})"
        else:
            largest = (
                f"(max({left.largest}, {right.largest}) if {' or '.join(converted)} else 0.0)" if converted else "0.0"
            )
        equal = f"nearly({left.text}, {right.text}, {largest})"
        exact = f"{result} = {equal}\n    if {result} is not None: {result} = {_when_equal(node.operator)} if {result} else {left.text} {node.operator} {right.text}"
        if node.operator in {">=", "<="}:
            difference = f"{left.text} - {right.text}" if node.operator == ">=" else f"{right.text} - {left.text}"
            inner = exact.replace("\n", "\n    ")
            exact = f"if 0.0 < {difference} < 1e300: {result} = True\n    else:\n        {inner}"
        self.emit.line(depth, f"if {unknown}: {result} = None\nelse:\n    {exact}")
        margin = f"None if {unknown} else " + _plain_margin(left.text, node.operator, right.text)
        return Truth(result, depth, tuple(leaf.var for leaf in left.leaves + right.leaves), margin)

    def _incomparable(self, node: typed.Comparison, service: str | None) -> list[str]:
        """Conditions under which a champion's metric cannot stand beside the candidate's."""
        measures = [
            m.of if isinstance(m, typed.Slices) else m
            for m in walk((node.left, node.right))
            if isinstance(m, typed.Measured | typed.Slices)
        ]
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

    def _run(self, section: str, name: str, service: str | None) -> str:
        key = f"{section}:{name}"

        def write() -> str:
            var = self._assign(0, "n", f"T.get({key!r})")
            if service is not None:
                self.emit.line(0, f"if {var} is not None and {var}.get('@trust') != {service!r}: {var} = None")
            return var

        return str(self.emit.once(0, ("run", key, service), write))

    def _suite(self, node: typed.SuitePassed, service: str | None) -> Truth:
        run = self._run("suites", node.suite, service)
        base = self._once(0, ("suite",), f"None if {run} is None else suite({run}, now, {node.microseconds})", (run,))
        if node.score is None:
            return base
        score = self.emit.once(0, ("score", run), lambda: self._score(run))
        enough = f"{score} {node.operator} {node.score!r}"
        test = f"False if {base.var} is False or ({score} is not None and not {enough}) else None if {base.var} is None or {score} is None else True"
        return self._once(
            0, ("scored",), test, (score,), f"None if {score} is None else ({score} - {node.score!r}) * 100"
        )

    def _score(self, run: str) -> str:
        return self._assign(0, "v", f"None if {run} is None else {run}.get('score')")

    def _signed(self, node: typed.SignedBy) -> Truth:
        excluded = "()"
        author = "True"
        if node.other_than_author:
            var = self.emit.once(0, ("author",), lambda: self._assign(0, "a", "V.get('author')"))
            excluded, author = f"({var}, A.requester, V.get('code.author'))", f"({var} is not None and {var} != '')"
        people = []
        for role in node.roles:
            if node.microseconds is None:
                call = f"A.people.get({role!r}, EMPTY)" + (f".difference({excluded})" if node.other_than_author else "")
            else:
                call = f"signers(A.signoffs, {role!r}, {excluded}, now - {node.microseconds}, now)"
            people.append(str(self.emit.once(0, ("signers", call), lambda c=call: self._assign(0, "s", c))))  # type: ignore[misc]
        rejected = " or ".join(f"{role!r} in A.rejected" for role in node.roles)
        enough = f"len({people[0]}) >= {node.count}" if len(people) == 1 else f"matched([{', '.join(people)}])"
        return self._once(
            0, ("signed",), f"False if {rejected} else True if {author} and {enough} else None", tuple(people)
        )

    def _recorded(self, node: typed.Recorded, levels: Levels, service: str | None) -> Truth:
        tests, depth = [], 0
        for operand in node.operands:
            if isinstance(operand, typed.Section):
                path = ".".join(operand.path)
                test = f"{whose('S', champion=operand.champion)}.get({path!r}) is True"
                test += (
                    f" and {whose('W', champion=operand.champion)}.get({path!r}) == {service!r}"
                    if service is not None
                    else ""
                )
                tests.append(test)
            elif isinstance(operand, typed.ListField):
                list_, at, _ = self._list(operand.list, levels, service)
                depth = max(depth, at)
                tests.append(f"filled({list_}, {operand.field!r})")
            else:
                value = self._value(operand, levels, service)
                depth = max(depth, value.depth)
                tests.append(f"{value.var} is not None and {value.var} != ''")
        return self._once(depth, ("recorded",), f"True if {' and '.join(tests)} else None")


def _holds(left: int, operator: str, right: int) -> bool:
    return {
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        "==": left == right,
        "!=": left != right,
    }[operator]


def _when_equal(operator: str) -> str:
    return str(operator in {">=", "<=", "=="})


def _plain_margin(left: str, operator: str, right: str) -> str:
    if operator in {">=", ">"}:
        return f"{left} - {right}"
    return f"{right} - {left}" if operator in {"<=", "<"} else f"-abs({left} - {right})"


def _margin(left: str, operator: str, right: str) -> str:
    return f"None if {left} is None else {_plain_margin(left, operator, right)}"
