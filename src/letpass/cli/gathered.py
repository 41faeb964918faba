"""Evidence from files: what a tool wrote, read in its format, and shown before it is signed or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import claiming, people, telling, variables
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.cli.exits import Exit
    from letpass.evidence.interface import Asked, Part
    from letpass.facts.record import Record
    from letpass.project.project import Project

key_option = variables.option(
    "--key",
    "key",
    variable="LETPASS_SERVICE_KEY",
    callback=variables.told,
    metavar="KEY",
    help="The service's private key, in PEM or SSH's form.",
)

_NOT_WHOLE = (
    "scan anew so that everything is looked at; with the artifact's bytes at hand, `--artifact PATH`, files that it skipped"
    " and that are text, images or safetensors by their content are passed over"
)
_FORMATS = "`policy evidence formats` lists what is read; `--from FORMAT` names it"
"""What helps where a file is none of its format."""

into_option = click.option("--into", metavar="FOLDER", help="Where to write the statement; else beside the record.")


def reads(command: Callable[..., Exit]) -> Callable[..., Exit]:
    """The options that say how a file is to be read."""
    for option in (
        click.option(
            "--unit", "units", metavar="METRIC=UNIT", multiple=True, help="The unit of a metric's raw numbers."
        ),
        click.option("--data-set", metavar="NAME", help="What was measured on, where the file does not say it."),
        click.option("--tool", metavar="NAME", help="The scanner; an error where the file says another."),
        click.option("--scanned", metavar="N", type=click.IntRange(0), help="How many files a scanner looked at."),
        click.option("--ran-at", metavar="TIME", help="When it ran, where it does not say so with a zone."),
        click.option("--suite", metavar="NAME", help="Call all of it one suite of this name."),
        click.option("--from", "format_", metavar="FORMAT", help="The file's format; else its ending tells it."),
    ):
        command = option(command)
    return command


def asked_of(
    file: str,
    suite: str | None,
    ran_at: str | None,
    tool: str | None,
    scanned: int | None,
    data_set: str | None,
    units: tuple[str, ...],
) -> Asked:
    """The options as what readers are asked with."""
    from letpass.evidence.interface import Asked

    if bad := next((u for u in units if not all(u.partition("="))), None):
        raise click.BadParameter(f"`{bad}` is no METRIC=UNIT", param_hint="--unit")
    return Asked(
        file, suite, ran_at, data_set, {u.partition("=")[0]: u.partition("=")[2] for u in units}, tool, scanned
    )


def read(file: str, format_: str | None, asked: Asked, plugins: tuple[str, ...]) -> Part:
    """What a file says, in the record's shape; raises `InvalidError`."""
    from letpass import disk
    from letpass.evidence import interface

    chosen = format_ or interface.guess(file)
    if chosen is None:
        raise InvalidError(
            f"what format is it? name it with --from: {', '.join(sorted({*interface.FORMATS, *plugins}))}"
        )
    try:
        with disk.opened(Path(file)) as opened:
            data = opened.read(interface.LARGEST + 1)
    except OSError as error:
        raise InvalidError(f"cannot read it: {disk.reason(error)}") from None
    if len(data) > interface.LARGEST:
        raise InvalidError(f"more than {interface.LARGEST:,} bytes")
    return interface.reader(chosen, plugins)(data, asked)


def add(
    model: str, file: str, format_: str | None, key: str | None, artifact: str | None, into: str | None, **said: Any
) -> None:
    """Read a file, and put what it says beside a model: signed with a key, else into its record.  `said`: as `asked_of`."""
    from letpass.cli.records import one_record
    from letpass.diagnostics import StatementError
    from letpass.evidence import times
    from letpass.frozen import replace
    from letpass.project.configuration import load
    from letpass.project.project import Project

    configuration = load()
    record, project = one_record(model, configuration), Project(configuration)
    at_hand = Path(artifact) if artifact else None
    try:
        about = replace(
            asked_of(file, **said),
            artifact=record.text("artifact.digest") or None,
            files=lambda: project.artifacts.files(record, at_hand),
        )
        facts = times.given(read(file, format_, about, configuration.plugins), about.ran_at)
    except InvalidError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", file, _FORMATS) from None
    put(project, record, facts, Path(file).name, at_hand, key, into)


def put(
    project: Project, record: Record, facts: Part, source: str, artifact: Path | None, key: str | None, into: str | None
) -> None:
    """Put a part of a record beside a version: signed by a service, or written into the record as a claim."""
    from letpass.diagnostics import StatementError, clean
    from letpass.evidence import times
    from letpass.facts.attested import fragment
    from letpass.trust import strict

    try:
        read_ = fragment(source, facts, "this service")
    except InvalidError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", source, _FORMATS) from None
    try:
        lines = telling.told(read_, people.now(), "attested" if key else "recorded")
    except InvalidError as error:
        help_ = _NOT_WHOLE if any(scan.get("unread") for scan in facts.get("scans", ())) else ""
        raise StatementError.of("GATE413", f"no evidence: {error}", source, help_) from None
    if name := times.untimed(facts):
        what = f"no evidence: metric `{name}` does not say when it was measured"
        raise StatementError.of(
            "GATE413", what, source, f"name it with --ran-at, such as `--ran-at {strict.written(people.now())}`"
        )
    if key:
        place, more = _signed(project, record, facts, source, artifact, key, into)
        lines += more
    else:
        if into is not None:
            raise click.UsageError("--into is for evidence that is signed with --key")
        place = claiming.write(project, record, facts, source)
        if not place:
            click.echo(clean(f"nothing new: the record of {record.name} says all of it"))
            return
    for line in lines:
        click.echo(clean(line))
    people.written(place)


def _signed(
    project: Project, record: Record, facts: Part, source: str, artifact: Path | None, key: str, into: str | None
) -> tuple[str, list[str]]:
    """Sign a part as a service; where the statement is, and what there is to say of it."""
    from letpass.canonical import digest_bytes
    from letpass.diagnostics import StatementError
    from letpass.facts.attested import AUTHOR
    from letpass.lifecycle import issuing
    from letpass.trust import evidence, signers, signing, statements

    notes = []
    bytes_are = project.artifacts.digest(record, artifact, "evidence")
    payload = issuing.evidence(record, bytes_are, facts, source, people.now())
    envelope = signing.by_service(Path(key).expanduser(), payload, signers.NAMESPACE)
    if project.trust is None:
        notes.append(f"note: there is no trust file `{project.path}`, so this counts nowhere yet; `policy trust init`")
    else:
        try:
            statement = statements.from_envelope(source, envelope)
            evidence.vouched(project.trust, statement, record.text("model"), people.now())
        except InvalidError as error:
            may = f"--predicate {statement.type}" + (" --may author" if AUTHOR in facts else "")
            help_ = f"`policy trust add service NAME {may}`, with `--key KEY.pub` where it is new"
            raise StatementError.of("GATE415", f"the evidence would not count: {error}", key, help_) from None
    return people.put(project, record, digest_bytes(payload), envelope.text(), into), notes
