"""Loads the program once, and forks for each command that a client asks for.  `python server.py SOCKET`."""

from __future__ import annotations

import contextlib
import gc
import importlib
import marshal
import os
import pkgutil
import select
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

import measured  # beside this file, which is run by itself

measured.begin()

import letpass  # noqa: E402 - counted from its first line on

ELSEWHERE = ("letpass.enforcement", "letpass.__main__")  # MLflow's own libraries, which no command needs


def load() -> None:
    """Import every module of the program whose libraries are installed."""
    for module in pkgutil.walk_packages(letpass.__path__, "letpass."):
        if not module.name.startswith(ELSEWHERE):
            with contextlib.suppress(ImportError):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # what no child changes is not copied for it


def run(connection: socket.socket) -> int:
    """Be the program that a client asks for; its exit code.

    What follows is the end of this process as Python makes it: what the program left open is closed then.
    """
    try:
        size, streams, _, _ = socket.recv_fds(connection, 4, 3)
        asked = bytearray()
        while len(asked) < int.from_bytes(size, "big"):
            asked += connection.recv(1 << 16)
        arguments, folder, environment = marshal.loads(asked)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        encoding = environment.get("PYTHONIOENCODING", "utf-8")
        sys.argv = ["policy", *arguments]
        sys.stdin = sys.__stdin__ = os.fdopen(0, encoding=encoding)
        sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding=encoding)
        sys.stderr = sys.__stderr__ = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace", buffering=1)
        from letpass.__main__ import main

        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 70
    except OSError as error:  # a folder that has gone, for one
        os.write(2, f"the program could not begin: {error}\n".encode())
    return 70


def serve(path: str) -> int:
    """Fork for each client and tell it the code at the end; end a program whose client has gone.

    Returns in the server when nobody is there any more, and in each program with its exit code.
    """
    ended, told = os.pipe()
    os.set_blocking(told, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    clients: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        waited = select.poll()
        for number in (0, ended, listening.fileno()):
            waited.register(number, select.POLLIN)
        os.write(1, b"ready\n")
        while True:
            for number, _ in waited.poll():
                if number == 0:
                    shutil.rmtree(Path(path).parent)
                    return 0
                if number == listening.fileno():
                    client, _ = listening.accept()
                    child = os.fork()
                    if child == 0:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        return run(client)
                    clients[child] = client
                    waited.register(client, 0)  # which tells when it has gone
                elif number == ended:
                    os.read(ended, 1 << 12)
                    while clients and (found := os.waitpid(-1, os.WNOHANG))[0]:
                        code = os.waitstatus_to_exitcode(found[1])
                        with clients.pop(found[0]) as client, contextlib.suppress(KeyError, OSError):
                            waited.unregister(client)
                            client.send(bytes([code if code >= 0 else 128 - code]))
                else:
                    for child, client in clients.items():
                        if client.fileno() == number:
                            os.kill(child, signal.SIGKILL)
                            waited.unregister(client)
                            break


if __name__ == "__main__":
    load()
    sys.exit(serve(sys.argv[1]))
