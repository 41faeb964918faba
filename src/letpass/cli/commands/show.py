"""`policy show`: what the registry knows of a model, or of one version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import options, terminal
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError, so_many

if TYPE_CHECKING:
    from letpass.facts.record import Element, Record
    from letpass.project.project import Project
    from letpass.registries.interface import Registry
    from letpass.trust.statements import Statement

FIRST = (
    "author", "registered_at", "risk", "license", "artifact.uri", "artifact.digest", "artifact.format", "artifact.size",
    "code.repository", "code.commit", "code.dirty", "environment.image", "environment.python", "model_card",
    "expires_at",
)  # fmt: skip
LISTS = (("data", "name"), ("suites", "name"), ("scans", "tool"), ("deployments", "endpoint"))
DATES = frozenset({"registered_at", "expires_at", "ran_at", "since", "until", "measured_at", "disclosed_at"})


@click.command("show", short_help="Show what the registry knows of a model, or of one version.")
@click.argument("model", metavar="NAME|MODEL")
def command(model: str) -> Exit:
    """Show a model's versions and their stages, or one version with what lies beside it.

    MODEL is NAME@VERSION, NAME@STAGE, or a record's path.

    \b
    Example:
      policy show fraud
    """
    with options.diagnosed():
        from letpass.cli.records import one_record
        from letpass.diagnostics import clean
        from letpass.facts.record import Record
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.registries import files
        from letpass.registries.interface import no_model

        configuration = load()
        project = Project(configuration)
        # a file that is called like a model, without a record's ending, is none in its place
        looks = model.startswith(("./", "/", "../")) or Path(model).suffix.lower() in files.SUFFIXES
        path = "@" in model or model == "-" or (looks and Path(model).is_file())
        found = [] if path else list(project.registry.versions(model))
        if path or (not found and ("/" in model or "." in model or Path(model).is_file())):
            lines = list(_version(project, one_record(model, configuration)))
        elif found:
            lines = [_row(r) for r in found if isinstance(r, Record)]
        else:
            raise no_model(model, project.registry.name)
    for line in lines:
        click.echo(clean(line))
    if faults := [f for f in found if not isinstance(f, Record)]:
        terminal.tell(faults)
        return Exit.USAGE
    return Exit.DONE


def _row(record: Record) -> str:
    from letpass.facts.record import raw_of

    served = [_shown("", raw_of(d, "endpoint")) for d in record.lists.get("deployments", ())]
    digest, stage = record.text("artifact.digest"), record.raw("stage")
    parts = [
        f"{record.name:24}",
        f"{_shown('', stage) if stage is not None else '-':12}",
        f"{digest[:19] + '…' if len(digest) > 19 else digest or 'no digest':20}",
    ]
    return "  ".join([*parts, *([f"served at {', '.join(served)}"] if served else [])]).rstrip()


def _version(project: Project, record: Record) -> Iterator[str]:
    """What is recorded, and what lies beside it."""
    from letpass.language.kinds import FIELD as KIND
    from letpass.language.kinds import MODEL

    carrier = project.carrier(record)
    stage = record.raw("stage")
    where = f"in {_shown('', stage)}" if stage is not None else "in no stage"
    yield f"{record.name}  {where}  ({carrier.name or 'a file'})"
    both = {**record.values, **record.unreadable}
    if record.kind == MODEL:
        both.pop(KIND, None)  # as nearly everything is
    every = {path: value for path, value in both.items() if not path.startswith("hyperparameters")}
    for path in (*[p for p in FIRST if p in every], *sorted(every.keys() - set(FIRST) - {"model", "version", "stage"})):
        yield f"  {path:22} {_shown(path, every[path])}"
    for (section, key), pieces in ((k, record.lists.get(k[0], ())) for k in LISTS):
        for piece in pieces:
            yield f"  {section:22} {_element(piece, key)}"
    if packages := record.lists.get("environment.packages", ()):
        old = [str(p.get("name")) for p in packages if p.get("deprecated") is True]
        yield f"  {'packages':22} {len(packages)}" + (f", deprecated: {', '.join(old)}" if old else "")
    given = record.document.data.get("hyperparameters") if record.document is not None else None
    if isinstance(given, dict) and given:
        yield f"  {'hyperparameters':22} " + ", ".join(f"{k}={_shown('', v)}" for k, v in given.items())
    for (section, name), pieces in record.measures.items():
        for piece in pieces:
            yield f"  {section:22} {name} {_measure(piece)}"
    for what in record.passed_over:
        yield f"  {'passed over':22} {what}"
    for piece in record.lists.get("notices", ()):
        yield f"  {'noticed':22} {piece.get('kind')}: {piece.get('what')}"
    yield from _compared(project, record)
    yield from _beside(project, carrier, record)


def _compared(project: Project, record: Record) -> Iterator[str]:
    """Where a version's record is not what the ledger knows of it, or why nobody can tell."""
    from letpass.diagnostics import UnreachableError
    from letpass.gate import baselines

    if not project.registry.has(record):
        return
    try:
        found = baselines.differs(project, record)
    except UnreachableError as error:
        yield f"  {'not compared':22} {error.diagnostics[0].message}"
        return
    if found is not None:
        yield f"  {'differs':22} {found.words}"


