"""Evidence from files: what a tool wrote, read in its format, and shown before it is signed or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli import people

if TYPE_CHECKING:
    from assay.evidence.interface import Asked, Part
    from assay.facts.record import Record
    from assay.gathering import Desk

key_option = click.option(
    "--key", "key", metavar="KEY", envvar="ASSAY_SERVICE_KEY", help="The service's private key, in PEM or SSH's form."
)

into_option = click.option("--into", metavar="FOLDER", help="Where to write the statement; else beside the record.")


def reads(command: Callable[..., None]) -> Callable[..., None]:
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
    from assay.evidence.interface import Asked

    if bad := next((u for u in units if not all(u.partition("="))), None):
        raise click.BadParameter(f"`{bad}` is no METRIC=UNIT", param_hint="--unit")
    return Asked(
        file, suite, ran_at, data_set, {u.partition("=")[0]: u.partition("=")[2] for u in units}, tool, scanned
    )


def read(file: str, format_: str | None, asked: Asked, plugins: tuple[str, ...]) -> Part:
    """What a file says, in the record's shape; raises ValueError."""
    from assay import disk
    from assay.evidence import interface

    chosen = format_ or interface.guess(file)
    if chosen is None:
        raise ValueError(f"what format is it? name it with --from: {', '.join(sorted({*interface.FORMATS, *plugins}))}")
    try:
        with Path(file).open("rb") as opened:
            data = opened.read(interface.LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot read it: {disk.reason(error)}") from None
    if len(data) > interface.LARGEST:
        raise ValueError(f"more than {interface.LARGEST:,} bytes")
    return interface.reader(chosen, plugins)(data, asked)


def told(read: Record, now: int, word: str) -> list[str]:
    """What a part of a record says, in lines that begin with `word`; raises ValueError for nothing, and for what no rule could use.

    It would push good evidence aside, since of one service the newest word counts.  In a record a metric's value that
    cannot be read is only shown: there it is what is known.
    """
    from assay.facts.values import moment, written
    from assay.trust.signers import SKEW

    lines = []
    for section, key in (("suites", "name"), ("scans", "tool")):
        for run in read.lists.get(section, ()):
            _readable(run, f"{section[:-1]} `{run[key]}`")
            if "ran_at" not in run:
                raise ValueError(f"`{run[key]}` does not say when it ran (it has no `ran_at`); name it with --ran-at")
            if run["ran_at"] > now + SKEW:
                raise ValueError(f"`{run[key]}` says that it ran at {moment(run['ran_at'])}, which lies in the future")
            lines.append(f"{section[:-1]} `{run[key]}` {_outcome(run)}, {moment(run['ran_at'])}")
    for (section, name), pieces in read.measures.items():
        for piece in pieces:
            what = f"{section[:-1]} `{name}`"
            lines.append(f"{what} {_value(piece, what, word)}")
    for path, bad in read.unreadable.items():
        raise ValueError(f"`{path}` is {bad.written}, {bad.why}")
    lines += [f"`{path}` {written(value)}" for path, value in read.values.items()]
    lines += [
        f"`{path}`, {len(found)} of them" for path, found in read.lists.items() if path not in {"suites", "scans"}
    ]
    if not lines:
        raise ValueError("; ".join(read.passed_over) or "there is nothing in it to attest")
    return [f"{word}: {line}" for line in lines] + [f"passed over: {line}" for line in read.passed_over]


def _outcome(run: Mapping[str, Any]) -> str:
    """What a run of a suite or scanner came to, in words."""
    if "@unreadable" in run:
        return f"ran: {run['@unreadable']}"
    if "scanned" in run:
        return f"ran, {run['scanned']:g} looked at, {len(run.get('findings', ()))} findings"
    passed = run.get("passed")
    cases = f", {run['cases']:g} cases" if "cases" in run else ""
    return ("passed" if passed is True else "failed" if passed is False else "ran") + cases


def _value(piece: Mapping[str, Any], what: str, word: str) -> str:
    """A measure's value in words, and on what; raises ValueError for one that may not be attested, or says nothing."""
    from assay.facts.values import written

    bad = piece.get("@bad", {})
    if word == "attested" or bad.keys() - {"value"}:
        _readable(piece, what)
    on = f" on `{piece['data_set']}`" if piece.get("data_set") else ""
    if "value" in bad:
        return f"{bad['value'].written}{on}, which no rule can use: {bad['value'].why}"
    if "@unreadable" in piece and word != "attested":
        return f"says{on} what no rule can use: {piece['@unreadable']}"
    if "value" not in piece:
        raise ValueError(f"{what} has no value" if "@unreadable" not in piece else f"{what}: {piece['@unreadable']}")
    return written(piece["value"]) + on


def _readable(piece: Mapping[str, Any], what: str) -> None:
    """Raise ValueError for a piece of which a field cannot be read."""
    for field, bad in piece.get("@bad", {}).items():
        more = "; name it with --ran-at" if field == "ran_at" else ""
        when = "does not say when it ran: " if field == "ran_at" else ""
        raise ValueError(f"{what} {when}`{field}` is {bad.written}, {bad.why}{more}")


def add(
    model: str, file: str, format_: str | None, asked: Asked, artifact: str | None, key: str | None, into: str | None
) -> None:
    """Read a file, and put what it says beside a model: signed with a key, else into its record."""
    from assay.cli.check import one_record
    from assay.configuration import load
    from assay.frozen import replace
    from assay.gathering import Desk
    from assay.trust.strict import refused

    configuration = load()
    record, desk = one_record(model, configuration), Desk(configuration)
    try:
        about = replace(asked, artifact=record.text("artifact.digest") or None)
        facts = read(file, format_, about, configuration.plugins)
    except ValueError as error:
        raise refused("GATE413", f"no evidence: {error}", file) from None
    put(desk, record, facts, Path(file).name, Path(artifact) if artifact else None, key, into)


def put(
    desk: Desk, record: Record, facts: Part, source: str, artifact: Path | None, key: str | None, into: str | None
) -> None:
    """Put a part of a record beside a version: signed by a service, or written into the record as a claim."""
    from assay.facts.attested import fragment
    from assay.language.diagnostics import clean
    from assay.trust.strict import refused

    try:
        lines = told(fragment(source, facts, "this service"), people.now(), "attested" if key else "recorded")
    except ValueError as error:
        raise refused("GATE413", f"no evidence: {error}", source) from None
    if key:
        place, more = _signed(desk, record, facts, source, artifact, key, into)
        lines += more
    else:
        if into is not None or artifact is not None:
            raise click.UsageError("--into and --artifact are for evidence that is signed with --key")
        place = _claimed(desk, record, facts)
    for line in lines:
        click.echo(clean(line))
    people.written(place)


def _claimed(desk: Desk, record: Record, facts: Part) -> str:
    """Write a part into the record of a version of the registry."""
    from assay.registries.editing import appended
    from assay.registries.interface import refused

    if not desk.registry.has(record) or record.document is None:
        what = f"`{record.name}` is not in the registry `{desk.registry.name}`, so its record is yours to write"
        raise refused(what, desk.registry.name, "`policy register` takes it in, or sign the evidence with --key")
    changes = {section: appended(record.document.data, section, pieces) for section, pieces in facts.items()}
    desk.registry.amend(record, changes)
    return f"{', '.join(changes)} of {record.name}"


def _signed(
    desk: Desk, record: Record, facts: Part, source: str, artifact: Path | None, key: str, into: str | None
) -> tuple[str, list[str]]:
    """Sign a part as a service; where the statement is, and what there is to say of it."""
    from assay import asking
    from assay.canonical import digest_bytes
    from assay.trust import signers, signing, statements
    from assay.trust.strict import refused

    notes = []
    bytes_are = desk.artifact_of(record, artifact, "evidence")
    payload = asking.evidence(record, bytes_are, facts, source, people.now())
    envelope = signing.by_service(Path(key).expanduser(), payload, signers.NAMESPACE)
    if desk.trust is None:
        notes.append(f"note: there is no trust file `{desk.path}`, so this counts nowhere yet; `policy trust init`")
    else:
        try:
            statement = statements.from_envelope(source, envelope)
            signers.service(desk.trust, statement, record.text("model"), people.now())
        except ValueError as error:
            raise refused(
                "GATE415",
                f"the evidence would not count: {error}",
                key,
                f"`policy trust add service NAME --key KEY.pub --predicate {statement.type}`",
            ) from None
    return people.put(desk, record, digest_bytes(payload), envelope.text(), into), notes
