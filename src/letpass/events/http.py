"""One POST within a bounded time, however slow the name server, the handshake or the answer is."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from contextlib import suppress
from email.utils import parsedate_to_datetime
from threading import Thread
from typing import Any

from letpass import disk

Found = tuple[int, float] | str


def post(address: str, body: bytes, headers: dict[str, str], timeout: float) -> Found:
    """The status of the answer and the seconds after which the server wants to be asked again, else why there is none.

    Redirects are not followed, and the answer's body is not read.  The proxies of the environment are used.
    """
    found: list[Found] = []
    connections: list[http.client.HTTPConnection] = []
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310 - the configuration allows http and https alone
    # what waits for a name server cannot be told to stop; a thread can be left
    thread = Thread(target=lambda: found.append(_asked(request, timeout, connections)), daemon=True)
    thread.start()
    thread.join(timeout)
    if found:
        return found[0]
    for connection in connections:
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)
    return f"no answer within {round(timeout, 1):g} s"


def _asked(request: urllib.request.Request, timeout: float, connections: list[http.client.HTTPConnection]) -> Found:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Plain(connections),
        _Secure(connections),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    try:
        with opener.open(request, timeout=timeout) as answer:
            return answer.status, 0.0
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _wait(error.headers.get("Retry-After", ""))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return _reason(error, timeout)


class _Plain(urllib.request.HTTPHandler):
    """Notes the connections that it makes, so that they can be ended."""

    def __init__(self, made: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self.made = made

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, **how: Any) -> http.client.HTTPConnection:
        self.made.append(http.client.HTTPConnection(host, **how))
        return self.made[-1]


class _Secure(urllib.request.HTTPSHandler):
    """The same over TLS, with the certificates that the system believes."""

    def __init__(self, made: list[http.client.HTTPConnection]) -> None:
        super().__init__()
        self.made = made

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, **how: Any) -> http.client.HTTPConnection:
        self.made.append(http.client.HTTPSConnection(host, context=ssl.create_default_context(), **how))
        return self.made[-1]


def _wait(text: str) -> float:
    """The seconds that a `Retry-After` header asks for, 0 where it says nothing that can be read."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    with suppress(ValueError, TypeError, OverflowError):
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    return 0.0


def _reason(error: Exception, timeout: float) -> str:
    """Why there was no answer, in words of our own: a server's are not to be repeated."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {round(timeout, 1):g} s"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS connection: {(cause.reason or 'no reason given').lower().replace('_', ' ')}"
    if isinstance(cause, ConnectionResetError | http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(cause, socket.gaierror):
        return f"its name cannot be found: {disk.reason(cause)}"
    if isinstance(cause, OSError):
        return (cause.strerror or "it cannot be reached").lower()
    return "its answer is no HTTP"
