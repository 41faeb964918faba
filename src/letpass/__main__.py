"""The entry point of both scripts: it guards everything, its imports included, so that a crash is 70 and never 1."""

from __future__ import annotations

import contextlib
import io
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    closed = sys.stdout is None
    if closed:  # nobody can read a verdict; with -q the exit code alone tells
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    elif isinstance(sys.stdout.buffer, io.RawIOBase):
        # PYTHONUNBUFFERED: a text of which a full disk or a reader that has gone takes a part would count as written
        whole = io.BufferedWriter(sys.stdout.buffer)
        sys.stdout = io.TextIOWrapper(whole, sys.stdout.encoding, sys.stdout.errors, line_buffering=True)
    try:
        if sys.argv[1:] == [
            "--version"
        ]:  # without the library of the commands, which takes twice as long to load as the rest
            from letpass import __version__

            print(f"letpass, version {__version__}")  # noqa: T201 - as that library prints it
            code = 0
        else:
            from letpass.cli.main import run

            code = run(sys.argv[1:])
        if closed and not {"-q", "--quiet"} & set(sys.argv):
            code = 4
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # the reader has gone; what it did not read cannot be an allow
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 4
    except OSError as error:
        # a full disk or a terminal that has gone: nobody can have read a verdict
        with contextlib.suppress(OSError):
            sys.stderr.write(f"error: cannot write: {(error.strerror or 'no reason given').lower()}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 4
    except BaseException as error:  # noqa: BLE001 - the last guard; whoever ends the program from within has no answer
        code = 70
        _report(error)
    if sys.flags.inspect:  # after `sys.exit` Python would ask for lines of Python, and end with a code of its own
        os._exit(code)
    sys.exit(code)


def _report(error: BaseException) -> None:
    if os.environ.get("LETPASS_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    # what a defect stumbled upon may be anybody's text, and here is no `clean` to rely on
    said = str(error).encode("unicode_escape").decode("ascii").replace("##", "# #")
    with contextlib.suppress(OSError):
        sys.stderr.write(
            f"error[GATE901]: a defect in letpass itself: {type(error).__name__}: {said}\n"
            "  = help: nothing was decided, so nothing may move; set LETPASS_TRACEBACK=1 and report what it prints\n"
        )


if __name__ == "__main__":
    main()
