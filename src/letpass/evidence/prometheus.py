"""Observations from a Prometheus server, by its instant queries (`/api/v1/query` of its HTTP API)."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from letpass.diagnostics import InvalidError
from letpass.evidence.interface import Part
from letpass.facts.values import moment
from letpass.frozen import Frozen

LARGEST, WAIT = 1 << 20, 20.0  # bytes of an answer, seconds
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
COUNTS = ("samples", "successes")
FIELDS = ("value", *COUNTS, "standard_error")
_LATER = {408, 429}  # what a server answers that may do it at another time, besides 500 and more


class SilentError(InvalidError):
    """The server did not answer; another try may do."""


class Server(Frozen):
    """A server: its address without what that says of its user, and the user's word, which goes to this server alone."""

    url: str
    word: str = ""


def server(url: str) -> Server:
    """The server at an address, `http://USER:PASSWORD@HOST:PORT/PREFIX`; raises `InvalidError`, which shows no credentials."""
    try:
        parts: SplitResult = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidError("the server's address does not read") from None
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable() or not url.isascii() or " " in url:
        raise InvalidError("the server's address is no http address; write `http://HOST:PORT`")
    if parts.query or parts.fragment:
        raise InvalidError("the server's address ends before `?` and `#`; what is asked stands in --query")
    name = f"[{host}]" if ":" in host else host
    bare = f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return Server(bare, base64.b64encode(user.encode()).decode() if user != ":" else "")


def observe(url: str, queries: Mapping[str, str], window: str, until: int, units: Mapping[str, str]) -> Part:
    """What queries give at a time, as observations over the window that ends there.

    queries: an expression by `METRIC` or `METRIC.FIELD`, in which `$window` stands for the window; until: microseconds.
    `since` is told only where an expression looks over the window: the others are of that moment.  A value that is no
    finite number stays as Prometheus writes it.  Raises `InvalidError` where a query gives nothing, several series or no
    number, and where the server warns or answers with a part; `SilentError` where nobody answers.
    """
    span, asked = seconds(window) * 1_000_000, server(url)
    found: dict[str, dict[str, Any]] = {}
    for name in queries:
        metric, _, field = name.partition(".")
        if not metric or (field or "value") not in FIELDS:
            raise InvalidError(f"`{name}` names no field of an observation; fields are {', '.join(FIELDS)}")
        if (field or "value") in found.setdefault(metric, {}):
            raise InvalidError(f"`{metric}` has two queries of its {field or 'value'}")
        found[metric][field or "value"] = None
    if valueless := next((m for m, piece in found.items() if "value" not in piece), None):
        raise InvalidError(f"`{valueless}` has no query of its value")
    if strangers := sorted(units.keys() - found.keys()):
        raise InvalidError(f"there is no metric `{strangers[0]}` to have a unit")
    over = set[str]()
    for name, expression in queries.items():
        metric, _, field = name.partition(".")
        found[metric][field or "value"] = _value(_in_time(asked, expression.replace("$window", window), until), name)
        if "$window" in expression or re.search(rf"\[\s*{window}\s*[\]:]", expression):
            over.add(metric)
    for metric, piece in found.items():
        if metric in units:
            piece["unit"] = units[metric]
        begin = {"since": moment(until - span)} if metric in over else {}
        piece |= {**begin, "until": moment(until), "source": f"prometheus {asked.url}"}
    return {"observations": found}


def seconds(window: str) -> int:
    """The length of a window such as `30m`, `1h`, `7d`, at most ten years; raises `InvalidError`."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}[smhdw]", window, re.ASCII):
        raise InvalidError(f"`{window}` is no window; write it as Prometheus does: `30m`, `1h`, `7d`")
    found = int(window[:-1]) * SECONDS[window[-1]]
    if found > 10 * 366 * 86_400:
        raise InvalidError(f"`{window}` is longer than ten years")
    return found


class _Stays(HTTPRedirectHandler):
    """Follows no redirection: what is measured comes from the server that was named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _in_time(asked: Server, expression: str, at: int) -> Any:
    """The server's answer, within the time for one: a server that sends a byte now and then is left to itself."""
    found: list[Any] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            found.append(_asked(asked, expression, at))
        except Exception as error:  # noqa: BLE001 - it is raised again where it was asked for
            failed.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(WAIT + 2)
    if failed:
        raise failed[0]
    if not found:
        raise SilentError(f"{asked.url} does not answer: timed out")
    return found[0]


