"""The compiled form of policies: one Python function, every equal sub-expression written once.

The reference interpreter is the meaning; this is the speed.  They share the truth tables and what reads records,
and property tests hold them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from assay.evaluation import runtime
from assay.evaluation.emit_lists import Truth
from assay.evaluation.emit_truths import Truths
from assay.evaluation.emitter import Emitter
from assay.evaluation.input import Holder, Input
from assay.facts.record import Record
from assay.language import typed
from assay.language.truth import Truth3

_PARTS = {"V": "values", "L": "whole", "M": "measures", "N": "sole", "S": "sections", "T": "runs", "W": "trust"}
_NAMES: dict[str, Any] = {
    "Record": Record,
    "NOBODY": Holder.NOBODY,
    "NOTHING": {},
    "EMPTY": frozenset(),
    **{name: getattr(runtime, name) for name in dir(runtime) if not name.startswith("_")},
}


Finding = tuple[Truth3, tuple[Any, ...], float | None]
"""One rule's truth, the values that it looked at, and its margin in the value's unit."""


class Program:
    """Compiled rules.

    `truths(input)` gives the truth of every rule (`not when or test`), in their order; `findings(input)` gives them
    with what was looked at and by how much each held or missed.
    """

    __slots__ = ("findings", "rules", "source", "truths")

    def __init__(self, rules: tuple[typed.Rule, ...]) -> None:
        self.rules = rules
        self.truths: Callable[[Input], list[Truth3]]
        self.truths, self.source = _function(rules, _result_of_truths)
        self.findings: Callable[[Input], list[Finding]] = self._first_findings

    def _first_findings(self, input_: Input) -> list[Finding]:
        """Compiled when it is first asked for."""
        self.findings, _ = _function(self.rules, _result_of_findings)
        return self.findings(input_)


def compile_rules(rules: tuple[typed.Rule, ...]) -> Program:
    """Compile rules into one function of an input."""
    return Program(rules)


def _function(rules: tuple[typed.Rule, ...], result: Callable[[list[Truth]], str]) -> tuple[Any, str]:
    emitter = Emitter()
    writer = Truths(emitter)
    found = [_rule(rule, writer, emitter) for rule in rules]
    body, returned = emitter.body(), result(found)
    source = f"def decide(I):\n{_header(body + returned)}{body}\n    return {returned}\n"
    space = {**_NAMES, **emitter.constants}
    # the text is our own: names from a policy stand in it as Python's own literals, constants are bound by name
    exec(compile(source, "<compiled policy>", "exec"), space)  # noqa: S102
    return space["decide"], source


def _header(text: str) -> str:
    """The parts of the record, and of the champion, that the text reads."""
    words = set(re.findall(r"\b(?:C?[VLMNSTW]|A|now|has_champion)\b", text))
    ours = ["R = I.record", *(f"{name} = R.{part}" for name, part in _PARTS.items() if name in words)]
    ours += ["A = I.accepted"] if "A" in words else []
    ours += ["now = I.now"] if "now" in words else []
    theirs = {f"C{name}": part for name, part in _PARTS.items() if f"C{name}" in words}
    lines = [f"    {'; '.join(ours)}"]
    if theirs or "has_champion" in words:
        there = "; ".join([*(f"{name} = C.{part}" for name, part in theirs.items()), "has_champion = True"])
        absent = "".join(f"{name} = " for name in theirs) + "NOTHING; has_champion = False if C is NOBODY else None"
        lines += [
            "    C = I.champion",
            "    if type(C) is Record:",
            f"        {there}",
            "    else:",
            f"        {absent if theirs else absent.removeprefix('NOTHING; ')}",
        ]
    return "\n".join(lines) + "\n"


def _rule(rule: typed.Rule, writer: Truths, emitter: Emitter) -> Truth:
    test = writer.truth(rule.test)
    if rule.guard is None:
        return test
    guard = writer.truth(rule.guard)
    var = emitter.name("r")
    emitter.line(
        0,
        f"{var} = True if {test.var} is True or {guard.var} is False else False if {test.var} is False and {guard.var} is True else None",
    )
    return Truth(var, 0, test.seen, test.margin)


def _result_of_truths(found: list[Truth]) -> str:
    return "[" + ", ".join(t.var for t in found) + "]"


def _result_of_findings(found: list[Truth]) -> str:
    return "[" + ", ".join(f"({t.var}, ({''.join(s + ', ' for s in t.seen)}), {t.margin})" for t in found) + "]"
