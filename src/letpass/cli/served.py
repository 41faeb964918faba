"""Moves that a gate in the registry's own server decides: it is asked, and what it says is shown."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options
from letpass.cli.exits import Exit, of
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.cli.reporting import Reporting
    from letpass.facts.record import Record
    from letpass.move import Move
    from letpass.project.project import Project
    from letpass.trust.summary import Summary

FORMATS = ("text", "concise", "markdown", "json")
"""What a server renders of its refusals."""


def asked(
    project: Project, record: Record, ask: Callable[[], object], move: Move, shown: Reporting, what: str, *, anew: bool = False
) -> Exit:  # fmt: skip
    """Ask for a move and show the server's decision; the exit code.  `what`: what is done then, in words · `anew`: a
    decision that was there before is no answer.

    It is an allow only where the server has left a decision beside the version that allows this very move: of whoever
    says yes and shows none nothing is believed.
    """
    from letpass.diagnostics import UnreachableError, clean
    from letpass.registries.mlflow_connection import GateRefusedError

    _willing(project, shown)
    before = _allowed(project, record, move) if anew else None
    try:
        ask()
    except GateRefusedError as refused:
        if refused.said.get("ended"):
            name = shlex.quote(record.name)
            click.echo(clean(refused.diagnostics[0].message), err=True)
            click.echo(
                clean(f"next: `policy retire {name} --reason TEXT`, or mend it and `policy renew {name}`"), err=True
            )
            return Exit.NO
        if not isinstance(refused.said.get("reports"), dict):
            raise
        _refused(project, refused.said, shown.chosen, quiet=shown.quiet)
        verdict = str(refused.said.get("verdict"))
        return of(verdict) if verdict in {"deny", "undecided"} else Exit.NO
    made = _allowed(project, record, move)
    if before is not None and made is not None and made[0] <= before[0]:
        made = None
    if made is None and move.kind != "registration":
        name = project.registry.name
        said = f"the server said yes, and left no decision that allows {move} of `{record.name}`"
        raise UnreachableError.of(
            "GATE431", said, name, "ask who runs it; `policy doctor` looks whether the gate is in the way"
        )
    if not shown.quiet:
        if made is not None:
            click.echo(
                clean(f"ALLOWED  {made[1].model}@{made[1].version} → {made[1].words}  (entry {made[0]} of its ledger)")
            )
        click.echo(clean(f"{what}, by the gate of {project.registry.name}"), err=True)
    return Exit.ALLOW


def looked(project: Project, record: Record, what: str, value: str = "") -> tuple[str, Mapping[str, Any]]:
    """Ask the gate in the registry's server for a `review` or a `standing` of a version, or to `reconcile`: why it refuses,
    and what it says with it; nothing where it does not."""
    from letpass.registries.mlflow_connection import GateRefusedError

    try:
        project.registry.ask(record, what, value)
    except GateRefusedError as refused:
        return refused.diagnostics[0].message, refused.said
    return "", {}


def standing(project: Project, record: Record) -> tuple[str, Mapping[str, Any] | None]:
    """Ask that gate for a fresh standing of each move that was made of a version: what became of it, in a line, and what
    it says where it refuses."""
    why, said = looked(project, record, "standing")
    if why:
        return f"no standing: {record.name}: {why.partition('refused: ')[2] or why}", said
    return f"standing: {record.name}, left by the gate of {project.registry.name}", None


def _willing(project: Project, shown: Reporting) -> None:
    """Refuse, before anything is asked, what only who decides could write."""
    other = next((name for name, _ in shown.chosen if name not in FORMATS), "")
    wanted = f"`-o {other}`" if other else "`--ci`" if shown.server is not None else ""
    if wanted:
        raise click.UsageError(
            f"{wanted} is of decisions that are made here, and the gate of {project.registry.name} makes this one: run "
            f"`policy check` with it before; formats here are {', '.join(FORMATS)}"
        )


def _refused(
    project: Project, said: Mapping[str, Any], chosen: list[tuple[str, str | None]], *, quiet: bool
) -> None:  # fmt: skip
    """Write what a server says of its refusal: a stranger's text, line by line without what could move a cursor."""
    from letpass.canonical import canonical
    from letpass.diagnostics import clean

    for name, path in chosen:
        if quiet and path in {None, "-"}:
            continue
        try:
            text = str(said["reports"].get(name, ""))
            if name == "json":
                text = canonical({"decision": said.get("decision"), "server": project.registry.name}).decode("utf-8")
        except (ValueError, TypeError, RecursionError):
            text = "the server's decision cannot be written"
        options.output("\n".join(clean(line) for line in text.rstrip("\n").split("\n")) + "\n", path)
    if not quiet:
        click.echo(clean(f"{project.registry.name} refused it (entry {said.get('entry')} of its ledger)"), err=True)


def _allowed(project: Project, record: Record, move: Move) -> tuple[int, Summary] | None:
    """The newest decision beside the version that allows a move, its place in the server's ledger before it.

    Where the trust file names the gate's key it must be signed by it.
    """
    from letpass.gate import verification
    from letpass.ledger import proofs

    keys = project.trust.current.ledger if project.trust is not None else ()
    kinds = {"promotion", "rollback"} if move.kind == "promotion" else {move.kind}
    found: list[tuple[int, Summary]] = []
    for _, data in project.carrier(record).decisions(record):
        try:
            proof = proofs.read_decision_file(data).decision
            made, envelope = verification.decision_of(proof)
        except InvalidError:
            continue
        same = (made.model, made.version, made.move.stage) == (record.text("model"), record.text("version"), move.stage)
        signed = not keys or any(k.fits(envelope.message, s) for k in keys for _, s in envelope.signatures)
        if same and made.passed and made.move.kind in kinds and signed:
            found.append((proof.index, made))
    return max(found, key=lambda f: f[0], default=None)
