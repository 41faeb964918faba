"""Metrics in Prometheus's text format, version 0.0.4."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from letpass.frozen import Frozen

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Sample(Frozen):
    """One number.  suffix: of a histogram's name · labels: names and values in their order."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    suffix: str = ""


class Family(Frozen):
    """One metric: its name, its type (counter, gauge, histogram), what it says, and its samples."""

    name: str
    type: str
    help: str
    samples: tuple[Sample, ...] = ()


def text(families: Iterable[Family]) -> str:
    """The metrics as a scrape reads them; one without samples is left out."""
    return "".join(f"{line}\n" for family in families if family.samples for line in _lines(family))


def histogram(
    bounds: Sequence[float], counts: Sequence[float], total: float, labels: Mapping[str, str]
) -> list[Sample]:
    """The samples of one histogram.  counts: of what was within each bound and above the one before it, and above the last."""
    said = tuple(labels.items())
    found, sum_ = list[Sample](), 0.0
    for bound, count in zip((*bounds, math.inf), counts, strict=True):
        sum_ += count
        found.append(Sample(sum_, (*said, ("le", _number(bound))), "_bucket"))
    return [*found, Sample(total, said, "_sum"), Sample(sum_, said, "_count")]


def _lines(family: Family) -> Iterable[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.type}"
    for sample in family.samples:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
        yield f"{family.name}{sample.suffix}{f'{{{labels}}}' if labels else ''} {_number(sample.value)}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))
