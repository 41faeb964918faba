"""Evidence from files: what a tool wrote, read in its format, and shown before it is signed or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import claiming, copied, people, telling, variables
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.cli.exits import Exit
    from letpass.evidence.interface import Asked, Part
    from letpass.evidence.sources import Content
    from letpass.facts.record import Record
    from letpass.project.project import Project
    from letpass.trust.dsse import Envelope

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
_ANEW = "run it anew, to its end and over every case, and add what it writes then"
"""What helps where a run is not whole."""
_FORMATS = "`policy evidence formats` lists what is read; `--from FORMAT` names it"
"""What helps where nobody can tell what a file is, or it is not what somebody says."""
_SAYS = "leave that out: evidence says what was found, and the record which version it is"
_FOUND = "it was read as `{}`, by its ending; `--from FORMAT` names another format"
_SHARES = 'save the frame with `shares=["{0}"]`, which says it by group too, or give its metric a name of its own, such as `{0}_by_group`'

into_option = click.option("--into", metavar="FOLDER", help="Where to write the statement; else beside the record.")


class _RefusedError(InvalidError):
    """A file that cannot be used as it is, whatever format is named; `help`: what helps beside what it says itself, or nothing."""

    def __init__(self, why: str, help_: str) -> None:
        super().__init__(why)
        self.help = help_


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
        click.option(
            "--samples",
            metavar="FILE",
            multiple=True,
            help="lm-eval's samples_*.jsonl of the same run, for outcomes by case.",
        ),
        click.option("--from", "format_", metavar="FORMAT", help="The file's format; else its content tells it."),
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
    samples: tuple[str, ...] = (),
) -> Asked:
    """The options as what readers are asked with; raises `InvalidError` for samples that cannot be read."""
    from letpass.evidence.interface import Asked

    if bad := next((u for u in units if not all(u.partition("="))), None):
        raise click.BadParameter(f"`{bad}` is no METRIC=UNIT", param_hint="--unit")
    return Asked(
        file, suite, ran_at, data_set, {u.partition("=")[0]: u.partition("=")[2] for u in units}, tool, scanned,
        samples={name: _content(name, f"`{name}`") for name in samples},
    )  # fmt: skip


def read(file: str, format_: str | None, asked: Asked, plugins: tuple[str, ...]) -> Part:
    """A file's evidence as a part of a record; raises `InvalidError`."""
    from letpass.evidence import detecting, interface

    data = _content(file)
    if not data.strip():
        raise interface.NotWholeError("the file is empty")
    chosen = ""
    try:
        chosen = format_ or detecting.chosen(Path(file).name, data, plugins)
        if asked.samples and chosen in interface.FORMATS and chosen != "lm-eval":
            raise InvalidError(f"`{chosen}` has no samples in files of their own; --samples is of `lm-eval`")
        return interface.reader(chosen, plugins)(data, asked)
    except interface.NotWholeError:
        raise
    except InvalidError as error:
        if format_ is None and detecting.marks(data):
            raise _RefusedError(str(error), "") from None  # it says itself what to hand in, or which option to name
        if format_ is None and chosen:
            raise _RefusedError(str(error), _FOUND.format(chosen)) from None
        other = next((mark.name for mark in detecting.marks(data) if mark.name != format_), None)
        if format_ is None or other is None:
            raise
        raise InvalidError(f"{error}; it looks like {f'`{other}`' if other in interface.FORMATS else other}") from None


def _content(file: str, called: str = "it") -> Content:
    """The bytes of a file that a tool wrote; raises `InvalidError` for one that is too large, with what makes it smaller."""
    from letpass import disk
    from letpass.evidence import detecting, interface
    from letpass.evidence.sources import Content

    try:
        with disk.opened(Path(file)) as opened:
            data = opened.read(interface.LARGEST + 1)
    except OSError as error:
        raise _RefusedError(
            f"cannot read {called}: {disk.reason(error)}", "name the file that the tool wrote"
        ) from None
    if len(data) > interface.LARGEST:
        smaller = detecting.smaller(data)
        raise InvalidError(f"{called} has more than {interface.LARGEST:,} bytes" + (f": {smaller}" if smaller else ""))
    return Content(data)


