"""`policy sign`: sign a request, or the policies in force."""

from __future__ import annotations

from pathlib import Path

import click

from letpass.cli import options, owners, people, showing
from letpass.cli.answering import sign
from letpass.cli.exits import Exit


@click.command("sign", short_help="Sign a request, or a policy set.")
@click.argument("what", metavar="REQUEST|MODEL|POLICIES")
@people.choosing
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="The role in which you speak; may be given again. Else the one of yours that is awaited; of policies their owner's.",
)
@people.key_option
@click.option("--reason", "--because", "reason", metavar="TEXT", default="", help="Why, for everybody to read.")
@people.yes_option
@people.log_option
@showing.output_option
@click.option("--into", metavar="FOLDER", help="Where to write it; else beside what is answered.")
def command(
    what: str, which: people.Which, roles: tuple[str, ...], key: str | None, reason: str, yes: bool, log: bool,
    outputs: tuple[str, ...], into: str | None,
) -> Exit:  # fmt: skip
    """Sign a REQUEST (its file, or the MODEL that it is about), or the policy set in a folder of POLICIES, in a role that the
    trust file gives you.

    What is about to be signed is shown from the bytes that are signed.  `ssh-keygen` signs, so agents and security keys
    work.  Where the set asks less than the one before it, decisions tell of that, of who signed it, and --because of what.

    \b
    Example:
      policy sign policies --role policy-owner --key ~/.ssh/id_ed25519
    """
    path = Path(what)
    version = "@" in what and not what.startswith(("./", "/", "../"))  # whatever folder is called so
    if not version and (path.is_dir() or path.suffix == ".policy"):
        with options.diagnosed():
            owners.sign(path, roles, key, reason, into, yes=yes)
        return Exit.DONE
    return sign(what, roles, key, reason, into, which, yes=yes, log=log, outputs=outputs)
