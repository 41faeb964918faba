"""What every format is given, and the formats by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from assay.evaluation.decision import Decision, Verdict
from assay.frozen import Frozen, part
from assay.language.diagnostics import Diagnostic

VERDICTS = {Verdict.ALLOW: "allowed", Verdict.DENY: "denied", Verdict.UNDECIDED: "undecided"}


class Style(Frozen):
    """How a report is written to where it goes.

    For terminals: colours or none, the width, and whether more than ASCII is shown.  base: the folder of the repository
    in which the command ran, before which its paths are named.  sheet: a stylesheet's file beside a page, which then
    holds none itself.
    """

    color: bool = False
    columns: int = 100
    unicode: bool = True
    verbose: bool = False
    base: str = ""
    sheet: str = ""


class Report(Frozen):
    """Decisions to show, what stood beside them, and how long it took.

    inputs: what a replay of each decision needs, in their order.  took: milliseconds, for people only.
    again: the command that was run, for the reader to run again.
    """

    decisions: tuple[Decision, ...]
    inputs: tuple[Mapping[str, Any], ...] = ()
    faults: tuple[Diagnostic, ...] = ()
    others: int = 0
    took: float | None = None
    again: str = ""
    style: Style = part(default_factory=Style)


def renderer(name: str) -> Callable[[Report], str]:
    """The function that renders a format."""
    module = importlib.import_module(f"assay.reports.{name.replace('-', '_')}")
    render: Callable[[Report], str] = module.render
    return render
