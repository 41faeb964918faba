"""Policy-as-code gates for machine-learning models.

A program asks a `Gate` for decisions, and records what it ran in with `capture_environment` and `seed_everything`; the
command line is `policy`.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_WHERE = {"Gate": "letpass.api", "capture_environment": "letpass.capture", "seed_everything": "letpass.capture"}

__all__ = ["Gate", "__version__", "capture_environment", "seed_everything"]


def __dir__() -> list[str]:
    """The names that a program imports from here, for those who look."""
    return [*__all__, "__doc__", "__file__", "__name__", "__path__", "__spec__"]


def __getattr__(name: str) -> Any:
    """What a program imports from here, loaded when it is asked for: a start of the command line needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module `letpass` has no `{name}`")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
