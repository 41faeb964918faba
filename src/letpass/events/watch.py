"""Lines for whoever watches the gate: one of `logging` for each decision, on the logger `letpass`.

    a call begins ─▶ what is decided in it is noted ─▶ it ends with a code ─▶ a line for each note, or one for why there is none

Nothing is written unless the program has configured that logger, or LETPASS_LOG says so.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TextIO

from letpass.diagnostics import InvalidError, clean
from letpass.frozen import Frozen, replace

VARIABLE = "LETPASS_LOG"
FORMS = ("text", "json")
LONGEST = 200
"""Characters of one text of a line; of a longer one the middle is left out."""
LOGGER = logging.getLogger("letpass")
LOGGER.addHandler(logging.NullHandler())  # else Python writes warnings of a logger that nobody has configured


class Became(Enum):
    """What became of a call."""

    ALLOW = "allow"
    DENY = "deny"
    UNDECIDED = "undecided"
    FREE = "free"
    """It was made and logged; nothing is asked of such a move."""
    REFUSED = "refused"
    """It was refused without a decision: there was nothing to decide about."""
    ERROR = "error"
    """Nothing could be decided."""


class Line(Frozen):
    """One decision, or why there is none.

    door: what was called · who: who asks, nothing where that is not known · what: the version, as MODEL@VERSION · move: in
    words · entry: of the ledger · decision: its id · code: the exit code or the HTTP status · error: the code of what went
    wrong, also behind a decision that stands · ms: milliseconds · request: the id of the call, which an HTTP answer bears too.
    """

    door: str
    verdict: Became
    who: str = ""
    what: str = ""
    move: str = ""
    entry: int | None = None
    decision: str = ""
    code: int | None = None
    error: str = ""
    ms: float = 0.0
    request: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        """What it says by name, without what is not known; every text is printable, and of a bounded length."""
        said = {
            "door": self.door, "verdict": self.verdict.value, "who": self.who, "what": self.what, "move": self.move,
            "entry": self.entry, "decision_id": self.decision, "code": self.code, "error": self.error,
            "ms": round(self.ms, 1), "request_id": self.request,
        }  # fmt: skip
        known = {name: value for name, value in said.items() if value not in {"", None}}
        return {name: _bounded(value) if isinstance(value, str) else value for name, value in known.items()}

    @property
    def text(self) -> str:
        """It in one line of ASCII, `name=value` one after another."""
        return " ".join(["decision", *(f"{name}={_word(value)}" for name, value in self.fields.items())])


def _bounded(text: str) -> str:
    half = LONGEST // 2
    return clean(text if len(text) <= LONGEST else f"{text[: half - 1]}…{text[-half:]}")


def _word(value: Any) -> str:
    plain = isinstance(value, int | float) or re.fullmatch(r"[\w.@:/+-]+", value, re.ASCII)
    return str(value) if plain else json.dumps(value)


class Call:
    """One call: what is decided until it ends, and how it ends.

    Whoever lets it in sets `who`, `what` and `move`, as far as they know; `code`, `error` and `became` say how it ended.
    With `became` it has a line also where nothing was decided.  `told`: its lines, once it has ended.
    """

    def __init__(self, door: str, request: str = "") -> None:
        self.door, self.request = door, request
        self.who = self.what = self.move = self.error = ""
        self.code: int | None = None
        self.told: tuple[Line, ...] = ()
        self.became: Became | None = None
        self._noted: list[tuple[float, Line]] = []
        self._begun = time.perf_counter()

    def note(self, line: Line) -> None:
        """Something was decided just now."""
        self._noted.append((time.perf_counter(), line))

    def end(self) -> None:
        """Make its lines: its time is that of its decisions together."""
        end = time.perf_counter()
        noted = self._noted
        if not noted and self.became is not None:
            noted = [(end, Line(self.door, self.became, what=self.what, move=self.move))]
        found, before = list[Line](), self._begun
        for at, line in [*noted[:-1], *((end, line) for _, line in noted[-1:])]:
            told = replace(
                line, door=self.door, who=line.who or self.who, code=self.code, error=self.error, request=self.request,
                ms=(at - before) * 1000,
            )  # fmt: skip
            found.append(told)
            before = at
        self.told = tuple(found)


_call: ContextVar[Call | None] = ContextVar("letpass_call", default=None)


@contextmanager
def call(door: str, request: str = "") -> Iterator[Call]:
    """A call at a door, from its begin to its end; its lines are written then."""
    one = Call(door, request)
    token = _call.set(one)
    try:
        yield one
    finally:
        _call.reset(token)
        one.end()
        for line in one.told:
            _write(line)


def heard() -> bool:
    """Is the logger of decisions turned on."""
    return LOGGER.isEnabledFor(logging.INFO)


def current() -> Call | None:
    """The call that is being answered, where one is."""
    return _call.get()


def note(
    verdict: Became, what: str, move: str, entry: int | None = None, decision: str = "", who: str = ""
) -> None:  # fmt: skip
    """Note that something was decided, or moved without a decision; the line is written when the call ends, or at once outside of one."""
    line = Line("library", verdict, who, what, move, entry, decision)
    within = _call.get()
    if within is not None:
        within.note(line)
    else:
        _write(line)


def _write(line: Line) -> None:
    LOGGER.log(
        logging.WARNING if line.verdict is Became.ERROR else logging.INFO,
        "%s",
        line.text,
        extra={"letpass": line.fields},
    )


# ---------------------------------------------------------------- where lines go


class _Form(logging.Formatter):
    """A record as one line: of text, or a JSON object."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._json = form == "json"

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if not self._json:
            return f"{at} letpass {record.levelname.lower()} {clean(record.getMessage())}"
        said = getattr(record, "letpass", None) or {"message": clean(record.getMessage())}
        return json.dumps({"at": at, "level": record.levelname.lower(), **said})


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is when a line comes."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        """There is no other one."""


def written(form: str) -> None:
    """Write lines to standard error, as `text` or as `json`, or for an empty word leave that to the program.

    Raises `InvalidError` for another word.
    """
    if form not in {"", *FORMS}:
        raise InvalidError(f"`{VARIABLE}` is {' or '.join(FORMS)}, and not `{clean(form[:LONGEST])}`")
    for handler in [h for h in LOGGER.handlers if isinstance(h, _ToStandardError)]:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)
        LOGGER.propagate = True
    if form:
        handler = _ToStandardError()
        handler.setFormatter(_Form(form))
        LOGGER.addHandler(handler)
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False  # else whoever has configured the root logger reads each line twice
