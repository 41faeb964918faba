"""What other packages add by entry points: formats of evidence and registries, each off unless `policy.toml` lists it."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError, said

EVIDENCE, REGISTRIES = "letpass.evidence", "letpass.registries"


def load(group: str, name: str) -> Any:
    """What an entry point of a group names; raises `InvalidError` where no installed package has it, or it does not load."""
    from importlib.metadata import entry_points

    found = tuple(entry_points(group=group, name=name))
    if not found:
        raise InvalidError(f"no installed package has the plug-in `{name}` (entry point of `{group}`)")
    if len(found) > 1:
        raise InvalidError(f"several installed packages have a plug-in `{name}`")
    try:
        return found[0].load()
    except Exception as error:  # noqa: BLE001 - it is somebody else's code, and its faults are theirs to be told
        raise InvalidError(f"the plug-in `{name}` does not load: {said(error)}") from None
