"""Rules judged on a record of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from letpass.diagnostics import Source
from letpass.facts.record import Holder
from letpass.facts.schema import VOCABULARY
from letpass.gate import judgement
from letpass.move import promotion
from letpass.project.policyset import from_texts
from letpass.registries import files
from letpass.trust.accepted import NOTHING, Accepted

if TYPE_CHECKING:
    from letpass.evaluation.decision import RuleResult
    from letpass.facts.record import Record

NOW = 1_800_000_000_000_000
RECORD = "model: m\nversion: '1'\n"


def record_of(text: str, header: str = RECORD) -> Record:
    """The record that a text of YAML is, behind its model and version."""
    return files.parse(Source("m.yaml", header + text))[0]


def judged(
    rules: str, record: str, champion: str | None = None, accepted: Accepted = NOTHING
) -> tuple[RuleResult, ...]:
    """What became of some rules on promotion, in their order; `champion`: its record, None where nobody was asked."""
    policies = from_texts({"p.policy": f'policy p: "outcomes"\n  on promotion to production\n{rules}'}, VOCABULARY)
    holder = Holder.UNASKED if champion is None else record_of(champion, "model: m\nversion: '0'\n")
    return judgement.judge(policies, record_of(record), promotion("production"), NOW, holder, accepted).rules
