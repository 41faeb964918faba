"""The compiled form of policies: one Python function for a set of rules.

The formulas of `semantics/` are the meaning that is printed; the reference interpreter is the one that this is held to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import inf, nan
from typing import Any

from letpass.evaluation import runtime
from letpass.evaluation.body import parts_of
from letpass.evaluation.input import Input
from letpass.evaluation.loops import NotCompiledError, Printer
from letpass.facts.record import AtLeast, Holder, Record
from letpass.frozen import Frozen
from letpass.globs import consists
from letpass.language.rules import Rule
from letpass.language.truth import Truth3
from letpass.semantics.formula import FALSE, Formula
from letpass.semantics.lowering import Lowering
from letpass.semantics.meaning import Meaning

__all__ = ["NotCompiledError", "Program", "compile_rules"]

_NAMES: dict[str, Any] = {
    "Record": Record,
    "AtLeast": AtLeast,
    "NOBODY": Holder.NOBODY,
    "Z": {},
    "EMPTY": frozenset(),
    "MOST": 1.7976931348623157e308,
    "inf": inf,
    "nan": nan,
    "consists": consists,
    **{name: getattr(runtime, name) for name in runtime.__all__},
}


class Program:
    """Compiled rules, as functions of an input.

    truths: the truth of every rule (`not when or test`), in their order · missed: the places of the rules that are not true,
    which takes half as long; it is written when it is first asked for.
    """

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        lowering = Lowering()
        self._meanings = [lowering.rule(rule) for rule in rules]
        self.truths: Callable[[Input], list[Truth3]] = _function(self._meanings, TRUTHS)

    @cached_property
    def missed(self) -> Callable[[Input], list[int]]:
        """The function that gives the places of the rules that are not true."""
        missed: Callable[[Input], list[int]] = _function(self._meanings, MISSED)
        return missed


class Form(Frozen):
    """What a function gives: of each rule the formulas that it asks, and lines; and its result."""

    asks: Callable[[Meaning], tuple[Formula, ...]]
    begin: str
    rule: Callable[[int, Printer, Meaning], str]
    result: Callable[[int], str]


def _truth(number: int, printer: Printer, meaning: Meaning) -> str:
    holds = printer.expression(meaning.holds)
    fails = "None" if meaning.fails == FALSE else f"False if {printer.expression(meaning.fails)} else None"
    return f"y{number} = True if {holds} else {fails}"


TRUTHS = Form(
    lambda meaning: (meaning.holds, meaning.fails),
    "",
    _truth,
    lambda count: f"[{', '.join(f'y{n}' for n in range(count))}]",
)
MISSED = Form(
    lambda meaning: (meaning.holds,),
    "out = []",
    lambda number, printer, meaning: f"if not {printer.expression(meaning.holds)}: out.append({number})",
    lambda _: "out",
)


def compile_rules(rules: tuple[Rule, ...]) -> Program:
    """Compile rules into functions of an input; raises `NotCompiledError` where too many lists lie inside each other."""
    return Program(rules)


def _function(meanings: list[Meaning], form: Form) -> Any:
    source, constants = printed(meanings, form)
    space = {**_NAMES, **constants}
    # the text is our own: names from a policy stand in it as Python's own literals, constants are bound by name
    exec(compile(source, "<compiled policy>", "exec"), space)  # noqa: S102
    return space["decide"]


def printed(meanings: list[Meaning], form: Form) -> tuple[str, dict[str, Any]]:
    """The text of the function that asks so many conditions, and the values of the names in it that are no policy's."""
    printer = Printer([asked for meaning in meanings for asked in form.asks(meaning)])
    for number, meaning in enumerate(meanings):
        printer.line(form.rule(number, printer, meaning))
    lines = [*parts_of(printer.parts), *([form.begin] if form.begin else []), *printer.blocks[0].lines]
    lines.append(f"return {form.result(len(meanings))}")
    source = "def decide(I):\n" + "".join(f"    {line}\n" for line in lines)
    return source, printer.constants
