"""What it costs to read files of tools that evaluate: megabytes a second, and how many times `json.loads` of the same bytes."""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from letpass.evidence.detecting import chosen
from letpass.evidence.interface import Asked, reader
from letpass.evidence.sources import Content
from tests.evidence import evaluations as made

TEXT = "Which of these is the greater one, and by how much? Say the number alone, in digits, and nothing besides it. "
"""What stands in the place of a question and of an answer."""


def files(cases: int) -> dict[str, tuple[str, bytes, dict[str, bytes]]]:
    """By a name the format of a file, its bytes, and its samples where it has some; each is of so many cases."""
    random = Random(5)
    right = [random.random() < 0.8 for _ in range(cases)]
    samples = [{**line, "doc": {"question": TEXT * 4}, "resps": [[TEXT]]} for line in made.lm_samples(right)]
    log = made.log(right)
    for sample in log["samples"]:
        sample |= {
            "messages": [{"role": "user", "content": TEXT * 3}, {"role": "assistant", "content": TEXT}],
            "events": [],
        }
    tests = [made.foo_test("good" if good else "bad", f"{n} {TEXT}") for n, good in enumerate(right)]
    report = [
        *made.garak(made.attack())[:-1],
        *({"entry_type": "attempt", "prompt": TEXT * 3, "outputs": [TEXT] * 5} for _ in right),
        made.garak()[-1],
    ]
    met = [made.expectation(good, cases) for good in right]
    numbers = {f"RowCount(column={n})": float(n) for n in range(cases)}
    return {
        "lm-eval with samples": (
            "lm-eval",
            made.dumped(made.lm_results({"sums": samples})),
            {"s": made.lined(samples)},
        ),
        "inspect, JSON": ("inspect", made.dumped(log), {}),
        "inspect, .eval": ("inspect", made.archive(log), {}),
        "promptfoo": ("promptfoo", made.dumped(made.foo_results(tests)), {}),
        "garak": ("garak", made.lined(report), {}),
        "great-expectations": ("great-expectations", made.dumped(made.validation(*met)), {}),
        "evidently": ("evidently", made.dumped(made.report("SUCCESS", metrics=numbers)), {}),
    }


def read(format_: str, data: bytes, samples: dict[str, bytes]) -> Any:
    """What `policy evidence add` does with the bytes of a file: its format is told, and it is read."""
    whole = Content(data)
    assert chosen("file.json", whole) == format_
    return reader(format_)(whole, Asked(suite="S", samples=samples))


def figures(cases: int, rounds: int) -> dict[str, tuple[float, float, float]]:
    """Of each file megabytes, megabytes a second, and the multiple of `json.loads` of the same bytes in the same round."""
    found = {}
    for name, (format_, data, samples) in files(cases).items():
        size = (len(data) + sum(map(len, samples.values()))) / 1e6
        took = [
            (_seconds(partial(read, format_, data, samples)), _seconds(partial(_loads, data, samples)))
            for _ in range(rounds)
        ]
        own = statistics.median(one for one, _ in took)
        found[name] = (size, size / own, statistics.median(one / other for one, other in took))
    return found


def _loads(data: bytes, samples: dict[str, bytes]) -> None:
    if data[:1] == b"{":
        for part in data.split(b"\n"):
            if part:
                json.loads(part)
    for lines in samples.values():
        for line in lines.split(b"\n"):
            if line:
                json.loads(line)


def _seconds(task: Callable[[], Any]) -> float:
    """Seconds of the processor, which others that run beside do not take."""
    gc.collect()
    begun = time.process_time()
    task()
    return max(time.process_time() - begun, 1e-6)


def main(rounds: int, cases: int = 8_000) -> None:
    """Print them."""
    print(f"\n{'evaluations':24}{'MB':>8}{'MB/s':>8}  as multiples of json.loads")
    for name, (size, rate, ratio) in figures(cases, rounds).items():
        shown = f"  {ratio:.2f} x" if not name.endswith(".eval") else ""
        print(f"{name:24}{size:8.1f}{rate:8.1f}{shown}")
