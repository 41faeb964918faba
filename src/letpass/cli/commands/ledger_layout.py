"""`policy ledger migrate`: the layout of the ledger's database."""

from __future__ import annotations

import click

from letpass.cli import options
from letpass.cli.commands.ledger import SUBCOMMANDS, absent, command, project_ledger
from letpass.cli.exits import Exit


@command.command("migrate", short_help=SUBCOMMANDS["migrate"])
@click.option(
    "--anew", is_flag=True, help="Derive what is kept beside the entries once more, also where the layout is this one."
)
def migrate(anew: bool) -> Exit:
    """Bring the ledger's database to the layout of this version, in place.

    Entries, checkpoints and proofs stay what they are.  It needs the gate's key, and holds up other writers; when it is
    stopped at any moment, the ledger is as it was before the step that was not done, and the command goes on from there.

    \b
    Example:
      policy ledger migrate
    """
    with options.diagnosed():
        from letpass.ledger import migrating

        own = project_ledger()
        if not own.there:
            raise absent(own)
        store = own.unchecked().store
        signer = own.key(make=False)
        first, last = migrating.migrate(store, signer, own.believed(signer), anew=anew)
    if first == last and not anew:
        click.echo(f"the ledger has the layout {last}, which is this version's")
    else:
        click.echo(
            f"the ledger has the layout {last} now" + (f"; it had {first}" if first != last else ", derived anew")
        )
    return Exit.DONE
