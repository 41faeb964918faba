"""Policy-as-code gates for machine-learning models.

    from letpass import Gate
    decision = Gate("my-project").decide("fraud@4", "promotion to production")
    print(decision)

A gate of a project      Gate, FrozenGate, Answer
What it answers          Decision, Verdict, Outcome, PolicyResult, RuleResult, storable, replay
Moves                    promotion, rollback, REGISTRATION, DEPLOYMENT, REVIEW, Move, Stage
At the end of training   write_record, capture_environment, seed_everything, record_from, save_metric_frame
Policies and records     load_policies, parse_policies, PolicySet, find_records, Found, parse_record, Record, Source
Judge by them alone      judge, Holder, Accepted, Signoff, date, moment
Errors                   LetpassError, and of it PolicyError, RecordError, SettingsError, TrustError, StatementError,
                         ArtifactError, RegistryError, LedgerError, CommitError, CaseError, ScaffoldError, ShardError,
                         UnreachableError; beside it InvalidError (a ValueError) and EnginesDifferError; Diagnostic, render

What `__all__` names is public; every module below is inner, and may move.  The command line is `policy`; `__version__` is this one's.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"

_INNER = {
    "api.decided": ("Decision", "judge"),
    "api.gate": ("FrozenGate", "Gate"),
    "api.reading": ("load_policies", "parse_policies", "parse_record", "storable"),
    "api.writing": ("write_record",),
    "capture": ("capture_environment", "seed_everything"),
    "diagnostics": (
        "ArtifactError", "CaseError", "CommitError", "Diagnostic", "InvalidError", "LedgerError", "LetpassError", "PolicyError",
        "RecordError", "RegistryError", "ScaffoldError", "SettingsError", "ShardError", "Source", "StatementError", "TrustError",
        "UnreachableError", "render",
    ),
    "evaluation.decision": ("Outcome", "PolicyResult", "RuleResult", "Verdict"),
    "evaluation.verdicts": ("Answer",),
    "evidence.fairlearn": ("save_metric_frame",),
    "evidence.objects": ("record_from",),
    "facts.record": ("Holder", "Record"),
    "facts.values": ("date", "moment"),
    "gate.judgement": ("EnginesDifferError", "replay"),
    "move": ("DEPLOYMENT", "REGISTRATION", "REVIEW", "Move", "Stage", "promotion", "rollback"),
    "project.policyset": ("PolicySet",),
    "registries.references": ("find_records",),
    "registries.interface": ("Found",),
    "trust.accepted": ("Accepted", "Signoff"),
}  # fmt: skip
_WHERE = {name: f"letpass.{module}" for module, names in _INNER.items() for name in names}

__all__ = ["__version__", *sorted(_WHERE)]


def __dir__() -> list[str]:
    """The names that a program imports from here, for those who look."""
    return [*__all__, "__doc__", "__file__", "__name__", "__path__", "__spec__"]


def __getattr__(name: str) -> Any:
    """What a program imports from here, loaded when it is asked for: a start of the command line needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module `letpass` has no `{name}`")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
