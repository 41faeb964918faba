"""`policy evidence`: what tools found, put beside a version."""

from __future__ import annotations

from typing import Any

import click

from letpass.cli import gathered, moving, options, people
from letpass.cli.exits import Exit
from letpass.cli.subcommands import Subcommands

TABLE = {
    "add": "Put what a tool found beside a version.",
    "begin": "Say that a run begins, before anybody knows what comes of it.",
    "formats": "List the formats that are read.",
    "remove": "Take back what a record claims.",
}

ELSEWHERE = {"begin": "letpass.cli.commands.evidence_begin"}


@click.group(
    "evidence", cls=Subcommands, table=TABLE, elsewhere=ELSEWHERE, short_help="Put what tools found beside a version."
)
def command() -> None:
    """Put what tools found beside a version.

    \b
    Example:
      policy evidence formats
    """


@command.command("add", short_help=TABLE["add"])
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="FILE")
@gathered.reads
@options.artifact_option
@gathered.key_option
@gathered.into_option
@click.option("--dry-run", is_flag=True, help="Only show what would be recorded or signed.")
def add(model: str, file: str, key: str | None, **how: Any) -> Exit:
    """Read a FILE and put what it says beside MODEL.

    With a service's --key it is signed, and counts as attested.  Without one it is written into the record of a version
    of the registry, as a claim.

    \b
    Example:
      policy evidence add fraud@4 results.xml --suite "Fairness Check" --dry-run
      policy evidence add fraud@4 --from junit results.xml --suite "Fairness Check"
    """
    with options.diagnosed():
        gathered.add(model, file, key=key, **how)
    return Exit.DONE


@command.command("formats", short_help=TABLE["formats"])
def formats() -> Exit:
    """List the formats that are read, plug-ins of policy.toml included.

    \b
    Example:
      policy evidence formats
    """
    with options.diagnosed():
        from letpass.evidence.interface import FORMATS
        from letpass.project.configuration import load

        plugins = load().plugins
    for name, what in (*FORMATS.items(), *[(name, "a plug-in") for name in plugins]):
        click.echo(f"{name:14} {what}")
    return Exit.DONE


@command.command("remove", short_help=TABLE["remove"])
@click.argument("model", metavar="MODEL")
@click.option("--metric", metavar="NAME", help="What was measured, with --data-set where the record names one.")
@click.option("--data-set", metavar="NAME", help="Of a metric: what it was measured on.")
@click.option("--suite", metavar="NAME", help="All runs of a test suite until now.")
@click.option("--scan", metavar="TOOL", help="All scans by a tool until now.")
@click.option("--fact", metavar="NAME", help="A fact, as policies name it.")
@click.option(
    "--field", metavar="NAME", help="`license`, `risk`, `model_card`, `expires_at`, `tags.NAME` or `seeds.NAME`."
)
@people.reason_option
@moving.actor_option
def remove(
    model: str, metric: str | None, data_set: str | None, suite: str | None, scan: str | None, fact: str | None,
    field: str | None, reason: str, actor: str | None,
) -> Exit:  # fmt: skip
    """Take back what the record of MODEL, a version of the registry, claims.

    The claim stays in the record beside the word that it was taken back, and the ledger holds who did it.  It counts no more,
    and nothing does that was measured before: what is measured from now on, or what a service signs.

    \b
    Example:
      policy evidence remove fraud@4 --metric accuracy --reason "it was read from another model's file"
    """
    named = {"metrics": metric, "suites": suite, "scans": scan, "facts": fact, "": field}
    said = {section: name for section, name in named.items() if name is not None}
    if len(said) != 1:
        raise click.UsageError("name one thing: --metric, --suite, --scan, --fact or --field")
    if data_set is not None and metric is None:
        raise click.UsageError("--data-set is of a --metric")
    if not reason.strip():
        raise click.UsageError("taking a claim back needs a --reason")
    ((section, name),) = said.items()
    if section == "":
        section, _, name = name.partition(".")
    with options.diagnosed():
        from letpass.cli.records import one_record
        from letpass.diagnostics import clean
        from letpass.lifecycle import retraction
        from letpass.project.configuration import load
        from letpass.project.project import Project

        configuration = load()
        project, slot = Project(configuration), (section, name, data_set)
        record = one_record(model, configuration)
        step = retraction.take_back(project, record, slot, people.now(), actor or people.requester(), reason)
        entry = f", and entry {step.index} of the ledger says so" if step is not None else ""
        click.echo(clean(f"taken back: {retraction.words(slot)} of {record.name}{entry}"))
        click.echo(clean(f"next: {retraction.anew(section)}"))
    return Exit.DONE
