"""The lists that a random policy goes through."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.terms import Name

ELEMENTS = {
    "data": "data",
    "environment.packages": "environment.packages",
    "scans": "scans",
    "scans[].findings": "scans[].findings",
    "suites": "suites",
    "deployments": "deployments",
    "notices": "notices",
    "slices": "metrics.NAME.slices",
}


@dataclass(frozen=True)
class Place:
    """list: as it is written · fields: which kind of elements · metric: the kind of the values of a metric's slices, and
    `ours` where they are the candidate's."""

    list: Name
    fields: str
    metric: str | None = None
    ours: bool = True
