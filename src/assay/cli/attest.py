"""`policy attest`: sign what a tool found, as a statement about one artifact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli import options, people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.facts.record import Record

LARGEST = 16 << 20  # bytes of what a tool wrote


@click.command("attest", short_help="Sign what a tool found, as evidence about one artifact.")
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="FILE")
@click.option("--suite", metavar="NAME", help="Of a JUnit file: call all of it one suite of this name.")
@click.option("--ran-at", metavar="TIME", help="Of a JUnit file: when it ran, where it does not say so with a zone.")
@options.artifact_option
@click.option(
    "--key",
    "key",
    metavar="KEY",
    envvar="ASSAY_SERVICE_KEY",
    help="The service's private key, in PEM or SSH's form.",
)
@click.option("--into", metavar="FOLDER", help="Where to write the statement; else beside the record.")
def command(
    model: str, file: str, suite: str | None, ran_at: str | None, artifact: str | None, key: str | None, into: str | None
) -> None:  # fmt: skip
    """Sign a FILE as evidence: a JUnit report, or metrics, suites, scans, observations and facts as a record writes them.

    What a service has signed counts for `attested by "SERVICE"` where the trust file lets its key say so.

    \b
    Example:
      policy attest models/fraud/4.yaml results.xml --suite "Fairness Check" --key ci.pem
    """
    from assay.language.diagnostics import clean

    if not key:
        raise click.UsageError("which key signs? name the service's with --key, or set ASSAY_SERVICE_KEY")
    with options.diagnosed():
        from assay import asking
        from assay.canonical import digest_bytes
        from assay.cli.check import one_record
        from assay.configuration import load
        from assay.facts.attested import fragment
        from assay.gathering import Desk
        from assay.trust import signers, signing, statements
        from assay.trust.strict import refused

        configuration = load()
        record = one_record(model, configuration)
        desk = Desk(configuration)
        bytes_are = desk.artifact_of(record, Path(artifact) if artifact else None, "evidence")
        try:
            facts = _facts(Path(file), suite, ran_at)
            told = _told(fragment(file, facts, "this service"), people.now())
        except ValueError as error:
            raise refused("GATE413", f"no evidence: {error}", file) from None
        payload = asking.evidence(record, bytes_are, facts, Path(file).name, people.now())
        envelope = signing.by_service(Path(key).expanduser(), payload, signers.NAMESPACE)
        if desk.trust is None:
            told.append(f"note: there is no trust file `{desk.path}`, so this counts nowhere yet; `policy trust init`")
        else:
            try:
                statement = statements.from_envelope(file, envelope)
                signers.service(desk.trust, statement, record.text("model"), people.now())
            except ValueError as error:
                raise refused(
                    "GATE415",
                    f"the evidence would not count: {error}",
                    key,
                    f"`policy trust add service NAME --key KEY.pub --predicate {statement.type}`",
                ) from None
        path = people.put(record, digest_bytes(payload), envelope.text(), into)
    for line in told:
        click.echo(clean(line))
    people.written(path)


def _told(read: Record, now: int) -> list[str]:
    """What will be attested, in lines; raises ValueError for nothing, and for what no rule could use.

    It would push good evidence aside, since of one service the newest word counts.
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
            passed = run.get("passed")
            result = "passed" if passed is True else "failed" if passed is False else "ran"
            cases = f", {run['cases']:g} cases" if "cases" in run else ""
            lines.append(f"{section[:-1]} `{run[key]}` {result}{cases}, {moment(run['ran_at'])}")
    for (section, name), pieces in read.measures.items():
        for piece in pieces:
            _readable(piece, f"{section[:-1]} `{name}`")
            if "value" not in piece:
                raise ValueError(f"{section[:-1]} `{name}` has no value")
            on = f" on `{piece['data_set']}`" if piece.get("data_set") else ""
            lines.append(f"{section[:-1]} `{name}` {written(piece['value'])}{on}")
    for path, bad in read.unreadable.items():
        raise ValueError(f"`{path}` is {bad.written}, {bad.why}")
    lines += [f"`{path}` {written(value)}" for path, value in read.values.items()]
    lines += [
        f"`{path}`, {len(found)} of them" for path, found in read.lists.items() if path not in {"suites", "scans"}
    ]
    if not lines:
        raise ValueError("there is nothing in it to attest")
    return [f"attested: {line}" for line in lines]


def _readable(piece: Mapping[str, Any], what: str) -> None:
    """Raise ValueError for a piece of which a field cannot be read."""
    for field, bad in piece.get("@bad", {}).items():
        more = "; name it with --ran-at" if field == "ran_at" else ""
        when = "does not say when it ran: " if field == "ran_at" else ""
        raise ValueError(f"{what} {when}`{field}` is {bad.written}, {bad.why}{more}")


def _facts(path: Path, suite: str | None, ran_at: str | None) -> dict[str, Any]:
    """What a file says, in the record's shape; raises ValueError."""
    from assay import disk
    from assay.evidence import junit

    try:
        with path.open("rb") as opened:
            data = opened.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"cannot read it: {disk.reason(error)}") from None
    if len(data) > LARGEST:
        raise ValueError(f"more than {LARGEST:,} bytes")
    if path.suffix.lower() == ".xml":
        return junit.read(data, suite, ran_at)
    if suite is not None or ran_at is not None:
        raise click.UsageError("--suite and --ran-at are for a JUnit file, which ends in `.xml`")
    return _plain(path, data)


def _plain(path: Path, data: bytes) -> dict[str, Any]:
    """A part of a record in YAML or JSON, as JSON can hold it."""
    from assay.facts import document
    from assay.language.diagnostics import Source

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {error.start}") from None
    found = document.read(Source(str(path), text)).data
    if not isinstance(found, dict):
        raise ValueError("a mapping with `metrics`, `suites`, `scans`, `observations` or `facts`")
    return {k: _json(v) for k, v in found.items()}


def _json(value: Any) -> Any:
    """A YAML scalar without quotation marks as JSON would write it: a number, a flag, nothing, else a text."""
    from assay.facts.values import Plain, Unreadable, anything

    if isinstance(value, dict):
        return {str(k): _json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_json(v) for v in value]
    if type(value) is Plain:
        read = anything(value)
        return str(value) or None if isinstance(read, Unreadable) else read
    return value
