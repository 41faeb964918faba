"""Moves that a gate in the registry's own server decides: it is asked, and what it says is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from assay.cli import options, people
from assay.cli.exits import Exit, of

if TYPE_CHECKING:
    from assay.facts.record import Record
    from assay.gathering import Desk
    from assay.trust.summary import Summary

SKEW = 60 * 1_000_000  # microseconds by which the server's clock may be behind


def asked(
    desk: Desk, record: Record, ask: Callable[[], object], chosen: list[tuple[str, str | None]], what: str, *, quiet: bool
) -> int:  # fmt: skip
    """Ask for a move and show the server's decision; the exit code.  `what`: what is done then, in words."""
    from assay.canonical import canonical
    from assay.language.diagnostics import clean
    from assay.registries.mlflow_client import GateRefusedError

    since = people.now()
    try:
        ask()
    except GateRefusedError as refused:
        reports = refused.said.get("reports")
        if not isinstance(reports, dict):
            raise
        decision = {"decision": refused.said.get("decision"), "server": desk.registry.name}
        for name, path in chosen:
            to_file = path not in {None, "-"}
            if not quiet or to_file:
                text = canonical(decision).decode("utf-8") + "\n" if name == "json" else str(reports.get(name, ""))
                options.output(text if to_file or name == "json" else _shown(text), path)
        if not quiet:
            click.echo(
                clean(f"{desk.registry.name} refused it (entry {refused.said.get('entry')} of its ledger)"), err=True
            )
        verdict = str(refused.said.get("verdict"))
        return of(verdict) if verdict in {"deny", "undecided"} else Exit.NO
    if not quiet:
        for line in _allowed(desk, record, since):
            click.echo(line)
        click.echo(clean(f"{what}, by the gate of {desk.registry.name}"), err=True)
    return Exit.ALLOW


def _shown(text: str) -> str:
    """A report of the server's, line by line without what could move a cursor."""
    from assay.language.diagnostics import clean

    return "\n".join(clean(line) for line in text.split("\n"))


def _allowed(desk: Desk, record: Record, since: int) -> list[str]:
    """The decision that the server has just left beside the version."""
    from assay import verification
    from assay.language.diagnostics import clean
    from assay.ledger import proofs

    found: list[tuple[int, Summary]] = []
    for _, data in desk.carrier(record).decisions(record):
        try:
            proof = proofs.read_decision_file(data)
            made = verification.decision_of(proof)[0]
            found += [(proof.index, made)] if made.at >= since - SKEW else []
        except ValueError:
            continue
    if not found:
        return []
    index, made = max(found, key=lambda f: f[0])
    word = "ALLOWED" if made.passed else made.verdict.upper()
    return [clean(f"{word}  {made.model}@{made.version} → {made.words}  (entry {index} of the server's ledger)")]
