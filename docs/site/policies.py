"""The page of a shipped policy: what it governs, its rules with their reasons and remedies, its cases, its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml

from letpass.evaluation.telling import duration
from letpass.facts.schema import VOCABULARY
from letpass.facts.values import moment
from letpass.language.rules import Policy, Rule
from letpass.project.policyset import load


def page(folder: Path, file: Path) -> str:
    """One policy as Markdown; a file that only declares is shown as it is."""
    text = file.read_text(encoding="utf-8")
    lines = (
        [*_policy(found, file)] if (found := _checked(folder).get(file)) else [f"# {file.stem}", "", *_remarks(text)]
    )
    return "\n".join([*lines, "", "## The file", "", *_fence(text)]) + "\n"


@cache
def _checked(folder: Path) -> dict[Path, Policy]:
    """Every policy of the library by its file."""
    found = load((folder,), VOCABULARY, warn=False).policies
    return {Path(policy.rules[0].span.source.name): policy for policy in found}


def _policy(policy: Policy, file: Path) -> Iterator[str]:
    yield f"# {_plain(policy.title)}"
    yield ""
    governs = ", ".join(str(m) for m in policy.moves)
    yield f"`{policy.name}` governs {governs}" + (f"; its owner is {_plain(policy.owner)}." if policy.owner else ".")
    if policy.approved is not None:
        yield ""
        yield f"A move that was made keeps its approval for {duration(policy.approved)}."
    if policy.applies is not None:
        yield ""
        yield "It applies when"
        yield from ("", *_fence(policy.applies.span.text))
    yield from ("", "## Rules")
    for rule in policy.rules:
        yield ""
        yield from _rule(rule)
    cases = file.with_name(f"{file.stem}.cases.yaml")
    if cases.is_file():
        yield from (
            "",
            "## Cases",
            "",
            "A test judges each.",
            "",
            "| a model version with | verdict | blocks |",
            "| --- | --- | --- |",
        )
        for case in yaml.safe_load(cases.read_text(encoding="utf-8")):
            blocks = ", ".join(f"`{label}`" for label in case.get("blocks", ()))
            yield f"| {_plain(case['name'])} | {case['expect']} | {blocks} |"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.label or rule.text}"
    yield ""
    yield from _fence(rule.text + (f"\n  when {rule.guard.span.text}" if rule.guard is not None else ""))
    told = []
    if rule.because:
        told.append(f"Because {_plain(rule.because)}.")
    if rule.fix:
        told.append(f"Where it does not hold: {_plain(rule.fix)}.")
    if rule.advice:
        told.append("It is advice, and blocks nothing.")
    if rule.since is not None:
        told.append(f"It is in force from {moment(rule.since)}.")
    if rule.waivable is not None:
        most = f" for at most {duration(rule.waivable.microseconds)}" if rule.waivable.microseconds else ""
        told.append(f"Role `{rule.waivable.role}` may waive it{most}.")
    yield from ("", " ".join(told))


def _remarks(text: str) -> list[str]:
    """The comment that a file begins with."""
    found = re.match(r"(?:# .*\n)*", text)
    return [_plain(line.removeprefix("# ")) for line in found[0].splitlines()] if found else []


def _fence(text: str) -> list[str]:
    return ["```policy", text.rstrip("\n"), "```"]


def _plain(text: str) -> str:
    """Text as Markdown that shows it, code between backticks left as it is."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([\\*_<>\[\]|#&~])", r"\\\1", p) for p in parts)