def _asked(asked: Server, expression: str, at: int) -> Any:
    """The server's answer to one expression."""
    query = urlencode({"query": expression, "time": f"{at / 1_000_000:.3f}", "timeout": WAIT})
    request = Request(f"{asked.url}/api/v1/query?{query}", headers={"Accept": "application/json"})  # noqa: S310 - `server` looks at the scheme
    if asked.word:
        request.add_unredirected_header("Authorization", f"Basic {asked.word}")
    until = time.monotonic() + WAIT
    try:
        with build_opener(_Stays).open(request, timeout=WAIT) as answer:
            data = _read(answer, until)
    except HTTPError as error:
        with error:
            raise _refused(error, asked) from None
    except (URLError, OSError, HTTPException) as error:
        why = getattr(error, "reason", error)
        said = str(why.strerror or why) if isinstance(why, OSError) else str(why) or type(why).__name__
        raise SilentError(f"{asked.url} does not answer: {said[:200].lower()}") from None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidError(f"{asked.url} answers no JSON; is it Prometheus?") from None


def _read(answer: HTTPResponse, until: float) -> bytes:
    """The whole of an answer; raises `InvalidError` for a long one, and `SilentError` for one that does not end."""
    data = b""
    while piece := answer.read1(1 << 16):
        data += piece
        if len(data) > LARGEST:
            raise InvalidError("the answer is too large for a single value; aggregate the query to one")
        if time.monotonic() > until:
            raise TimeoutError("timed out")
    if answer.length:
        raise IncompleteRead(data, answer.length)
    return data


def _refused(error: HTTPError, asked: Server) -> InvalidError:
    """Why a server answers with an error, in its own words where it has some."""
    try:
        said = str(json.loads(error.read(20_000))["error"])[:300]
    except (ValueError, KeyError, TypeError, RecursionError, OSError, HTTPException):
        said = ""
    text = f"{asked.url} answers {error.code}" + (f": {said}" if said else "")
    if 300 <= error.code < 400:
        text += ", a redirection, and none is followed; name the address that it leads to"
    elif error.code in {401, 403} and not said:
        text += ": it wants other credentials; write `http://USER:PASSWORD@HOST`"
    elif error.code == 404 and not said:
        text += "; is it Prometheus?"
    return (SilentError if error.code >= 500 or error.code in _LATER else InvalidError)(text)


def _value(answer: Any, name: str) -> Any:
    """The one value of an answer."""
    try:
        if answer["status"] != "success" or answer.get("error"):
            raise TypeError
        warned = answer.get("warnings") or ()
        if not isinstance(warned, list | tuple) or not isinstance(answer.get("isPartial", False), bool):
            raise TypeError
        if answer.get("isPartial"):  # as VictoriaMetrics tells that a part of its nodes did not answer
            raise InvalidError(
                f"the answer to the query of `{name}` is a part: not every node of the server gave its own"
            )
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind in {"matrix", "string"}:
            raise InvalidError(f"the query of `{name}` gives a {kind}, and one value is wanted")
        if kind not in {"vector", "scalar"}:
            raise TypeError
        if kind == "vector" and len(result) != 1:
            what = "no data" if not result else f"{len(result)} series"
            raise InvalidError(f"the query of `{name}` gives {what}, and one value is wanted; aggregate it to one")
        text = result[0]["value"][1] if kind == "vector" else result[1]
        if not isinstance(text, str):
            raise TypeError
    except (KeyError, TypeError, IndexError, AttributeError):
        raise InvalidError(f"the answer to the query of `{name}` is not as Prometheus gives it") from None
    if warned:
        raise InvalidError(f"the server warns of the query of `{name}`: {' '.join(str(warned[0]).split())[:300]}")
    return _number(text, name)


def _number(text: str, name: str) -> Any:
    """The number that Prometheus writes; as it writes it where no finite one is meant."""
    try:
        value = float(text)
    except ValueError:
        raise InvalidError(f"the query of `{name}` gives `{text[:40]}`, which is no number") from None
    if not abs(value) < float("inf"):
        return text
    if name.partition(".")[2] in COUNTS:
        if value < 0 or not value.is_integer():
            raise InvalidError(f"the query of `{name}` gives {text}, which counts nothing; write `round(…)` around it")
        return int(value)
    return value