def add(
    model: str, file: str, format_: str | None, key: str | None, artifact: str | None, into: str | None,
    dry_run: bool = False, **said: Any,
) -> None:  # fmt: skip
    """Read a file, and put what it says beside a model: signed with a key, else into its record.

    `dry_run`: only say what that would be · `said`: as `asked_of`.
    """
    from letpass.cli.records import one_record
    from letpass.diagnostics import StatementError
    from letpass.evidence import times
    from letpass.evidence.interface import NotWholeError
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
    except NotWholeError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", file, _ANEW) from None
    except _RefusedError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", file, error.help) from None
    except InvalidError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", file, _FORMATS) from None
    put(project, record, facts, Path(file).name, at_hand, key, into, dry_run=dry_run)


def put(
    project: Project, record: Record, facts: Part, source: str, artifact: Path | None, key: str | None, into: str | None,
    *, dry_run: bool = False,
) -> None:  # fmt: skip
    """Put a part of a record beside a version: signed by a service, or written into the record as a claim.

    `dry_run`: nothing is signed or written, and what would be is shown.
    """
    from letpass.diagnostics import StatementError, clean
    from letpass.evidence import displacing, times
    from letpass.facts.attested import fragment
    from letpass.trust import strict

    try:
        read_ = fragment(source, facts, "this service")
    except InvalidError as error:
        raise StatementError.of("GATE413", f"no evidence: {error}", source, _SAYS) from None
    if lost := displacing.displaced(record, read_, facts):
        name, on = lost[0], f" on `{lost[1]}`" if lost[1] else ""
        what = f"no evidence: it tells `{name}`{on} by group, and of how many cases it is only the record of `{record.name}` says"
        raise StatementError.of("GATE413", what, source, _SHARES.format(name))
    seen = copied.noticed(project, record, read_, facts)
    if seen is not facts:
        facts, read_ = seen, fragment(source, seen, "this service")
    try:
        lines = telling.told(read_, people.now(), attest=key is not None, dry_run=dry_run)
    except InvalidError as error:
        help_ = _NOT_WHOLE if any(scan.get("unread") for scan in facts.get("scans", ())) else ""
        raise StatementError.of("GATE413", f"no evidence: {error}", source, help_) from None
    if name := times.untimed(facts):
        what = f"no evidence: metric `{name}` does not say when it was measured"
        raise StatementError.of(
            "GATE413", what, source, f"name it with --ran-at, such as `--ran-at {strict.written(people.now())}`"
        )
    if dry_run:
        if key is not None:
            _vouched(project, record, facts, source, artifact, key)
        else:
            claiming.changes(project, record, facts, source)  # it is refused for what would refuse it
        for line in lines:
            click.echo(clean(line))
        return
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
    """Sign a part as a service, and put it where it belongs; where that is, and what there is to say of it."""
    from letpass.canonical import digest_bytes

    notes = []
    if project.trust is None:
        notes.append(f"note: there is no trust file `{project.path}`, so this counts nowhere yet; `policy trust init`")
    envelope = _vouched(project, record, facts, source, artifact, key)
    return people.put(project, record, digest_bytes(envelope.payload), envelope.text(), into), notes


def _vouched(project: Project, record: Record, facts: Part, source: str, artifact: Path | None, key: str) -> Envelope:
    """A part signed by a service; raises `StatementError` where it would not count."""
    from letpass.diagnostics import StatementError
    from letpass.facts.attested import AUTHOR
    from letpass.lifecycle import issuing
    from letpass.trust import evidence, signers, signing, statements

    bytes_are = project.artifacts.digest(record, artifact, "evidence")
    payload = issuing.evidence(record, bytes_are, facts, source, people.now())
    envelope = signing.by_service(Path(key).expanduser(), payload, signers.NAMESPACE)
    if project.trust is not None:
        try:
            statement = statements.from_envelope(source, envelope)
            evidence.vouched(project.trust, statement, record.text("model"), people.now())
        except InvalidError as error:
            may = f"--predicate {statement.type}" + (" --may author" if AUTHOR in facts else "")
            help_ = f"`policy trust add service NAME {may}`, with `--key KEY.pub` where it is new"
            raise StatementError.of("GATE415", f"the evidence would not count: {error}", key, help_) from None
    return envelope
