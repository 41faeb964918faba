"""A metric against the champion's, case by case."""

from __future__ import annotations

from random import Random

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts.record import Record
from tests.benchmarks.timing import medians, over
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy, record
from tests.properties.versions import CASES, outcomes

TEXT = """
policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, on "A"
require no-worse: accuracy >= champion.accuracy - 3 points paired at 95% confidence
"""
SIZES = (1_000, 10_000, 100_000)


def inputs(cases: int) -> list[Input]:
    """Some candidates beside one champion, nine in ten cases right."""
    random = Random(cases)

    def version(name: str) -> Record:
        right = [random.random() < 0.9 for _ in range(cases)]
        share = sum(right) / cases
        piece = {"value": share, "samples": cases, "successes": sum(right), "data_set": "A"}
        piece["outcomes"] = {"cases": CASES[0], "right": outcomes(right)}
        return record({"model": "m", "version": name, "metrics": {"accuracy": piece}})

    champion = version("0")
    return [Input(version(str(n)), MOVE, NOW, champion) for n in range(1, 9)]


def main(rounds: int) -> None:
    """Microseconds of a verdict, and of an explained one."""
    rules = policy(TEXT).rules
    program = compile_rules(rules)
    print(f"\n{'cases':>9}  {'paired us':>9}  {'explained us':>12}")
    for cases in SIZES:
        given = inputs(cases)
        assert program.truths(given[0]) == [judge_rule(rules[0], given[0], Interpreter(given[0])).truth]
        found = medians(
            {
                "verdict": over(program.truths, given),
                "explained": over(lambda one: judge_rule(rules[0], one, Interpreter(one)), given),
            },
            rounds,
            20,
        )
        print(f"{cases:9,}  {found['verdict'] / len(given):9.1f}  {found['explained'] / len(given):12.1f}")
