"""Comparisons with confidence have one truth in every engine, and each of the three for some records."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.language.rules import Rule
from letpass.semantics.lowering import Lowering
from tests.properties.generate import COMPARE, NOW
from tests.properties.judging import MOVE, policy, record
from tests.properties.versions import Versions
from tests.semantics.formulas import Walker

DECLARED = """
metric share: ratio, on "A"
metric percent: ratio in %, on "A"
metric latency: duration in ms, on "A"
metric score: number, on "A"
"""
LEVELS = ("50%", "80%", "95%", "99.9%")


class Conditions:
    """Conditions of every form, made at random."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def level(self) -> str:
        over = f" over {self.random.choice((1, 3, 5))} tries" if self.random.random() < 0.4 else ""
        return f" at {self.random.choice(LEVELS)} confidence{over}"

    def of_shares(self) -> str:
        """Behind the champion's value of a share."""
        margin = self.random.choice(
            ("", " - 1 point", " - 3 points", " - 20 points", " + 1 point", " * 98%", " * 1.02")
        )
        paired = " paired" if "*" not in margin and self.random.random() < 0.4 else ""
        return margin + paired + self.level()

    def condition(self) -> str:
        operator, kind = self.random.choice(COMPARE), self.random.randrange(7)
        name = self.random.choice(("share", "percent"))
        if kind == 0:
            return f"{name} {operator} {self.random.choice(('50%', '80%', '88%', '99%'))} corrected for its judge{self.level()}"
        if kind == 1:
            return f"{name} {operator} {self.random.choice(('0%', '50%', '88%', '99%', '100%'))}{self.level()}"
        if kind == 2:
            margin = self.random.choice(("", " * 105%", " * 0.95", " + 1 ms", " - 0.5 ms"))
            return f"latency {operator} champion.latency{margin}{self.level()}"
        if kind == 3:
            return f"score {operator} champion.score{self.random.choice(('', ' - 1', ' * 105%'))}{self.level()}"
        if kind == 4:
            return f"all {name}.slices have value {operator} champion.value{self.of_shares()}"
        if kind == 5:
            return f"champion.{name} {operator} {name}{self.level()}"
        return f"{name} {operator} champion.{name}{self.of_shares()}"


def rules(random: Random, count: int) -> tuple[tuple[str, ...], tuple[Rule, ...]]:
    """Conditions and the rules that ask them, some of them of a service and some turned round."""
    made = Conditions(random)
    texts = []
    for _ in range(count):
        text = made.condition()
        if random.random() < 0.1:
            text = f'{text} attested by "eval-ci"'
        texts.append(f"not ({text})" if random.random() < 0.2 else text)
    whole = 'policy gate: "Gate"\n  on promotion to production\n' + DECLARED
    return tuple(texts), policy(whole + "".join(f"require r{n}: {text}\n" for n, text in enumerate(texts))).rules


@pytest.mark.parametrize("seed", range(12))
def test_every_engine_says_the_same_of_comparisons_with_confidence(seed: int) -> None:
    """The interpreter, the generated Python, and formulas looked through node by node."""
    random = Random(seed)
    texts, asked = rules(random, 12)
    program, lowering = compile_rules(asked), Lowering()
    meanings = [lowering.rule(rule) for rule in asked]
    for _ in range(12):
        ours, theirs = Versions(random).pair()
        given = Input(record(ours), MOVE, NOW, record(theirs))
        interpreter = Interpreter(given)
        told = [judge_rule(rule, given, interpreter).truth for rule in asked]

        assert dict(zip(texts, program.truths(given), strict=True)) == dict(zip(texts, told, strict=True))
        assert [Walker(given).truth(meaning) for meaning in meanings] == told


def test_every_form_comes_to_every_truth() -> None:
    """Or else the property above would hold nothing."""
    random, counted = Random(7), Counter[tuple[str, object]]()
    for _ in range(60):
        _, asked = rules(random, 12)
        program = compile_rules(asked)
        for _ in range(4):
            ours, theirs = Versions(random, odd=0.0).pair()
            for rule, truth in zip(asked, program.truths(Input(record(ours), MOVE, NOW, record(theirs))), strict=True):
                counted[_form(rule.text), truth] += 1
    forms = ("judge", "slices", "paired", "tries", "latency", "constant", "other")
    assert {(form, truth) for form in forms for truth in (True, False, None)} <= counted.keys(), counted


def _form(text: str) -> str:
    words = {"judge": "judge", "slices": "slices", "paired": "paired", "tries": "tries", "latency": "latency"}
    return next((form for word, form in words.items() if word in text), "other" if "champion" in text else "constant")
