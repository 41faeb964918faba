"""Print the tables of docs/why-not.md: `python -m tests.comparisons PYTHON`, the Python of an environment with requirements.txt.

A wrong allow is bold.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.comparisons import mlflow_alone, ours
from tests.comparisons.cases import CASES, CASES_OF, Case, draws

HERE = Path(__file__).parent
PEERS = {
    "opa": {name: (HERE / name).read_text(encoding="utf-8") for name in ("deny.rego", "allow.rego", "guarded.rego")},
    "cedar": {
        "forbid": (HERE / "forbidding.cedar").read_text(encoding="utf-8"),
        "permit": (HERE / "rules.cedar").read_text(encoding="utf-8"),
    },
}
TITLES = ("Rego, `deny`", "Rego, `allow`", "Rego, guarded", "Cedar, `forbid`", "Cedar, `permit`", "Letpass")
WORSE = {"as good": 0.0, "3 points worse": 0.03, "5 points worse": 0.05}
DRAWS = 500


def asked(python: str, engine: str, documents: list[tuple[str, str]]) -> list[list[str]]:
    """What an engine answers to documents, each with the rule that it is for: one list for each of its policies."""
    done = subprocess.run(
        [python, str(HERE / f"{engine}.py")],
        input=json.dumps({"policies": PEERS[engine], "documents": documents}),
        capture_output=True,
        text=True,
        check=True,
    )
    return [*json.loads(done.stdout)["answers"].values()]


def row(case: Case, answers: list[str]) -> str:
    """One line of the table."""
    shown = [f"**{a}**" if a == "allow" and not case.good else a for a in answers]
    return f"| {case.name} | {' | '.join(shown)} |"


def table(answers: list[list[str]]) -> str:
    """The first table, three parts of it under the names of their rules; `answers`: a list for each title."""
    lines = [f"| what is brought | {' | '.join(TITLES)} |", f"| --- |{' --- |' * len(TITLES)}"]
    columns = list(zip(*answers, strict=True))
    for rule, text in ours.RULES.items():
        lines.append(f"| `{text.partition(': ')[2]}` |{' |' * len(TITLES)}")
        lines += [row(c, [*a]) for c, a in zip(CASES_OF, columns, strict=True) if c.rule == rule]
    return "\n".join(lines)


def _document(pair: tuple[list[bool], list[bool]]) -> tuple[str, str]:
    one, other = ({"value": sum(right) / CASES, "data_set": "a"} for right in pair)
    return "no_worse", json.dumps({"accuracy": one, "champion": other})


def noise(python: str) -> str:
    """How many of the drawn candidates go through, by the point and by the confidence."""
    plain = ours.PLAIN["no_worse"].partition(": ")[2]
    found = [
        f"| the candidate is truly | Rego | Cedar | Letpass, `{plain}` | the same `at 95% confidence` |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, worse in WORSE.items():
        drawn = draws(worse, DRAWS)
        documents = [_document(pair) for pair in drawn]
        rego, cedar = (asked(python, engine, documents)[-1].count("allow") for engine in ("opa", "cedar"))
        counts = (rego, cedar, ours.passed(drawn, ours.PLAIN), ours.passed(drawn, ours.RULES))
        found.append(f"| {name} | {' | '.join(f'{100 * n / DRAWS:.0f} %' for n in counts)} |")
    return "\n".join(found)


def main(python: str) -> None:
    documents: list[tuple[str, Any]] = [(c.rule, json.dumps(c.document)) for c in CASES_OF]
    print(table([*asked(python, "opa", documents), *asked(python, "cedar", documents), ours.answers()]))
    print()
    print(noise(python))
    print("\n| asked of MLflow alone | answer |\n| --- | --- |")
    for name, answer in mlflow_alone.answers().items():
        print(f"| {name} | {answer} |")


if __name__ == "__main__":
    main(sys.argv[1])
