"""`policy observe`: record how a version behaves in production."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import gathered, options, people, variables
from letpass.cli.exits import Exit
from letpass.diagnostics import InvalidError

if TYPE_CHECKING:
    from letpass.evidence.interface import Part


@click.command("observe", short_help="Record how a version behaves in production.")
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="[FILE]", default="")
@click.option("--from", "format_", metavar="FORMAT", help="The file's format; else its ending tells it.")
@variables.option(
    "--prometheus",
    "url",
    variable="LETPASS_PROMETHEUS",
    callback=variables.told,
    metavar="URL",
    help="A Prometheus server to ask.",
)
@click.option(
    "--query", "queries", metavar="METRIC=EXPR", multiple=True, help="What to ask it; `$window` in it is the window."
)
@click.option("--window", metavar="TIME", default="1h", show_default=True, help="What queries look over: 30m, 1h, 7d.")
@click.option("--unit", "units", metavar="METRIC=UNIT", multiple=True, help="The unit of a metric's raw numbers.")
@options.artifact_option
@gathered.key_option
@gathered.into_option
def command(
    model: str, file: str, format_: str | None, url: str | None, queries: tuple[str, ...], window: str,
    units: tuple[str, ...], artifact: str | None, key: str | None, into: str | None,
) -> Exit:  # fmt: skip
    """Record what was measured of MODEL in production, with its window: latency, error rate, drift.

    It is read from a FILE whose `observations` are written as in a record, or asked of a Prometheus server.  With a
    service's --key it is signed.  Where one query gives no single number nothing is recorded.

    METRIC.samples and METRIC.successes ask how many cases a value was measured on.  A query without `$window` is of the
    moment, and says nothing of a window.

    \b
    Example:
      policy observe fraud@4 observed.yaml
    """
    if bool(file) == bool(queries) or (queries and not url):
        raise click.UsageError("name a FILE, or a --prometheus server with --query METRIC=EXPR")
    if bad := next((q for q in queries if not all(q.partition("="))), None):
        raise click.BadParameter(f"`{bad}` is no METRIC=EXPR", param_hint="--query")
    names = [q.partition("=")[0] for q in queries]
    if twice := next((n for n in names if names.count(n) > 1), None):
        raise click.BadParameter(f"`{twice}` is asked for twice", param_hint="--query")
    _fits(file, queries, window, format_)
    asked = gathered.asked_of(file, None, None, None, None, None, units)
    with options.diagnosed():
        from letpass.cli.records import one_record
        from letpass.diagnostics import StatementError, UnreachableError
        from letpass.evidence import prometheus
        from letpass.project.configuration import load
        from letpass.project.project import Project

        configuration = load()
        record, project = one_record(model, configuration), Project(configuration)
        try:
            if file:
                found = _only(gathered.read(file, format_, asked, configuration.plugins), asked.units)
            else:
                wanted = {q.partition("=")[0]: q.partition("=")[2] for q in queries}
                found = prometheus.observe(url or "", wanted, window, people.now(), asked.units)
        except prometheus.SilentError as error:
            raise UnreachableError.of(
                "GATE432", str(error), "prometheus", "is it running?  nothing was recorded"
            ) from None
        except InvalidError as error:
            raise StatementError.of("GATE413", f"nothing was observed: {error}", file or "prometheus") from None
        source = Path(file).name if file else "prometheus"
        gathered.put(project, record, found, source, Path(artifact) if artifact else None, key, into)
    return Exit.DONE


def _fits(file: str, queries: tuple[str, ...], window: str, format_: str | None) -> None:
    """Raise where an option says something that would not be looked at."""
    source = click.get_current_context().get_parameter_source("window")
    given = source is not click.core.ParameterSource.DEFAULT
    if file and given:
        raise click.UsageError("--window is of queries; a FILE says `since` and `until` itself")
    if queries and format_:
        raise click.UsageError("--from is of a FILE")
    if queries and given and not any("$window" in q or f"[{window}" in q for q in queries):
        raise click.UsageError("--window is given, and no --query has `$window` in it")


def _only(found: Part, units: Mapping[str, str]) -> Part:
    """A part that holds observations and nothing else, with these units; raises `InvalidError`."""
    if more := sorted(found.keys() - {"observations"}):
        raise InvalidError(f"it holds `{more[0]}` too; `policy evidence add` takes what was measured before")
    said = found.get("observations")
    if not isinstance(said, dict) or not said:
        raise InvalidError("it holds no `observations`")
    for metric, unit in units.items():
        if metric not in said:
            raise InvalidError(f"there is no metric `{metric}` to have a unit")
        piece = said[metric] if isinstance(said[metric], dict) else {"value": said[metric]}
        if piece.get("unit", unit) != unit:
            raise InvalidError(f"the file says that `{metric}` is in `{piece['unit']}`, and --unit says `{unit}`")
        said = {**said, metric: {**piece, "unit": unit}}
    return {"observations": said}
