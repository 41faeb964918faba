"""`policy trust init`: begin a trust file with what can be found out, and put the policies in force by it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options, owners, people
from letpass.cli.commands.trust import SUBCOMMANDS, command
from letpass.cli.exits import Exit
from letpass.diagnostics import so_many

if TYPE_CHECKING:
    from letpass.cli.commands.trust_files import Files
    from letpass.trust.keys import Key

HOME_KEYS = ("id_ed25519", "id_ed25519_sk", "id_ecdsa", "id_ecdsa_sk", "id_rsa")
"""Names of keys in `~/.ssh`, in the order in which they are looked for."""


@command.command("init", short_help=SUBCOMMANDS["init"])
@click.option(
    "--people",
    "list_",
    metavar="LIST.csv",
    help="Everybody who trains, asks or signs, with keys and roles; else people.csv, where it is there.",
)
@click.option(
    "--root", "roots", multiple=True, metavar="PERSON=KEY.pub", help="A person of the root; may be given again."
)
@click.option(
    "--threshold",
    type=click.IntRange(1),
    metavar="N",
    help="How many of the root sign a change, and of the owners a policy set; else two, where there are two.",
)
@click.option("--ledger", metavar="KEY", help="The public key of the gate's ledger, where that key is not here.")
@click.option("--bare", is_flag=True, help="Only the root that --root names: look for nothing, and sign nothing else.")
@click.option(
    "--expires",
    type=click.IntRange(1, 3660),
    default=365,
    show_default=True,
    metavar="DAYS",
    help="Days until it must be renewed.",
)
@people.key_option
@people.yes_option
def init(
    list_: str | None, roots: tuple[str, ...], threshold: int | None, ledger: str | None, bare: bool, expires: int,
    key: str | None, yes: bool,
) -> Exit:  # fmt: skip
    """Begin a trust file: the people of a list, who is its root and who owns the policies, and the ledger's key.

    What the call does not say is looked for, and told in a line each: a list, your key in ~/.ssh, your address in git, the
    key of the ledger.  With --key it is signed at once; where no other signature is needed, the policies are put in force
    too.

    \b
    Example:
      policy trust init --people people.csv --root rosa@corp.example=~/.ssh/id_ed25519.pub --key ~/.ssh/id_ed25519
    """
    if bare and (not roots or list_ or ledger):
        raise click.UsageError("--bare takes the root of --root alone: no list, and no key of the ledger")
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import drafting
        from letpass.trust.roles import ROOT

        files = Files.here()
        _free(files)
        now = people.now()
        document = drafting.first(_named(roots), now, now + expires * 86_400_000_000)
        if bare:
            document["roles"][ROOT]["threshold"] = threshold or 1
            signer = key
        else:
            signer = _found(files, document, list_, threshold, ledger, key, yes=yes)
        files.draft(document, told=signer is None)
        try:
            if signer:
                files.sign(signer, yes=yes)
        except BaseException:  # also when somebody interrupts `ssh-keygen`: nothing was begun
            files.next.unlink(missing_ok=True)
            raise
        files.tell()
        if signer:
            owners.first(files, signer, yes=yes)
    return Exit.DONE


def _free(files: Files) -> None:
    """Raise `TrustError` where there is a trust file already, or one that is pinned."""
    from letpass.diagnostics import TrustError

    if files.path.exists() or files.next.exists():
        there = files.path if files.path.exists() else files.next
        help_ = "`policy trust sign` signs it; delete it to begin anew" if there == files.next else ""
        raise TrustError.of("GATE410", f"there is `{there}` already", help=help_)
    if files.trust is not None:  # it raises where one is pinned, and not there
        raise TrustError.of("GATE410", f"there is `{files.path}` already")


def _named(roots: tuple[str, ...]) -> Mapping[str, Key]:
    """The people of --root with their keys."""
    from letpass.trust.signing import read_key

    given = {}
    for value in roots:
        name, equals, file = value.partition("=")
        if not equals or not file:
            raise click.BadParameter(f"`{value}` is no PERSON=KEY.pub", param_hint="--root")
        given[name] = read_key(Path(file).expanduser())
    return given


def _found(
    files: Files, document: dict[str, Any], list_: str | None, threshold: int | None, ledger: str | None,
    key: str | None, *, yes: bool,
) -> str | None:  # fmt: skip
    """Add to the document what can be found out, and tell it; the key that signs, None where nobody said so."""
    from letpass.authoring.scaffold.around import PEOPLE
    from letpass.trust import beginning, roster

    path = Path(list_) if list_ else files.configuration.path(PEOPLE)
    if list_ or path.is_file():
        found = roster.take(document, path)
        keyed = sum(1 for line in found if line.key)
        _tell("found", f"{so_many(len(found), 'person', 'people')} in `{path}`, {keyed} with a key")
    own = key or _home_key()
    beginner = _beginner(document, own, given=bool(key))
    for line in beginning.settled(document, beginner, threshold):
        _tell("role", line)
    _roles(files, document)
    _ledger(files, document, ledger)
    if key or own is None or beginner not in document["roles"]["root"]["members"]:
        return key
    if yes or people.asks():
        return own
    _tell("note", f"not signed: name your key with --key {own}, or say --yes")
    return None


def _tell(what: str, line: str) -> None:
    from letpass.diagnostics import clean

    click.echo(clean(f"{what:9} {line}"))


def _home_key() -> str | None:
    """The first key in `~/.ssh` that has its public half beside it."""
    folder = Path("~/.ssh").expanduser()
    return next((str(folder / name) for name in HOME_KEYS if (folder / f"{name}.pub").is_file()), None)


def _beginner(document: dict[str, Any], own: str | None, *, given: bool) -> str:
    """Who begins the file, by their key or by git's address; they are added where nobody is named for the root.

    Nothing where others are named and no key says who this is.
    """
    from letpass.diagnostics import TrustError
    from letpass.trust import beginning, drafting
    from letpass.trust.naming import is_identity
    from letpass.trust.signing import public_key

    named = beginning.entitled(document)
    if own is None:
        if named:
            return ""
        raise click.UsageError(
            "who begins the trust file? name your key with --key, or the root with --root PERSON=KEY.pub"
        )
    key = public_key(Path(own).expanduser())
    whose = "" if given else ", the key that is there"
    if person := drafting.holder(document, key):
        _tell("found", f"you are {person}, by {own} ({key.fingerprint}){whose}")
        return person
    if named:
        return ""
    mail = people.mail().lower()
    if not is_identity(mail):
        what = f"the key {key.fingerprint} is nobody's of those named, and git's user.email tells no address"
        raise TrustError.of("GATE410", what, own, f"`--root PERSON={own}.pub` says who you are")
    new = beginning.joined(document, mail, key)
    _tell("found", f"you are {mail}, by git's user.email, who {new}: {own} ({key.fingerprint}){whose}")
    return mail


def _roles(files: Files, document: Mapping[str, Any]) -> None:
    """Tell which roles the policies name, and whom the document has in each."""
    from letpass.diagnostics import PolicyError
    from letpass.gate import readiness

    try:
        asked = readiness.roles(options.load_policies((), files.configuration))
    except PolicyError:
        return  # they are told where they would be signed
    for name, count in asked.items():
        role = document["roles"].get(name)
        members = ", ".join(role["members"]) if role else "nobody"
        _tell("role", f"{name}: {members}; the policies ask for {count}" if count else f"{name}: {members}; may waive")


def _ledger(files: Files, document: dict[str, Any], given: str | None) -> None:
    """Add the key of the ledger: as given, else this gate's own, which is made at first use."""
    from letpass.diagnostics import TrustError
    from letpass.project.project import Project
    from letpass.trust import drafting

    if given:
        drafting.add_verifier(document, "keys", given, None)
        return
    project_ledger = Project(files.configuration).ledger
    new = not project_ledger.key_path.exists()
    try:
        public = str(project_ledger.key(make=True).public)
    except TrustError as error:
        said = error.diagnostics[0].message
        _tell("note", f"no key of the ledger is named: {said}; later: `policy trust add ledger KEY`")
        return
    drafting.add_verifier(document, "keys", public, None)
    _tell("made" if new else "found", f"the gate's key, by which the ledger is known: {public}")
