"""One input through one door, watched: what it answers, how long it takes, and what it touches."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import click

from letpass.diagnostics import InvalidError, LetpassError, render

PAGES = Path(__file__).resolve().parents[2] / "docs/errors"
LONGEST = 2.0  # seconds of the processor for an input of 64 kB
HANGS = 20.0  # after which it is ended
LONGEST_MESSAGE = 1000  # characters
_TOUCHES = frozenset(
    {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.system",
     "os.posix_spawn", "subprocess.Popen", "socket.connect", "pickle.find_class", "shutil.rmtree", "os.exec", "os.fork"}
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_QUOTED = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|[-+.\d]+", re.DOTALL)


Enter = Callable[[bytes, Random], str]
REFUSALS = (LetpassError, click.UsageError)


class BrokenError(AssertionError):
    """A property that does not hold, in words."""


class Hanging(BaseException):
    """It takes too long; no program catches this."""


@dataclass(frozen=True)
class Outcome:
    """What came of an input.  shape: the answer without what is chance · finding: what is wrong, nothing where all is well ·
    seconds: of the processor."""

    shape: str
    finding: str = ""
    seconds: float = 0.0


def through(enter: Enter, data: bytes, random: Random) -> Outcome:
    """Put an input through a door: an answer, a refusal of a documented kind, or a finding."""
    begun, finding = time.process_time(), ""
    shape = ""
    with _watched() as touched:
        try:
            shape = enter(data, random)
        except BrokenError as error:
            finding = f"broken: {error}"
        except LetpassError as error:
            shape, finding = _of_refusal(error)
        except (InvalidError, click.UsageError) as error:
            shape = f"{type(error).__name__} {_template(str(error))}"
            finding = _of_message(str(error))
        except Hanging:
            finding = f"hangs: more than {HANGS:.0f} s of the processor"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            finding = f"raises {type(error).__name__}: {str(error)[:200]}\n{_where(error)}"
    took = time.process_time() - begun
    if not finding and touched:
        finding = f"touches {touched[0]}"
    if not finding and took > LONGEST:
        finding = f"slow: {took:.1f} s of the processor for {len(data):,} bytes"
    return Outcome(shape, finding, took)


def short(finding: str) -> str:
    """A finding without what is chance, by which the same one is known again."""
    first, _, rest = finding.partition("\n")
    return f"{_template(first)} {rest.strip().splitlines()[-1].strip() if rest.strip() else ''}"


def _template(text: str) -> str:
    return _QUOTED.sub("`…`", text)[:160]


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return "\n".join(f"  {Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames)


# ---------------------------------------------------------------- what is said


@cache
def _codes() -> frozenset[str]:
    return frozenset(p.stem for p in PAGES.glob("GATE*.md"))


def _of_refusal(error: LetpassError) -> tuple[str, str]:
    """The shape of a refusal, and what is wrong with the way in which it is said."""
    told = [f"{d.code} {_template(d.message)}" for d in error.diagnostics[:3]]
    for each in error.diagnostics:
        length = len(each.span.source.text)
        if each.code not in _codes():
            return told[0], f"says a code without a page: {each.code}"
        if not 0 <= each.span.start <= each.span.end <= length + 1 or each.span.start > length:
            return told[0], f"says {each.code} at {each.span.start} to {each.span.end} of {length} characters"
        if len(each.message) > LONGEST_MESSAGE:
            return told[0], f"{each.code} says {len(each.message):,} characters: {each.message[:120]!r}"
        if (fault := _of_message(each.message)) or len(render(each)) < len(each.message) / 6:
            return told[0], f"{each.code} {fault}"
    if not any(d.is_error for d in error.diagnostics):
        return "no error", "refuses without an error"
    return " ".join(told), ""


def _of_message(message: str) -> str:
    bare = _QUOTED.sub("", message)
    first = re.match(r"[A-Za-z]+", message)
    if not message:
        return "says nothing"
    if "\n" in bare and message.count("`") % 2 == 0:  # a word that holds a backtick hides where it ends
        return f"says several lines: {message[:200]!r}"
    if first and first[0][0].isupper() and first[0] not in {"UTF", "YAML", "JSON", "TOML", "XML"}:
        return f"does not begin in lower case: {message[:200]!r}"
    return ""


# ---------------------------------------------------------------- what is touched

_touched: list[str] | None = None
_hooked = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _touched is None:
        return
    if event == "open":
        path, _, flags = arguments
        # a number is a file that was opened by its name before
        named = not isinstance(path, int) and "__pycache__" not in str(path)
        if isinstance(flags, int) and flags & _WRITES and named:
            _touched.append(f"the file {path}")
    elif event in _TOUCHES:
        _touched.append(f"{event} {arguments}"[:200])


@contextlib.contextmanager
def _watched() -> Iterator[list[str]]:
    """Note whatever the program writes, runs or connects to, and end it where it hangs."""
    global _touched, _hooked  # an audit hook cannot be taken out again
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    touched: list[str] = []
    before = signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, HANGS)
    _touched = touched
    try:
        yield touched
    finally:
        _touched = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _hang(_: int, __: FrameType | None) -> None:
    raise Hanging
