"""Policy-as-code gates for machine-learning models.

A program asks a `Gate` for decisions, and records what it ran in with `capture_environment` and `seed_everything`; the
command line is `policy`.  What `__all__` names is public; every module below is inner, and may move.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.2.0"

_INNER = {
    "api": ("FrozenGate", "Gate", "load_policies", "parse_policies", "parse_record", "storable"),
    "capture": ("capture_environment", "seed_everything"),
    "diagnostics": (
        "ArtifactError", "CaseError", "CommitError", "Diagnostic", "InvalidError", "LedgerError", "LetpassError", "PolicyError",
        "RecordError", "RegistryError", "ScaffoldError", "SettingsError", "Source", "StatementError", "TrustError",
        "UnreachableError", "render",
    ),
    "evaluation.decision": ("Decision", "Outcome", "PolicyResult", "RuleResult", "Verdict"),
    "evaluation.verdicts": ("Answer",),
    "evidence.fairlearn": ("save_metric_frame",),
    "evidence.objects": ("record_from",),
    "facts.record": ("Holder", "Record"),
    "facts.values": ("date", "moment"),
    "gate.judgement": ("EnginesDifferError", "judge", "replay"),
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
