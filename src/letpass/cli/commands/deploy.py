"""`policy deploy`: record that an endpoint serves a version, if its policies allow it."""

from __future__ import annotations

import json

import click

from letpass.cli import moving, notifying, reporting
from letpass.cli.exits import Exit
from letpass.cli.records import registered


@click.command("deploy", short_help="Record that an endpoint serves a version, if its policies allow it.")
@click.argument("model", metavar="MODEL")
@click.option("--endpoint", metavar="ADDRESS", required=True, help="Where it will be served.")
@click.option("--environment", metavar="NAME", default="", help="Such as eu-west, shadow, canary.")
@moving.moves
def command(
    model: str, endpoint: str, environment: str, beside: tuple[str, ...],
    artifact: str | None, actor: str | None, outputs: tuple[str, ...], ci: str, folder: str, verbose: bool, quiet: bool, color: str,
) -> Exit:  # fmt: skip
    """Judge MODEL, a version of the registry, by the policies on deployment; where they allow it, and it is in the stage that
    the environment needs by an allowed move, record which endpoint serves it, since when, and the digest of the bytes.
    What the endpoint served before is no longer recorded there.

    Name the bytes that are to be served with --artifact, where the record's own uri is not here.

    \b
    Example:
      policy deploy fraud@4 --endpoint https://fraud.corp.example --environment eu-west --artifact fraud-4.onnx
    """
    if not endpoint.strip():
        raise click.UsageError("--endpoint needs an address")
    shown = reporting.Reporting(outputs, ci, folder, color, verbose=verbose, quiet=quiet)
    way = moving.Way(beside, artifact, actor, shown)
    with shown.diagnosed():
        from letpass.lifecycle import moves
        from letpass.move import DEPLOYMENT

        _, project, loaded = way.open()
        record = registered(model, project)
        deployment = {"endpoint": endpoint} | ({"environment": environment} if environment else {})
        if project.registry.gate() is not None:
            done = f"deployed: {endpoint} serves {record.name}"
            text = json.dumps(deployment)
            ask = lambda: project.registry.ask(record, "deploy", text)  # noqa: E731
            return way.asked(project, record, ask, DEPLOYMENT, done)
        moved = moves.deploy(notifying.before(project), loaded, record, deployment, way.now, way.actor, way.artifact)
        where = f"{endpoint} ({environment})" if environment else endpoint
        return way.told(moved, project, lambda s: f"deployed: {where} serves {s.model}@{s.version}")
