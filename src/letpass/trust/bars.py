"""Whether the bars of rules were in force before the evidence was made that they judge, by the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.frozen import Frozen


class Bars(Frozen):
    """older: is each bar in force at least as strict as one that stood when the run began; None: nobody can tell · why: what
    tells otherwise, or what is missing, a line each · step: what mends that.
    """

    older: bool | None
    why: tuple[str, ...] = ()
    step: str = ""

    def as_json(self) -> dict[str, Any]:
        """The value as plain data, for a replay."""
        return {"older": self.older, "why": list(self.why), "step": self.step}


def from_json(data: Mapping[str, Any]) -> Bars:
    """The value in plain data; raises KeyError or TypeError for something else."""
    if data["older"] not in (True, False, None):
        raise TypeError
    return Bars(data["older"], tuple(str(why) for why in data["why"]), str(data["step"]))


UNTOLD = Bars(
    None, ("the ledger was not asked when the runs began",), "judge it in a project that has a trust file and a ledger"
)
"""Where nobody asked."""
