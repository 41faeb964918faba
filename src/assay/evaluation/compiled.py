"""The compiled form of policies: one Python function, every equal sub-expression written once.

The reference interpreter is the meaning; this is the speed.  They share the truth tables and what reads records,
and property tests hold them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assay.evaluation import runtime
from assay.evaluation.emit_truths import Truth, Truths
from assay.evaluation.emitter import Emitter
from assay.evaluation.input import Holder, Input
from assay.facts.record import Record
from assay.facts.values import Unreadable
from assay.language import typed
from assay.language.truth import Truth3

_HEADER = "V = R.values; L = R.lists; M = R.measures; S = R.sections; W = R.trust"
_CHAMPION = (
    "if type(C) is Record:\n"
    "    CV = C.values; CL = C.lists; CM = C.measures; CS = C.sections; CW = C.trust; has_champion = True\n"
    "else:\n"
    "    CV = CL = CM = CS = CW = NOTHING; has_champion = False if C is NOBODY else None"
)
_NAMES: dict[str, Any] = {
    "Record": Record,
    "NOBODY": Holder.NOBODY,
    "NOTHING": {},
    "Unreadable": Unreadable,
    **{name: getattr(runtime, name) for name in dir(runtime) if not name.startswith("_")},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's truth, the values that it looked at, and its margin in the value's unit."""

    truth: Truth3
    seen: tuple[Any, ...]
    margin: float | None


@dataclass(frozen=True, slots=True)
class Program:
    """Compiled rules.  `truths(input)` gives one truth a rule, in their order; `findings(input)` with values."""

    rules: tuple[typed.Rule, ...]
    _truths: Callable[..., list[Truth3]]
    _findings: Callable[..., list[tuple[Truth3, tuple[Any, ...], float | None]]]
    source: str = field(default="", repr=False)

    def truths(self, input_: Input) -> list[Truth3]:
        """The truth of every rule: `not when or test`."""
        return self._truths(input_.record, input_.champion, input_.accepted, input_.now)

    def findings(self, input_: Input) -> list[Finding]:
        """Every rule's truth with what it looked at and by how much it held or missed."""
        return [Finding(*f) for f in self._findings(input_.record, input_.champion, input_.accepted, input_.now)]


def compile_rules(rules: tuple[typed.Rule, ...]) -> Program:
    """Compile rules into one function of a record, its champion, the accepted statements and the clock."""
    truths, source = _function(rules, _result_of_truths)
    findings, _ = _function(rules, _result_of_findings)
    return Program(rules, truths, findings, source)


def _function(rules: tuple[typed.Rule, ...], result: Callable[[list[Truth]], str]) -> tuple[Any, str]:
    emitter = Emitter()
    writer = Truths(emitter)
    found = [_rule(rule, writer, emitter) for rule in rules]
    body = emitter.body()
    needs_champion = any(word in body for word in ("CV.", "CL.", "CM.", "CS.", "CW.", "has_champion"))
    header = f"{_HEADER}\n{_CHAMPION}" if needs_champion else _HEADER
    indented = "\n".join(f"    {line}" for line in header.split("\n"))
    source = f"def decide(R, C, A, now):\n{indented}\n{body}\n    return {result(found)}\n"
    space = {**_NAMES, **emitter.constants}
    # the text is our own: names from a policy stand in it as Python's own literals, constants are bound by name
    exec(compile(source, "<compiled policy>", "exec"), space)  # noqa: S102
    return space["decide"], source


def _rule(rule: typed.Rule, writer: Truths, emitter: Emitter) -> Truth:
    test = writer.truth(rule.test)
    if rule.guard is None:
        return test
    guard = writer.truth(rule.guard)
    var = emitter.name("r")
    emitter.line(0, f"{var} = True if {test.var} is True or {guard.var} is False else False if {test.var} is False and {guard.var} is True else None")
    return Truth(var, 0, test.seen, test.margin)


def _result_of_truths(found: list[Truth]) -> str:
    return "[" + ", ".join(t.var for t in found) + "]"


def _result_of_findings(found: list[Truth]) -> str:
    return "[" + ", ".join(f"({t.var}, ({''.join(s + ', ' for s in t.seen)}), {t.margin})" for t in found) + "]"