def _beside(project: Project, carrier: Registry, record: Record) -> Iterator[str]:
    """The statements and decisions beside a version, also those that do not read."""
    from letpass.trust import statements

    for name, data in carrier.statements(record):
        try:
            found = statements.read(name, data)
        except InvalidError as error:
            yield f"  {'unreadable':22} {name}: {error}"
            continue
        who = found.text("signer") or found.text("requester") or _service(project, record, found)
        at = f" at {found.text('issuedAt')}" if found.text("issuedAt") else ""
        yield f"  {found.kind:22} {who}{at}  ({name})"
    for name, _ in carrier.decisions(record):
        yield f"  {'decision':22} {name}"


def _service(project: Project, record: Record, statement: Statement) -> str:
    """The service that signed a statement, as far as the trust file knows it."""
    from letpass.cli import people
    from letpass.diagnostics import LetpassError
    from letpass.trust import signers

    try:
        if project.trust is None:
            return "nobody who is known"
        return signers.service(project.trust, statement, record.text("model"), people.now())
    except InvalidError as error:
        return f"nobody who counts ({error})"
    except LetpassError:
        return "nobody who is known"  # `policy doctor` tells what is wrong with the trust file


def _element(piece: Element, key: str) -> str:
    """An element of a list, in a line."""
    from letpass.facts.record import raw_of

    fields = {**piece, **piece.get("@bad", {})}
    rest = ", ".join(
        f"{k} {_shown(k, v)}" for k, v in fields.items() if k[0] != "@" and k != key and not isinstance(v, tuple)
    )
    found = len(piece["findings"]) if isinstance(piece.get("findings"), tuple) else None
    rest += f", {so_many(found, 'finding')}" if found else ""
    return _shown("", raw_of(piece, key)) + (f"  ({rest})" if rest else "")


def _measure(piece: Element) -> str:
    """A measurement, in a line: its value, and what it was measured on or when."""
    from letpass.facts.record import raw_of

    value, unit = raw_of(piece, "value"), piece.get("unit")
    words = [_shown("", value) if value is not None else "unknown", *([str(unit)] if unit else [])]
    if piece.get("data_set"):
        words.append(f"on {piece['data_set']}")
    for key, word in (
        ("samples", "of"),
        ("since", "since"),
        ("until", "until"),
        ("measured_at", "at"),
        ("source", "by"),
    ):
        if (found := raw_of(piece, key)) is not None:
            words.append(f"{word} {_shown(key, found)}")
    if "@unreadable" in piece:
        words.append(f"(cannot be used: {piece['@unreadable']})")
    return " ".join(words)


def _shown(path: str, value: object) -> str:
    from letpass.facts.values import Unreadable, moment, written

    if isinstance(value, Unreadable):
        return f"{value.written} ({value.why})"
    if isinstance(value, int) and not isinstance(value, bool) and path.rpartition(".")[2] in DATES:
        return moment(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, str) else written(value)
