"""The shipped policies: where they lie, what one of them needs, and how the first of them is fitted to a project."""

from __future__ import annotations

import json
import os.path
from pathlib import Path

import letpass
from letpass.authoring.cases.reading import SUFFIX, from_disk, load
from letpass.diagnostics import ScaffoldError, Source
from letpass.language import syntax
from letpass.language.formatter import format_text
from letpass.language.parser import parse
from letpass.project import policyset

PROMOTION = "promotion/production.policy"
HIGH_RISK = "promotion/high-risk.policy"
METRICS = "shared/metrics.policy"
PEOPLE = "risk-class"
"""The rule of the first policy that nobody can meet where nobody can sign."""
LEFT_OUT = """
# Left out, since without a trust file nobody can sign: the rule `risk-class` of the library, by which the risk office
# signs that a risk class below high is right.  `policy trust init` begins a trust file.
"""
Texts = dict[str, str]
"""Texts by their paths, relative to the folder of the policies."""


def folder() -> Path:
    """Where the library is: in the installed package, else in the checkout that it lies in; raises `ScaffoldError`."""
    package = Path(letpass.__file__).parent
    for place in (package / "library", package.parents[1] / "policies"):
        if (place / METRICS).is_file():
            return place
    raise ScaffoldError.of(
        "GATE011", "this installation lacks the library of policies", help="install the package again"
    )


def needed(*names: str) -> Texts:
    """Policies of the library with their cases, and whatever these and those use."""
    library = folder()
    found: Texts = {}
    waiting = [name for policy in names for name in (policy, _beside(policy))]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        path = library / name
        found[name] = from_disk(path).replace("\r\n", "\n")
        if name.endswith(policyset.SUFFIX):
            text, _ = parse(Source(name, found[name]))
            waiting += [_joined(name, s.file) for s in text.statements if isinstance(s, syntax.Use)]
        elif name.endswith(SUFFIX):
            held = [h for c in load(path).cases for h in (c.record, c.champion) if isinstance(h, dict)]
            waiting += [_joined(name, str(h["from"])) for h in held if "from" in h]
    return found


def first(stage: str, *, people: bool, risk: bool) -> Texts:
    """The first policies of a project, for promotions to a stage.

    people: some can sign, or will, else the rule that needs them is left out · risk: records have a risk class or are still to
    come, and people who sign make rules for high risk worth having.
    """
    found = needed(PROMOTION, *([HIGH_RISK] if people and risk else []))
    if not people:
        found[PROMOTION] = without(found[PROMOTION], PEOPLE) + LEFT_OUT
        found[_beside(PROMOTION)] = _without_people(found[_beside(PROMOTION)])
        used = {name for name in found if name.endswith(policyset.SUFFIX)} - {"shared/risk.policy"}
        found = {name: text for name, text in found.items() if name in used or not name.endswith(policyset.SUFFIX)}
    if stage != "production":
        found = {name: _on(stage, name, text) for name, text in found.items()}
    return found


def without(text: str, label: str) -> str:
    """A policy without one rule, the comment right before it, and the files that only that rule needs."""
    tree, _ = parse(Source("", text))
    rules = list(tree.statements)
    at = next(n for n, s in enumerate(rules) if isinstance(s, syntax.Rule) and s.label == label)
    before = rules[at - 1].span.end
    heads = [c.span.start for c in tree.comments if before < c.span.start < rules[at].span.start]
    text = text[: min([*heads, rules[at].span.start])] + text[rules[at].span.end :]
    if "high_risk" not in text:
        text = text.replace('use "../shared/risk.policy"\n', "")
    return format_text(Source("", text))


def _without_people(cases: str) -> str:
    """Cases without those in which somebody signs: they are about the rule that is left out."""
    begin, *rest = cases.split("\n- name:")
    kept = [begin, *[c for c in rest if "\n  signed:" not in c and PEOPLE not in c]]
    return "\n- name:".join(kept).rstrip("\n") + "\n"


def _on(stage: str, name: str, text: str) -> str:
    """A policy or its cases, about another stage."""
    if name.endswith(policyset.SUFFIX):
        return format_text(Source(name, text.replace("on promotion to production", f'on promotion to "{stage}"')))
    move = json.dumps(f"promotion to {stage}", ensure_ascii=False)
    return text.replace("move: promotion to production", f"move: {move}")


def _beside(policy: str) -> str:
    return f"{policy.removesuffix(policyset.SUFFIX)}{SUFFIX}"


def _joined(name: str, other: str) -> str:
    return os.path.normpath(str(Path(name).parent / other)).replace("\\", "/")
