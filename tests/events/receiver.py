"""A real receiver of webhooks on the loopback interface: it keeps what it accepts, and misbehaves as it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], bool]
"""Answers by itself and gives True, or leaves it to the receiver to accept."""


class Handler(BaseHTTPRequestHandler):
    """Reads one event, and does what the receiver is told to do with it."""

    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = json.loads(body)
        self.server.asked.append(event)
        if self.server.behaviour is not None and self.server.behaviour(self, event):
            return
        self.server.accepted.append((dict(self.headers.items()), body))
        self.answer(204)

    def do_GET(self) -> None:
        self.server.followed.append(self.path)
        self.answer(200)

    def answer(self, status: int, **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


class Receiver(ThreadingHTTPServer):
    """asked: every event that came · accepted: headers and body of those that were accepted."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.asked: list[dict[str, Any]] = []
        self.accepted: list[tuple[dict[str, str], bytes]] = []
        self.followed: list[str] = []
        self.behaviour: Behaviour | None = None
        self.ended = Event()
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def handle_error(self, *_: Any) -> None:
        pass

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.accepted]

    @property
    def subjects(self) -> list[str]:
        return [event["subject"] for event in self.events]

    def close(self) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()


def fails(times: int, status: int = 500, **headers: str) -> Behaviour:
    """Refuses so many, and then accepts."""
    left = [times]

    def behaviour(handler: Handler, _: dict[str, Any]) -> bool:
        left[0] -= 1
        if left[0] >= 0:
            handler.answer(status, **headers)
        return left[0] >= 0

    return behaviour


def fails_for(model: str, how: Behaviour) -> Behaviour:
    """Misbehaves for one model alone."""
    return lambda handler, event: event["data"]["model"] == model and how(handler, event)


def hangs(handler: Handler, _: dict[str, Any]) -> bool:
    """Takes the event, and says nothing."""
    handler.server.ended.wait(30)
    return True


def trickles(handler: Handler, _: dict[str, Any]) -> bool:
    """Answers byte by byte, for ever."""
    end = time.monotonic() + 30
    handler.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
    while time.monotonic() < end and not handler.server.ended.wait(0.05):
        handler.wfile.write(b"s")
    return True


def closes(handler: Handler, _: dict[str, Any]) -> bool:
    """Closes the connection without a word."""
    handler.connection.close()
    return True


def babbles(handler: Handler, _: dict[str, Any]) -> bool:
    """Answers with what is no HTTP, and would move a terminal's cursor."""
    handler.wfile.write(b"\x1b[2Jevil\r\n\r\n")
    return True
