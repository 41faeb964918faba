"""Workflow commands of GitHub Actions: annotations, what blocks first.

A step shows ten errors, ten warnings and ten notices, and drops the rest unsaid: so the tenth says how many more there
are.  Of a line the runner takes for a command what begins with `::`, and, of old, `##[` anywhere; in data `%`, CR and LF
are escaped, in properties `:` and `,` too (actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from letpass.diagnostics import clean
from letpass.evaluation.decision import Verdict
from letpass.reports.findings import Finding, Weight, faults, findings
from letpass.reports.interface import VERDICTS, Report
from letpass.reports.ranked import Ranked
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


Part = tuple[list[tuple[Weight, str]], Verdict, str]


def part(report: Report) -> Part:
    """The annotations of one decision, and its verdict, which is one too."""
    decision = report.decision
    said = f"{decision.record.name} → {target(decision)}: {summary(decision)}"
    return _annotations(findings(report)), decision.verdict, command("notice", said, title=VERDICTS[decision.verdict])


class Sheet:
    """An annotation a line, one for the verdict of the model last, or for those of all models."""

    def __init__(self) -> None:
        self._levels = {level: Ranked[str](Weight, MOST) for level in ("error", "warning", "notice")}
        self._verdicts = Counter[Verdict]()
        self._alone = ""

    def add(self, part: Part) -> None:
        """Take the annotations of a decision."""
        annotations, verdict, self._alone = part
        self._take(annotations)
        self._verdicts[verdict] += 1

    def whole(self, end: Report) -> Iterator[str]:
        """The lines, the gravest level first."""
        self._take(_annotations(faults(end)))
        verdict = self._verdict()
        for level, found in self._levels.items():
            most = MOST if level != "notice" or not verdict else MOST - 1
            lines = found.kept()[:most]
            if found.total > most:
                more = found.total - most + 1
                lines[-1] = command(level, f"and {more} more; the summary has them", title="letpass")
            yield from (f"{line}\n" for line in lines)
        if verdict:
            yield f"{verdict}\n"

    def _take(self, annotations: Iterable[tuple[Weight, str]]) -> None:
        for weight, annotation in annotations:
            self._levels[_LEVELS[weight]].add(weight, annotation)

    def _verdict(self) -> str:
        if self._verdicts.total() < 2:
            return self._alone
        counts = [f"{n} {word}" for v, word in VERDICTS.items() if (n := self._verdicts[v])]
        return command("notice", f"{self._verdicts.total()} models: {', '.join(counts)}", title="letpass")


def _annotations(found: Iterable[Finding]) -> list[tuple[Weight, str]]:
    return [(f.weight, _annotation(f)) for f in found]


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
