"""`policy observe`: record how a version behaves in production."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import gathered, options, people

if TYPE_CHECKING:
    from assay.evidence.interface import Part


@click.command("observe", short_help="Record how a version behaves in production.")
@click.argument("model", metavar="MODEL")
@click.argument("file", metavar="[FILE]", default="")
@click.option("--from", "format_", metavar="FORMAT", help="The file's format; else its ending tells it.")
@click.option("--prometheus", "url", metavar="URL", envvar="ASSAY_PROMETHEUS", help="A Prometheus server to ask.")
@click.option(
    "--query", "queries", metavar="METRIC=EXPR", multiple=True, help="What to ask it; `$window` in it is the window."
)
@click.option(
    "--window", metavar="TIME", default="1h", show_default=True, help="What the values are over: 30m, 1h, 7d."
)
@click.option("--unit", "units", metavar="METRIC=UNIT", multiple=True, help="The unit of a metric's raw numbers.")
@options.artifact_option
@gathered.key_option
@gathered.into_option
def command(
    model: str, file: str, format_: str | None, url: str | None, queries: tuple[str, ...], window: str,
    units: tuple[str, ...], artifact: str | None, key: str | None, into: str | None,
) -> None:  # fmt: skip
    """Record what was measured of MODEL in production, with its window: latency, error rate, drift.

    It is read from a FILE whose `observations` are written as in a record, or asked of a Prometheus server.  With a
    service's --key it is signed.  A query that gives nothing records nothing.

    \b
    Example:
      policy observe fraud@4 observed.yaml
    """
    if bool(file) == bool(queries) or (queries and not url):
        raise click.UsageError("name a FILE, or a --prometheus server with --query METRIC=EXPR")
    if bad := next((q for q in queries if not all(q.partition("="))), None):
        raise click.BadParameter(f"`{bad}` is no METRIC=EXPR", param_hint="--query")
    asked = gathered.asked_of(file, None, None, None, None, None, units)
    with options.diagnosed():
        from assay.cli.check import one_record
        from assay.configuration import load
        from assay.evidence import prometheus
        from assay.gathering import Desk
        from assay.registries.interface import unreachable
        from assay.trust.strict import refused

        configuration = load()
        record, desk = one_record(model, configuration), Desk(configuration)
        try:
            if file:
                found = _only(gathered.read(file, format_, asked, configuration.plugins))
            else:
                wanted = {q.partition("=")[0]: q.partition("=")[2] for q in queries}
                found = prometheus.observe(url or "", wanted, window, people.now(), asked.units)
        except prometheus.SilentError as error:
            raise unreachable(url or "", str(error), "is it running?", "GATE432") from None
        except ValueError as error:
            raise refused("GATE413", f"nothing was observed: {error}", file or url or "") from None
        source = Path(file).name if file else "prometheus"
        gathered.put(desk, record, found, source, Path(artifact) if artifact else None, key, into)


def _only(found: Part) -> Part:
    """A part that holds observations and nothing else; raises ValueError."""
    if more := sorted(found.keys() - {"observations"}):
        raise ValueError(f"it holds `{more[0]}` too; `policy evidence add` takes what was measured before")
    if not found.get("observations"):
        raise ValueError("it holds no `observations`")
    return found
