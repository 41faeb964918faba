"""`policy evidence begin`: a service says that a run begins, and the ledger when."""

from __future__ import annotations

from pathlib import Path

import click

from letpass.cli import gathered, options, words
from letpass.cli.commands.evidence import TABLE, command
from letpass.cli.exits import Exit


@command.command("begin", short_help=TABLE["begin"])
@click.argument("model", metavar="MODEL")
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="What will be measured; may be given again.")
@click.option("--data-set", metavar="NAME", help="What the metrics will be measured on.")
@click.option("--data-digest", metavar="DIGEST", help="The digest of that data set, by which tries on it are counted.")
@click.option("--suite", "suites", metavar="NAME", multiple=True, help="A test suite that will run.")
@click.option("--scan", "scans", metavar="TOOL", multiple=True, help="A scanner that will look at the artifact.")
@click.option("--source", metavar="TEXT", default="", help="Which run it is, such as the address of a build.")
@options.artifact_option
@gathered.key_option
@words.log_option
@gathered.into_option
def begin(
    model: str, metrics: tuple[str, ...], data_set: str | None, data_digest: str | None, suites: tuple[str, ...],
    scans: tuple[str, ...], source: str, artifact: str | None, key: str | None, log: bool | None, into: str | None,
) -> Exit:  # fmt: skip
    """Say that a run begins that will measure the artifact of MODEL, before anybody knows what comes of it.

    The key is that of the service whose evidence will carry the result.  The ledger holds when it was said: a rule such as
    `bars are older than evidence` asks whether the bars stood before, and one that never ended is a try.  What no rule in
    force reads is said.

    \b
    Example:
      policy evidence begin fraud@4 --metric accuracy --data-set holdout-2026 --key ci.pem
    """
    if not key:
        raise click.UsageError("which key signs? name the service's with --key, or set LETPASS_SERVICE_KEY")
    if not (metrics or suites or scans):
        raise click.UsageError("what will be measured? name it with --metric, --suite or --scan")
    if (data_set is not None or data_digest is not None) and not metrics:
        raise click.UsageError("--data-set and --data-digest are of a --metric")
    on = {k: v for k, v in (("data_set", data_set), ("data_digest", data_digest)) if v is not None}
    slots = [{"section": "metrics", "name": name, **on} for name in metrics]
    slots += [
        {"section": section, "name": name}
        for section, names in (("suites", suites), ("scans", scans))
        for name in names
    ]
    with options.diagnosed():
        from letpass.cli import people
        from letpass.cli.records import one_record
        from letpass.diagnostics import InvalidError, LetpassError, StatementError, clean
        from letpass.gate import awaited
        from letpass.lifecycle import issuing
        from letpass.project.configuration import load
        from letpass.registries.interface import Beside
        from letpass.trust import begun, signers, signing, statements

        configuration = load()
        record = one_record(model, configuration)
        project, trust = people.trusted(configuration)
        digest = project.artifacts.digest(record, Path(artifact) if artifact else None, "a run")
        payload = issuing.begin(record, digest, slots, people.now(), source)
        envelope = signing.by_service(Path(key).expanduser(), payload, signers.NAMESPACE)
        try:
            signers.service(trust, statements.from_envelope("", envelope), record.text("model"), people.now())
        except InvalidError as error:
            help_ = "`policy trust add service NAME --key KEY.pub`, and let the root sign it"
            raise StatementError.of("GATE415", f"the begin would not count: {error}", key, help_) from None
        try:
            policies = options.load_policies((), configuration).policies
            notes = list(awaited.unread(policies, [begun.Slot(**slot) for slot in slots]))
        except LetpassError:
            notes = []  # a run begins whatever state the policies are in
        words.put(project, record, payload, envelope.text(), Beside.STATEMENT, into, log=log)
    for note in notes:
        click.echo(clean(f"note: {note}"))
    return Exit.DONE
