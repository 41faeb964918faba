"""The pages of the codes, and what their examples give.

The fences of `## Example` give the code, those of `## Instead` do not: `policy` is checked, with a header and a rule
where the snippet has none; `yaml` is read as a record, a second one as the champion's, or as cases where it is a list of
them; where there are both, the move is judged, and `## Instead` may leave out what stays as it was.  Other fences are for
people only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from letpass.authoring.cases import reading
from letpass.diagnostics import Diagnostic, LetpassError, PolicyError, Source
from letpass.evaluation.decision import Decision
from letpass.facts.record import Holder
from letpass.facts.schema import VOCABULARY
from letpass.gate import judgement
from letpass.language.checker import check
from letpass.language.parser import parse
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.registries import files

if TYPE_CHECKING:
    from letpass.facts.record import Record
    from letpass.language import syntax

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "errors").glob("*.md"))
NOW = 1_800_000_000_000_000
Fences = list[tuple[str, str]]
"""The fenced texts of a section: kind and text."""


def sections(page: Path) -> dict[str, str]:
    """The text below each heading."""
    parts = re.split(r"^## (.+)\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fences(page: Path, section: str) -> Fences:
    """The fences below one heading."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", sections(page)[section], flags=re.MULTILINE | re.DOTALL)


def texts(found: Fences, kind: str) -> list[str]:
    """The fences of one kind."""
    return [text for name, text in found if name == kind]


def given(found: Fences) -> tuple[Diagnostic, ...] | Decision | None:
    """What fences give: diagnostics, or the decision on a move; None: they are for people only."""
    policies, records = texts(found, "policy"), texts(found, "yaml")
    if policies and records:
        return _of_move(policies[0], records)
    if policies:
        others = {"metrics.policy": "let floor = 0.9\n"}
        return tuple(d for text in policies for d in diagnosed("example.policy", _whole(text), others))
    if records and records[0].startswith("- "):
        return _of_cases(records[0])
    return _of_record(records[0]) if records else None


def diagnosed(name: str, text: str, others: Mapping[str, str] | None = None) -> tuple[Diagnostic, ...]:
    """All diagnostics of a policy's text, in order; `others` are the texts by name that a `use` finds."""

    def load(use: syntax.Use) -> syntax.PolicyText:
        if others is None or use.file not in others:
            raise PolicyError.of("GATE107", f"there is no `{use.file}`", use.span)
        used, faults = parse(Source(use.file, others[use.file]))
        if any(d.is_error for d in faults):
            raise PolicyError(faults)
        return used

    parsed, faults = parse(Source(name, text))
    found = (*faults, *check(parsed, VOCABULARY, load).diagnostics)
    return tuple(sorted(dict.fromkeys(found), key=lambda d: d.order))


def _whole(snippet: str) -> str:
    """A snippet with a header before it and a rule behind it, where it has none."""
    if not re.search(r"^policy\b", snippet, re.MULTILINE):
        snippet = f'policy example: "An example"\n  on promotion to production\n{snippet}'
    if not re.search(r"^(require|advise)\b", snippet, re.MULTILINE):
        snippet += "require example: model_card is recorded\n"
    return snippet


def _record(text: str) -> Record:
    return files.parse(Source("example.yaml", text))[0]


def _of_record(text: str) -> tuple[Diagnostic, ...]:
    try:
        _record(text)
    except LetpassError as error:
        return error.diagnostics
    return ()


def _of_cases(text: str) -> tuple[Diagnostic, ...]:
    base = (ROOT / "policies/shared/candidate.base.yaml").read_text(encoding="utf-8")
    try:
        reading.load(Path("example.cases.yaml"), lambda path: text if path.name == "example.cases.yaml" else base)
    except LetpassError as error:
        return error.diagnostics
    return ()


def _of_move(policy: str, records: list[str]) -> Decision:
    policies = from_texts({"example.policy": policy}, VOCABULARY)
    champion: Record | Holder = _record(records[1]) if len(records) > 1 else Holder.UNASKED
    return judgement.judge(policies, _record(records[0]), promotion("production"), NOW, champion)
