"""Compiled truths: each is a variable that holds True, False or None."""

from __future__ import annotations

from letpass.evaluation.emit_lists import Levels, Lists, Truth, holds
from letpass.evaluation.emit_terms import Sum, Value, whose
from letpass.facts.record import ANYTHING
from letpass.language import typed
from letpass.language.typed import own, walk


class Truths(Lists):
    """Writes conditions."""

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
                self.terms.one_value(node, levels)
                return self.truth(node.body, (), service)  # type: ignore[arg-type]
            case typed.AttestedBy():
                if service not in {None, node.service}:
                    return self._once(0, ("by two services",), "None")
                return self.truth(node.operand, levels, node.service)
            case typed.ForAll():
                key = ("every", node, service, levels)
                return self.emit.once(len(levels), key, lambda: self._every(node, levels, service))
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
                parts = self.emit.constant(node.parts)
                test = f"None if {value.var} is None else consists({value.var}, {parts})"
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

    # ------------------------------------------------------------ comparisons

    def _value(self, node: typed.Term, levels: Levels, service: str | None) -> Value:
        if isinstance(node, typed.Named):
            self.terms.one_value(node, levels)
            return self._value(node.body, (), service)  # type: ignore[arg-type]
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
            chosen = frozenset(w for w, n in ranks.items() if holds(n, node.operator, limit))
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
        unknown = list(dict.fromkeys(f"{leaf.var} is None" for leaf in leaves)) + self._incomparable(
            node, levels, service
        )
        units = list(dict.fromkeys(leaf.unit for leaf in leaves if leaf.unit))
        unknown += [f"{units[0]} != {u}" for u in units[1:]]
        key = ("reckoned", left, right, node.operator, tuple(unknown), node.tolerant)
        return self.emit.once(
            depth, key, lambda: self._reckon(node, left, right, depth, " or ".join(unknown) or "False")
        )

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
        margin = f"None if {result} is None else " + _plain_margin(left.text, node.operator, right.text)
        return Truth(result, depth, tuple(leaf.var for leaf in left.leaves + right.leaves), margin)

    def _incomparable(self, node: typed.Comparison, levels: Levels, service: str | None) -> list[str]:
        """Conditions under which a number of a champion's metric cannot stand beside the candidate's."""
        sides = (node.left, node.right)
        pieces = [
            (m.champion, self.terms.piece(m, service))
            for m in walk(sides)
            if isinstance(m, typed.Measured) and m.section == "metrics"
        ]
        for each in own(sides):
            if isinstance(each, typed.Element) and each.level < len(levels):
                level = levels[each.level]
                if level.owner is not None:
                    pieces.append((level.champion, level.owner))
            elif isinstance(each, typed.Counterpart) and each.level < len(levels):
                pieces.append((True, self.terms.counterpart_piece(each, levels[each.level], service)))
        found = []
        for theirs in dict.fromkeys(piece for champion, piece in pieces if champion):
            for ours in dict.fromkeys(piece for champion, piece in pieces if not champion):
                test = f"None if {theirs} is None or {ours} is None else same_set({theirs}, {ours})"
                same = self.emit.once(0, ("same", theirs, ours), lambda t=test: self._assign(0, "s", t))  # type: ignore[misc]
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

        return self.emit.once(0, ("run", key, service), write)

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
        excluded: object = "()"
        known = "True"
        if node.other_than_author:
            var = self.emit.once(0, ("left out",), lambda: self._assign(0, "x", "left_out(R, A)"))
            excluded, known = f"{var}[0]", f"{var}[1]"
        people = []
        for role in node.roles:
            if node.microseconds is None:
                call = f"A.people.get({role!r}, EMPTY)" + (f".difference({excluded})" if node.other_than_author else "")
            else:
                call = f"signers(A.signoffs, {role!r}, {excluded}, now - {node.microseconds}, now)"
            people.append(str(self.emit.once(0, ("signers", call), lambda c=call: self._assign(0, "s", c))))  # type: ignore[misc]
        needs = [f"A.thresholds.get({role!r}, 1)" for role in node.roles]
        pairs = ", ".join(f"({who}, {need})" for who, need in zip(people, needs, strict=True))
        enough = f"len({people[0]}) >= max({node.count}, {needs[0]})" if len(people) == 1 else f"matched([{pairs}])"
        return self._once(0, ("signed",), f"True if {known} and {enough} else None", tuple(people))

    def _recorded(self, node: typed.Recorded, levels: Levels, service: str | None) -> Truth:
        tests, depth = [], 0
        for operand in node.operands:
            if isinstance(operand, typed.Section):
                path = ".".join(operand.path)
                test = f"{whose('S', champion=operand.champion)}.get({path!r}) is True"
                if service is not None or path in {"metrics", "observations"}:
                    whole = "I.champion" if operand.champion else "R"
                    test += f" and {whole}.filled({path!r}, {service!r})"
                tests.append(test)
            elif isinstance(operand, typed.ListField):
                list_, at, _ = self._list(operand.list, levels, service)
                depth = max(depth, at)
                tests.append(f"filled({list_}, {operand.field!r})")
            else:
                value = self._value(operand, levels, service)
                depth = max(depth, value.depth)
                test = f"{value.var} is not None and filled_text({value.var})"
                if isinstance(operand, typed.Scalar) and operand.path.startswith(f"{ANYTHING}."):
                    parts = ", ".join(whose(part, champion=operand.champion) for part in "SVW")
                    test = f"({test} or holds_many({parts}, {operand.path!r}, {service!r}))"
                tests.append(test)
        return self._once(depth, ("recorded",), f"True if {' and '.join(tests)} else None")


def _when_equal(operator: str) -> str:
    return str(operator in {">=", "<=", "=="})


def _plain_margin(left: str, operator: str, right: str) -> str:
    if operator in {">=", ">"}:
        return f"{left} - {right}"
    return f"{right} - {left}" if operator in {"<=", "<"} else f"-abs({left} - {right})"


def _margin(left: str, operator: str, right: str) -> str:
    return f"None if {left} is None else {_plain_margin(left, operator, right)}"
