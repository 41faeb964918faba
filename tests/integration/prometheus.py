"""A Prometheus server of the tests' own, on loopback, and the small service that it scrapes."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

BUCKETS = (0.01, 0.02, 0.04, 0.08)
Answer = Callable[[BaseHTTPRequestHandler], None]


def program() -> str | None:
    """The server's program, where it is installed."""
    return shutil.which("prometheus")


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The address of an HTTP server whose GETs a function answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def sent(handler: BaseHTTPRequestHandler, body: bytes, kind: str = "application/json", code: int = 200) -> None:
    """Answer with a body."""
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Model:
    """What a served model tells: requests of 15 ms, one in fifty of 30 ms, one in twenty thousand an error; a drift."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def metrics(self, handler: BaseHTTPRequestHandler) -> None:
        """Its counters now: 20,000 requests a second."""
        count = int((time.monotonic() - self._begun) * 20_000)
        slow = count // 50
        lines = ["# TYPE request_seconds histogram"]
        for bound in BUCKETS:
            within = 0 if bound < 0.02 else count - slow if bound < 0.04 else count
            lines.append(f'request_seconds_bucket{{le="{bound}"}} {within}')
        lines += [f'request_seconds_bucket{{le="+Inf"}} {count}', f"request_seconds_count {count}"]
        lines += [f"request_seconds_sum {count * 0.015}", "# TYPE requests_total counter"]
        lines += [
            f'requests_total{{code="200"}} {count - count // 20_000}',
            f'requests_total{{code="500"}} {count // 20_000}',
        ]
        lines += ["# TYPE feature_drift gauge", "feature_drift 0.125"]
        sent(handler, ("\n".join(lines) + "\n").encode(), "text/plain; version=0.0.4")


class Server:
    """`prometheus` on a free port, which scrapes a model five times a second and has data when this returns."""

    def __init__(self, folder: Path, target: str) -> None:
        found = program()
        assert found is not None
        folder.mkdir(parents=True, exist_ok=True)
        scrape = {"job_name": "model", "static_configs": [{"targets": [target.removeprefix("http://")]}]}
        every = {"scrape_interval": "200ms", "scrape_timeout": "200ms"}
        (folder / "prometheus.yml").write_text(json.dumps({"global": every, "scrape_configs": [scrape]}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url, self.log = f"http://127.0.0.1:{port}", folder / "server.log"
        command = [
            found, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        for _ in range(300):
            with suppress(URLError, OSError):
                if len(self.asked("increase(requests_total[2s]) > 0")) == 2:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise AssertionError(self.log.read_text())

    def asked(self, expression: str) -> list[object]:
        """What the server gives for an expression a moment ago: a decision's clock has whole seconds, and may lag by one."""
        query = urlencode({"query": expression, "time": int(time.time()) - 1})
        with urlopen(f"{self.url}/api/v1/query?{query}", timeout=5) as answer:
            found: list[object] = json.load(answer)["data"]["result"]
        return found

    def stop(self) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(15)
