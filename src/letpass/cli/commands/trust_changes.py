"""Changes of the trust file: each makes the next version, which waits for the root's signatures."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options, people
from letpass.cli.commands.trust import SUBCOMMANDS, command
from letpass.cli.exits import Exit
from letpass.diagnostics import so_many

if TYPE_CHECKING:
    from letpass.trust.keys import Key

MAY = ("request", "author")

KINDS = ("person", "people", "domain", "role", "service", "ledger", "witness")
_SECTIONS = {"person": "people", "role": "roles", "service": "services"}


@command.command("add", short_help=SUBCOMMANDS["add"])
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("name")
@click.option("--key", "key", metavar="KEY.pub", help="Of a person or service: the public key.")
@click.option("--hardware", is_flag=True, help="Of a person: the key is a security key, and so are all their others.")
@click.option("--from", "begins", metavar="DATE", help="Of a person or service: the key holds from then on.")
@click.option("--until", "ends", metavar="DATE", help="Of a person or service: the key holds until then.")
@click.option(
    "--alias", "aliases", multiple=True, metavar="TEXT", help="Of a person: how the registry or git names them."
)
@click.option("--member", "members", multiple=True, metavar="PERSON", help="Of a role: somebody in it.")
@click.option("--threshold", type=click.IntRange(1), metavar="N", help="Of a role: how many must sign at least.")
@click.option("--model", "models", multiple=True, metavar="GLOB", help="Of a role or service: which models.")
@click.option("--stage", "stages", multiple=True, metavar="GLOB", help="Of a role: moves to which stages.")
@click.option("--predicate", "predicates", multiple=True, metavar="TYPE", help="Of a service: what it may attest.")
@click.option(
    "--may", multiple=True, type=click.Choice(MAY), help="Of a service: ask for people; attest who made a version."
)
@click.option("--quorum", type=click.IntRange(0), metavar="N", help="Of a witness: how many witnesses are needed.")
def add(kind: str, name: str, key: str | None, **more: Any) -> Exit:
    """Add a person, all people of a list (NAME is its file), a domain whose addresses name people, a role, a service, a
    key of the ledger, or a witness; one that is there gets what is new.  A person without a key signs nothing.

    \b
    Example:
      policy trust add person vera@corp.example --key vera-2027.pub --alias "Vera V."
    """
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import drafting, roster
        from letpass.trust.signing import read_key

        files = Files.here()
        document = files.document()
        before = deepcopy(document)
        public = read_key(Path(key).expanduser()) if key else None
        said = []
        if kind in {"ledger", "witness"}:
            drafting.add_verifier(document, "keys" if kind == "ledger" else "witnesses", name, more["quorum"])
        elif kind == "role":
            drafting.add_role(document, name, more["members"], more["threshold"], more["models"], more["stages"])
        elif kind == "domain":
            drafting.add_to(document, "domains", [name])
        elif kind == "people":
            found = roster.take(document, Path(name))
            new = [line for line in found if line.person not in before["people"]]
            said = [f"{so_many(len(found), 'person', 'people')} of the list, {len(new)} of them new"]
        elif kind == "person":
            drafting.add_person(document, name, public, more["aliases"], _marks(**more))
        else:
            _service(document, name, public, **more)
        if document == before and kind != "people":  # a list may be taken in again and again
            version = files.next_version()
            waits = f"; {people.waiting_help(version)}" if version is not None else ""
            raise click.UsageError(f"nothing of this is new: the {kind} `{name}` is there, and says it{waits}")
        for line in said:
            click.echo(line)
        files.draft(document)
        files.tell()
    return Exit.DONE


def _service(document: dict[str, Any], name: str, public: Key | None, **more: Any) -> None:
    """Add a service, or to it what is new.  One that only asks for people attests nothing, also when it gets another key."""
    from letpass.trust import drafting
    from letpass.trust.kinds import EVIDENCE
    from letpass.trust.trustfile import AUTHOR, REQUEST

    new = name not in document.get("services", {})
    if public is not None:
        drafting.add_key(document, "services", name, public, _marks(**more))
    elif new:
        raise click.UsageError("a new service needs --key KEY.pub")
    holder = document["services"][name]
    holder.setdefault("predicates", [])
    # what it attests where nothing else is said; who made a version is told in evidence, too
    attests = AUTHOR in more["may"] or (new and set(more["may"]) != {REQUEST})
    default = (EVIDENCE,) if attests and not holder["predicates"] else ()
    drafting.add_to(holder, "predicates", more["predicates"] or default)
    drafting.add_to(holder, "models", more["models"])
    drafting.add_to(holder, "may", more["may"])


def _marks(*, hardware: bool, begins: str | None, ends: str | None, **_: Any) -> dict[str, Any]:
    marks: dict[str, Any] = {"hardware": True} if hardware else {}
    for field, text in (("from", begins), ("until", ends)):
        if text is not None:
            marks[field] = _date(text, f"--{field}")
    return marks


def _date(text: str, option: str) -> str:
    from letpass.facts.values import date
    from letpass.trust.strict import written

    found = date(text)
    if not isinstance(found, int):
        raise click.BadParameter(f"`{text}` is {found.why}", param_hint=option)
    return written(found)


@command.command("remove", short_help=SUBCOMMANDS["remove"])
@click.argument("kind", type=click.Choice([*(k for k in KINDS if k != "people"), "member"]))
@click.argument("name")
@click.argument("person", required=False)
def remove(kind: str, name: str, person: str | None) -> Exit:
    """Take a person, domain, role, service, key of the ledger or witness out; or, with `member ROLE PERSON`, one out of a role.

    \b
    Example:
      policy trust remove member validator vito@corp.example
    """
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import drafting

        if (kind == "member") != (person is not None):
            raise click.UsageError("write `policy trust remove member ROLE PERSON`, or `policy trust remove KIND NAME`")
        files = Files.here()
        document = files.document()
        before = set(document["roles"])
        if person is not None:
            drafting.remove_member(document, name, person)
        elif kind in {"ledger", "witness"}:
            drafting.remove_from(document, "keys" if kind == "ledger" else "witnesses", name)
        elif kind == "domain":
            drafting.remove_domain(document, name)
        else:
            drafting.remove(document, _SECTIONS[kind], name)
        emptied = sorted(before - set(document["roles"])) if kind == "person" else []
        for role in emptied:
            click.echo(f"note: the role `{role}` goes too: nobody else is in it")
        files.draft(document)
        files.tell()
    return Exit.DONE


@command.command("revoke", short_help=SUBCOMMANDS["revoke"])
@click.argument("holder", metavar="PERSON|SERVICE")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for everybody to read.")
@click.option("--fingerprint", metavar="SHA256:…", help="Which key; else all of them.")
def revoke(holder: str, reason: str, fingerprint: str | None) -> Exit:
    """Revoke keys: what they have signed stays in the ledger, and counts for no new decision.

    \b
    Example:
      policy trust revoke vito@corp.example --reason "laptop stolen"
    """
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import drafting
        from letpass.trust.strict import written

        files = Files.here()
        document = files.document()
        drafting.revoke(document, holder, fingerprint, written(people.now()), reason)
        files.draft(document)
        files.tell()
    return Exit.DONE


@command.command("rotate", short_help=SUBCOMMANDS["rotate"])
@click.argument("person", required=False)
@click.option("--key", "key", metavar="KEY.pub", help="The person's new public key; the others end now.")
@click.option(
    "--expires",
    type=click.IntRange(1, 3660),
    metavar="DAYS",
    help="Days until it must be renewed; else a year, or its own end where that is later.",
)
def rotate(person: str | None, key: str | None, expires: int | None) -> Exit:
    """Replace a PERSON's key, or, without one, only renew the trust file for some days more.  It never ends earlier than
    before, unless --expires says so.

    \b
    Example:
      policy trust rotate vera@corp.example --key vera-2027.pub
    """
    if (person is None) != (key is None):
        raise click.UsageError("a person and --key KEY.pub belong together")
    with options.diagnosed():
        from letpass.cli.commands.trust_files import Files
        from letpass.trust import drafting
        from letpass.trust.signing import read_key
        from letpass.trust.strict import written

        files = Files.here()
        document = files.renewed(expires)
        if person is not None and key is not None:
            drafting.end(document, person, written(people.now()))
            section = "people" if person in document["people"] else "services"
            drafting.add_key(document, section, person, read_key(Path(key).expanduser()), {})
        files.draft(document)
        files.tell()
    return Exit.DONE
