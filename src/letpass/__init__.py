"""Policy-as-code gates for machine-learning models."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_WHERE = {"Gate": "letpass.embedded", "capture_environment": "letpass.capture", "seed_everything": "letpass.capture"}


def __getattr__(name: str) -> Any:
    """What a program imports from here, loaded when it is asked for: a start of the command line needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module `letpass` has no `{name}`")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
