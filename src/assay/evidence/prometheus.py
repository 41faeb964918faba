"""Observations from a Prometheus server, by its instant queries (`/api/v1/query` of its HTTP API)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from assay.evidence.interface import Part
from assay.facts.values import moment

LARGEST, WAIT = 1 << 20, 20  # bytes of an answer, seconds
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
FIELDS = ("value", "samples", "successes", "standard_error")


class SilentError(ValueError):
    """The server did not answer; another try may do."""


def observe(url: str, queries: Mapping[str, str], window: str, until: int, units: Mapping[str, str]) -> Part:
    """What queries give at a time, as observations over the window that ends there.

    queries: an expression by `METRIC` or `METRIC.FIELD`, in which `$window` stands for the window; until: microseconds.
    A value that is no finite number stays as Prometheus writes it.  Raises ValueError where a query gives nothing, several
    series or no number, and `SilentError` where nobody answers.
    """
    span = seconds(window) * 1_000_000
    found: dict[str, dict[str, Any]] = {}
    for name, expression in queries.items():
        metric, _, field = name.partition(".")
        if (field or "value") not in FIELDS:
            raise ValueError(f"`{name}` names no field of an observation; fields are {', '.join(FIELDS)}")
        value = _value(_asked(url, expression.replace("$window", window), until), name)
        found.setdefault(metric, {})[field or "value"] = value
    for metric, piece in found.items():
        if metric in units:
            piece["unit"] = units[metric]
        piece |= {"since": moment(until - span), "until": moment(until), "source": f"prometheus {_shown(url)}"}
    return {"observations": found}


def seconds(window: str) -> int:
    """The length of a window such as `30m`, `1h`, `7d`; raises ValueError."""
    if not re.fullmatch(r"[1-9][0-9]{0,6}[smhdw]", window):
        raise ValueError(f"`{window}` is no window; write it as Prometheus does: `30m`, `1h`, `7d`")
    return int(window[:-1]) * SECONDS[window[-1]]


def _shown(url: str) -> str:
    """An address without what it says of its user."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _Stays(HTTPRedirectHandler):
    """Follows no redirection: what is measured comes from the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _asked(url: str, expression: str, at: int) -> Any:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError(f"`{url}` is no http address")
    query = urlencode({"query": expression, "time": f"{at / 1_000_000:.3f}"})
    request = Request(f"{url.rstrip('/')}/api/v1/query?{query}")  # noqa: S310 - the scheme is looked at above
    try:
        with build_opener(_Stays).open(request, timeout=WAIT) as answer:
            data = answer.read(LARGEST + 1)
    except HTTPError as error:
        said = error.read(2000).decode("utf-8", "replace")
        reason = re.search(r'"error":"([^"]{1,300})', said)
        text = f"prometheus answers {error.code}" + (f": {reason[1]}" if reason else "")
        raise (SilentError if error.code >= 500 else ValueError)(text) from None
    except (URLError, OSError) as error:
        raise SilentError(f"{_shown(url)} does not answer: {getattr(error, 'reason', error)}") from None
    if len(data) > LARGEST:
        raise ValueError("the answer is too large for a single value")
    try:
        return json.loads(data)
    except ValueError:
        raise ValueError(f"{_shown(url)} answers no JSON; is it Prometheus?") from None


def _value(answer: Any, name: str) -> Any:
    try:
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind == "vector" and len(result) != 1:
            what = "no data" if not result else f"{len(result)} series"
            raise ValueError(f"the query of `{name}` gives {what}, and one value is wanted; aggregate it to one")
        text = result[0]["value"][1] if kind == "vector" else result[1]
        if kind not in {"vector", "scalar"} or not isinstance(text, str):
            raise ValueError(f"the query of `{name}` gives a {kind}, and one value is wanted")
        value = float(text)
    except (KeyError, TypeError, IndexError):
        raise ValueError(f"the answer to the query of `{name}` is not as Prometheus gives it") from None
    return value if abs(value) < float("inf") else text
