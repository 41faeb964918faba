"""Makes logs of Inspect with a solver that answers by itself: `python make_inspect.py FOLDER`, where inspect-ai is installed.

Each of `RUNS` as JSON and as `.eval`, and in `objects.json` what `record_from` makes of the objects.  The tokenizer is a stub, since the
real one is fetched.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import tiktoken
from inspect_ai import Task, task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log, write_eval_log
from inspect_ai.scorer import Score, accuracy, grouped, match, scorer, stderr
from inspect_ai.solver import solver

CASES = 40


class _Words:
    """Counts words in the place of tokens."""

    def encode(self, text: str, **_: Any) -> list[int]:
        return list(range(len(text.split())))


@solver
def answers(wrong: int = 5, broken: bool = False) -> Any:
    """Answers wrongly every so many cases."""

    async def solve(state: Any, generate: Any) -> Any:
        number = int(state.input.split()[-1])
        if broken and number % 10 == 3:
            raise RuntimeError("the tool was not there")
        state.output.completion = str(number % 2 if number % wrong else 1 - number % 2)
        return state

    return solve


@scorer(metrics=[accuracy(), stderr(cluster="topic"), grouped(accuracy(), "topic")])
def by_topic() -> Any:
    """Right or wrong, with a number for each topic and clusters by it."""

    async def score(state: Any, target: Any) -> Any:
        return Score(value="C" if state.output.completion == target.text else "I")

    return score


@scorer(metrics=[accuracy(), stderr()])
def silent() -> Any:
    """Says nothing of some cases."""

    async def score(state: Any, target: Any) -> Any:
        return None if int(state.input.split()[-1]) % 20 == 7 else Score(value="C")

    return score


def dataset() -> MemoryDataset:
    """Forty cases in two topics."""
    samples = [
        Sample(input=f"say {n}", target=str(n % 2), id=f"case-{n:02}", metadata={"topic": f"t{n % 2}"})
        for n in range(CASES)
    ]
    return MemoryDataset(samples, name="digits")


@task
def plain(wrong: int = 5, broken: bool = False) -> Task:
    """Cases that are right or wrong."""
    return Task(dataset=dataset(), solver=answers(wrong, broken), scorer=match(location="exact"))


@task
def topics() -> Task:
    """With groups, clusters, and a scorer that is silent."""
    return Task(dataset=dataset(), solver=answers(), scorer=[by_topic(), silent()])


RUNS: dict[str, tuple[Any, dict[str, Any]]] = {
    "champion": (lambda: plain(3), {"temperature": 0.0}),
    "candidate": (lambda: plain(3), {"temperature": 0.0}),
    "topics": (topics, {}),
    "partial": (lambda: plain(broken=True), {"fail_on_error": 0.5}),
    "error": (lambda: plain(broken=True), {}),
    "limited": (plain, {"limit": 7}),
    "epochs": (plain, {"epochs": 3}),
}


def main(folder: Path) -> None:
    """Make them."""
    from letpass import record_from

    tiktoken.get_encoding = lambda _: _Words()  # type: ignore[assignment, return-value]
    objects: dict[str, Any] = {}
    for name, (made, how) in RUNS.items():
        (log,) = evaluate(
            made(), model="mockllm/model", log_dir=str(folder / "logs"), log_format="eval", display="none", **how
        )
        shutil.copy(log.location, folder / f"{name}.eval")
        whole = read_eval_log(log.location)
        write_eval_log(whole, str(folder / f"{name}.json"))
        try:
            objects[name] = record_from(whole)
        except ValueError as error:
            objects[name] = str(error)
    (folder / "objects.json").write_text(json.dumps(objects))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
