"""Workflow commands of GitHub Actions: annotations, what blocks first.

A step shows ten errors, ten warnings and ten notices, and drops the rest unsaid: so the tenth says how many more there
are.  Of a line the runner takes for a command what begins with `::`, and, of old, `##[` anywhere; in data `%`, CR and LF
are escaped, in properties `:` and `,` too (actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Iterator

from letpass.diagnostics import clean
from letpass.reports.findings import Finding, Weight, findings
from letpass.reports.interface import VERDICTS, Report
from letpass.reports.words import summary, target

MOST = 10  # annotations of one level in a step
LONGEST = 2_000  # characters of a message; an annotation ends at 4 KB
_LEVELS = {
    Weight.FAULT: "error",
    Weight.DENIES: "error",
    Weight.BLOCKS: "error",
    Weight.WARNS: "warning",
    Weight.TELLS: "notice",
}


def render(report: Report) -> str:
    """An annotation a line, one for the verdict of each model last."""
    levels: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for finding in findings(report):
        levels[_LEVELS[finding.weight]].append(_annotation(finding))
    verdicts = list(_verdicts(report))
    lines = []
    for level, found in levels.items():
        most = MOST if level != "notice" else MOST - len(verdicts)
        lines += _few(level, found, most)
    return "\n".join([*lines, *verdicts]) + "\n"


def _few(level: str, found: list[str], most: int) -> list[str]:
    if len(found) <= most:
        return found
    return [
        *found[: most - 1],
        command(level, f"and {len(found) - most + 1} more; the summary has them", title="letpass"),
    ]


def _verdicts(report: Report) -> Iterator[str]:
    if len(report.decisions) == 1:
        decision = report.decisions[0]
        said = f"{decision.record.name} → {target(decision)}: {summary(decision)}"
        yield command("notice", said, title=VERDICTS[decision.verdict])
    elif report.decisions:
        counts = [f"{n} {word}" for v, word in VERDICTS.items() if (n := sum(d.verdict is v for d in report.decisions))]
        yield command("notice", f"{len(report.decisions)} models: {', '.join(counts)}", title="letpass")


def _annotation(finding: Finding) -> str:
    where = {"file": finding.places[0].file, "line": finding.places[0].line} if finding.places else {}
    about = f"{finding.model}: " if finding.model else ""
    helps = "".join(f"\nhelp: {h}" for h in finding.help)
    return command(
        _LEVELS[finding.weight],
        f"{about}{finding.message}{helps}",
        **where,
        title=finding.code if finding.rule == finding.code else f"{finding.code} {finding.rule}",
    )


def command(name: str, message: str, **properties: object) -> str:
    """`::NAME KEY=VALUE,…::MESSAGE`, whatever the texts hold."""
    said = ",".join(f"{k}={_property(str(v))}" for k, v in properties.items())
    lines = [clean(line) for line in message.split("\n")]
    return f"::{name}{' ' + said if said else ''}::{_data(_clip(chr(10).join(lines), LONGEST))}"


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(_clip(clean(text), 200)).replace(":", "%3A").replace(",", "%2C")
