"""Servers that are no Prometheus, or are not there: nothing is recorded, and a line says why."""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from letpass.evidence import prometheus as reader
from tests.cli.conftest import Call
from tests.integration import test_prometheus
from tests.integration.prometheus import Answer, sent, serving
from tests.integration.test_prometheus import DRIFT, query, state

_project = test_prometheus._project


def test_a_server_that_is_not_there_is_out_of_reach(project: Path, call: Call) -> None:
    """Exit 4: another try may do it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

    code, out, err = call(*query(url, DRIFT))

    assert (code, out, state()) == (4, "", {"stage": "production"})
    assert f"error[GATE432]: {url} does not answer: connection refused" in err
    assert "is it running?" in err


def _answer(body: bytes, kind: str = "application/json", code: int = 200) -> Answer:
    return lambda handler: sent(handler, body, kind, code)


def _hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def _drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def _redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:9/")
    handler.end_headers()


def _ends(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.corp.example ESMTP\r\n")


def _short(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"{")


def _vector(value: str, **more: object) -> bytes:
    data = {"resultType": "vector", "result": [{"metric": {}, "value": [1, value]}]}
    return json.dumps({"status": "success", "data": data, **more}).encode()


@pytest.mark.parametrize(
    ("answer", "code", "why"),
    [
        (_hangs, 4, "does not answer: timed out"),
        (_drips, 4, "does not answer: timed out"),
        (_ends, 4, "does not answer: "),
        (_short, 4, "does not answer: "),
        (_redirects, 2, "answers 302, a redirection, and none is followed"),
        (_answer(b"<html>Welcome</html>", "text/html"), 2, "answers no JSON; is it Prometheus?"),
        (_answer(b"", "text/html", 404), 2, "answers 404; is it Prometheus?"),
        (_answer(b"", "text/html", 401), 2, "answers 401: it wants other credentials"),
        (_answer(b'{"error": "too many \\"queries\\""}', code=429), 4, 'answers 429: too many "queries"'),
        (_answer(b'{"error": "shutting\\ndown\\u001b[2J"}', code=503), 4, "answers 503: shutting\\u000adown\\u001b[2J"),
        (_answer(b"[" * 5000), 2, "answers no JSON"),
        (_answer(b" " * (2 << 20)), 2, "the answer is too large for a single value"),
        (_answer(b"[]"), 2, "is not as Prometheus gives it"),
        (_answer(b'{"status": "error", "data": {}}'), 2, "is not as Prometheus gives it"),
        (_answer(b'{"status": "success", "data": {"resultType": "vector", "result": [[1, "2"]]}}'), 2, "is not as"),
        (_answer(_vector("0.1").replace(b'"0.1"', b"0.1")), 2, "is not as Prometheus gives it"),
        (_answer(_vector("one")), 2, "gives `one`, which is no number"),
        (_answer(_vector("0.1", warnings=["2 of 3 stores are away"])), 2, "the server warns of the query of `drift`: 2 of 3 stores are away"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_prometheus_records_nothing(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, answer: Answer, code: int, why: str
) -> None:
    """Whatever answers at the address: a line says what is wrong, and the registry stays as it is."""
    monkeypatch.setattr(reader, "WAIT", 0.5)
    with serving(answer) as url:
        ended, out, err = call(*query(url, DRIFT))

    assert (ended, out, state()) == (code, "", {"stage": "production"})
    assert why in err


def test_credentials_in_the_address_are_sent_and_neither_shown_nor_kept(project: Path, call: Call) -> None:
    """They go to the server that was named, as HTTP's basic authentication; the source names it without them."""
    seen: list[str] = []

    def asks(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers.get("Authorization", ""))
        good = seen[-1] == "Basic bW9uOmgwcHMvbWU="  # mon:h0ps/me
        sent(handler, _vector("0.1") if good else b'{"error": "who are you"}', code=200 if good else 403)

    with serving(asks) as url:
        good, bad = (url.replace("//", f"//mon:{word}@") for word in ("h0ps%2Fme", "wr0ng"))
        assert call(*query(good, DRIFT))[0] == 0
        code, out, err = call(*query(bad, DRIFT))

    assert (code, len(seen)) == (2, 2)
    assert f"{url} answers 403: who are you" in err
    everything = out + err + "".join(p.read_text() for p in project.rglob("*") if p.is_file())
    assert [word for word in ("h0ps", "wr0ng", "bW9u") if word in everything] == []
    assert state()["observations"]["drift"]["source"] == f"prometheus {url}"


@pytest.mark.parametrize(
    "url",
    ["ftp://mon:h0ps@127.0.0.1/", "http://mon:h0ps@[::1", "http://mon:h0ps@127.0.0.1:port", "mon:h0ps@127.0.0.1:9090",
     "http://mon:h0ps@127.0.0.1:9/?x=h0ps", "http://mon:h0ps@127.0.0.1:9/a b", "http://mon:h0ps@127.0.0.1:9/#h0ps",
     "file:///etc/passwd?h0ps", "http://mon:h0ps@\n127.0.0.1:9/", "http://mon:h0ps@127.0.0.1:9/ü", "", "http://"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_and_its_credentials_are_not_shown(
    project: Path, call: Call, url: str
) -> None:
    """Exit 2, and nothing is asked."""
    code, out, err = call(*query(url, DRIFT))

    assert (code, out, "h0ps" in err) == (2, "", False)
