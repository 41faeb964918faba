"""`policy show`: what the registry knows of a model, or of one version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from assay.cli import options

if TYPE_CHECKING:
    from assay.facts.record import Record
    from assay.gathering import Desk


@click.command("show", short_help="Show what the registry knows of a model, or of one version.")
@click.argument("model", metavar="NAME|MODEL")
def command(model: str) -> None:
    """Show a model's versions and their stages, or one version with what lies beside it.

    \b
    Example:
      policy show fraud
    """
    with options.diagnosed():
        from assay.cli.check import one_record
        from assay.configuration import load
        from assay.facts.record import Record
        from assay.gathering import Desk
        from assay.language.diagnostics import clean, render
        from assay.registries.interface import refused

        configuration = load()
        desk = Desk(configuration)
        if "@" in model or "/" in model or "." in model:
            lines = [clean(line) for line in _version(desk, one_record(model, configuration))]
        else:
            found = list(desk.registry.versions(model))
            if not found:
                raise refused(f"the registry has no model `{model}`", desk.registry.name, code="GATE307")
            lines = [clean(_row(r)) if isinstance(r, Record) else render(r) for r in found]
    for line in lines:
        click.echo(line)


def _row(record: Record) -> str:
    served = ", ".join(str(d.get("endpoint")) for d in record.lists.get("deployments", ()))
    digest = record.text("artifact.digest")
    parts = [
        f"{record.name:24}",
        f"{record.text('stage') or '-':12}",
        f"{digest[:19] + '…' if digest else 'no digest':20}",
    ]
    return "  ".join([*parts, *([f"served at {served}"] if served else [])]).rstrip()


def _version(desk: Desk, record: Record) -> Iterator[str]:
    from assay.facts.values import written
    from assay.trust import statements

    yield f"{record.name}  in {record.text('stage') or 'no stage'}  ({desk.carrier(record).name or 'a file'})"
    for path in (
        "author", "registered_at", "risk", "license", "artifact.uri", "artifact.digest", "artifact.format",
        "code.repository", "code.commit", "code.dirty", "environment.image", "environment.python", "model_card",
        "expires_at",
    ):  # fmt: skip
        found = record.raw(path)
        if found is not None:
            yield f"  {path:18} {_shown(path, found) if not hasattr(found, 'written') else found.written}"
    for section, key in (("data", "name"), ("suites", "name"), ("scans", "tool"), ("deployments", "endpoint")):
        for piece in record.lists.get(section, ()):
            rest = ", ".join(
                f"{k} {_shown(k, v)}" for k, v in piece.items() if k[0] != "@" and k != key and not isinstance(v, tuple)
            )
            yield f"  {section:18} {piece.get(key)}" + (f"  ({rest})" if rest else "")
    for (section, name), pieces in record.measures.items():
        for piece in pieces:
            on = f" on {piece['data_set']}" if piece.get("data_set") else ""
            bad = piece.get("@bad", {}).get("value")
            yield f"  {section:18} {name} {bad.written if bad is not None else written(piece.get('value', 'unknown'))}{on}"
    for piece in record.lists.get("notices", ()):
        yield f"  noticed            {piece.get('kind')}: {piece.get('what')}"
    carrier = desk.carrier(record)
    for statement in statements.readable(carrier.statements(record)):
        who = statement.text("signer") or statement.text("requester")
        yield f"  {statement.kind:18} {who}  ({statement.name})".replace(
            "  (", f" at {statement.text('issuedAt')}  (", 1
        )
    for name, _ in carrier.decisions(record):
        yield f"  decision           {name}"


def _shown(path: str, value: object) -> str:
    from assay.facts.values import moment, written

    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and path in {"registered_at", "expires_at", "ran_at", "since"}
    ):
        return moment(value)
    return value if isinstance(value, str) else written(value)
