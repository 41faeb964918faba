"""`policy revoke`: call a version unfit."""

from __future__ import annotations

import shlex

import click

from letpass.cli import options, people, words
from letpass.cli.exits import Exit


@click.command("revoke", short_help="Call a version unfit.")
@click.argument("model", metavar="NAME@VERSION")
@words.spoken
def command(model: str, by: words.By) -> Exit:
    """Call a version of the registry unfit: its proofs end, every move of it or of the same bytes is denied, under whatever name,
    and it is no champion any more, so that the one before it counts.  It stays where it is until it is retired or another takes its place.

    It holds once the threshold of `policy-owner` has said it, nobody of them the author of the version.  `policy lift` takes
    it back.  Without a trust file it is logged with its reason.

    \b
    Example:
      policy revoke fraud@4 --reason "trained on leaked labels" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.cli.records import registered
        from letpass.diagnostics import StatementError, clean
        from letpass.lifecycle import issuing
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust.kinds import REVOCATION

        project = Project(load())
        record = registered(model, project)
        if project.trust is not None:
            who, _, _ = people.signer(project.trust, by.key)
            if who in project.makers.of(record):
                what = f"{who} made `{record.name}`, and nobody revokes their own version"
                raise StatementError.of(
                    "GATE415", what, model, f"`policy retire {shlex.quote(record.name)} --reason TEXT` takes it away"
                )
        computed, _ = project.artifacts.computed(record, None)
        digests = project.digests(record, computed)
        said = {"model": record.text("model"), "version": record.text("version"), "digests": list(digests)}
        artifact = issuing.subject_of(record, computed)
        code = words.owned(project, REVOCATION, record.name, artifact, said, record, by)
        if not digests:
            click.echo(f"no bytes of {clean(record.name)} are known, so that it is meant by its name alone")
        words.still_there(record)
    return code
