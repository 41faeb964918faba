"""The compiled form of policies: one Python function, every equal sub-expression written once.

The reference interpreter is the meaning; this is the speed.  They share the truth tables and what reads records,
and property tests hold them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from letpass.evaluation import runtime
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.emit_lists import Truth
from letpass.evaluation.emit_truths import Truths
from letpass.evaluation.emitter import Emitter
from letpass.evaluation.input import Input
from letpass.facts.record import Holder, Record
from letpass.frozen import Frozen
from letpass.language import typed
from letpass.language.truth import Truth3

_PARTS = {"V": "values", "L": "whole", "M": "measures", "N": "sole", "S": "sections", "T": "runs", "W": "trust"}
_NAMES: dict[str, Any] = {
    "Record": Record,
    "Counterparts": Counterparts,
    "NOBODY": Holder.NOBODY,
    "NOTHING": {},
    "EMPTY": frozenset(),
    **{name: getattr(runtime, name) for name in dir(runtime) if not name.startswith("_")},
}


Finding = tuple[Truth3, tuple[Any, ...], float | None]
"""One rule's truth, the values that it looked at, and its margin in the value's unit."""


class Program:
    """Compiled rules, as functions of an input; each is written when it is first asked for.

    truths: the truth of every rule (`not when or test`), in their order · missed: the places of the rules that are not
    true · holds: are all rules true; stops at the first that is not · findings: every rule's truth with what was looked
    at and by how much it held or missed.
    """

    def __init__(self, rules: tuple[typed.Rule, ...]) -> None:
        self.rules = rules
        self.truths: Callable[[Input], list[Truth3]]
        self.truths, self.source = _function(rules, _TRUTHS)

    def __getattr__(self, name: str) -> Any:
        if name not in _FORMS:
            raise AttributeError(name)
        function, _ = _function(self.rules, _FORMS[name])
        setattr(self, name, function)
        return function

    if TYPE_CHECKING:
        missed: Callable[[Input], list[int]]
        holds: Callable[[Input], bool]
        findings: Callable[[Input], list[Finding]]


class _Form(Frozen):
    """What a function gives: its first line, a line behind each rule, and its result."""

    begin: str
    behind: Callable[[int, Truth], str]
    result: Callable[[list[Truth]], str]


def _nothing(_: int, __: Truth) -> str:
    return ""


_TRUTHS = _Form("", _nothing, lambda found: "[" + ", ".join(t.var for t in found) + "]")
_FORMS = {
    "missed": _Form("out = []", lambda n, t: f"if {t.var} is not True: out.append({n})", lambda _: "out"),
    "holds": _Form("", lambda _, t: f"if {t.var} is not True: return False", lambda found: str(bool(found))),
    "findings": _Form(
        "",
        _nothing,
        lambda found: (
            "[" + ", ".join(f"({t.var}, ({''.join(s + ', ' for s in t.seen)}), {t.margin})" for t in found) + "]"
        ),
    ),
}


def compile_rules(rules: tuple[typed.Rule, ...]) -> Program:
    """Compile rules into one function of an input; raises `NotCompiledError` where it would not give the interpreter's answers."""
    return Program(rules)


def _function(rules: tuple[typed.Rule, ...], form: _Form) -> tuple[Any, str]:
    emitter = Emitter()
    writer = Truths(emitter)
    if form.begin:
        emitter.line(0, form.begin)
    found = []
    for number, rule in enumerate(rules):
        found.append(_rule(rule, writer, emitter))
        if behind := form.behind(number, found[-1]):
            emitter.line(0, behind)
    body, returned = emitter.body(), form.result(found)
    source = f"def decide(I):\n{_header(body + returned)}{body}\n    return {returned}\n"
    space = {**_NAMES, **emitter.constants}
    # the text is our own: names from a policy stand in it as Python's own literals, constants are bound by name
    exec(compile(source, "<compiled policy>", "exec"), space)  # noqa: S102
    return space["decide"], source


def _header(text: str) -> str:
    """The parts of the record, and of the champion, that the text reads."""
    words = set(re.findall(r"\b(?:C?[VLMNSTW]|A|Q|now|has_champion)\b", text))
    ours = ["R = I.record", *(f"{name} = R.{part}" for name, part in _PARTS.items() if name in words)]
    ours += ["A = I.accepted"] if "A" in words else []
    ours += ["Q = Counterparts(I)"] if "Q" in words else []
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
