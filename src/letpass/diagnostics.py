"""What is wrong with a text, and where: sources, spans, diagnostics.

Style of every message: lower case, one line, no full stop, the user's words in backticks; the error
says what is wrong, `help` what to write instead.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from enum import Enum
from typing import Any, Self

from letpass.frozen import Frozen, part


class Severity(Enum):
    """How much a diagnostic weighs: an error refuses the text, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Source(Frozen):
    """A text and the name that people know it by (a path, or `<expression>`).

    given: it was handed in under that name by somebody who may choose any; nothing is believed or looked for that the name says.
    """

    name: str
    text: str
    given: bool = False
    _starts: list[int] = part(default_factory=list, repr=False)

    __eq__ = object.__eq__  # a source is itself alone, whatever its text
    __hash__ = object.__hash__

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of `offset`, both from 1, columns in characters."""
        if not self._starts:
            self._starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of one line, without its end."""
        self.position(0)
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


class Span(Frozen):
    """The characters from `start` up to, not including, `end` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line of the first character, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, from 1."""
        return self.source.position(self.start)[1]

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals understand it."""
        return f"{self.source.name}:{self.line}:{self.column}"


NOWHERE = Span(Source("", ""), 0, 0)
LONGEST_LINE = 160  # characters of a source line that a snippet shows
LONGEST_NAME = 200  # characters of a word that may be a misspelt name
MOST_SHOWN = 10  # reasons that an error shows as a text
LONGEST_MESSAGE = 600  # characters of a message or a help: a word of a text can be as long as the text


class Diagnostic(Frozen):
    """One finding about a text.  `code` names a page of docs/errors.

    Of a message or help that is longer than `LONGEST_MESSAGE` the middle is left out.
    """

    code: str
    message: str
    span: Span = NOWHERE
    help: str = ""
    severity: Severity = Severity.ERROR
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST_MESSAGE or len(self.help) > LONGEST_MESSAGE:
            self.__dict__.update(message=_cut(self.message), help=_cut(self.help))

    @property
    def is_error(self) -> bool:
        """Does it refuse the text; a warning does not."""
        return self.severity is Severity.ERROR

    @property
    def identity(self) -> tuple[str, str, str]:
        """What people are told by it: its code, message and place.  Two that tell the same are one."""
        return self.code, self.message, self.span.place

    @property
    def order(self) -> tuple[str, int, str]:
        """A key to sort by: its file, its place there, its code."""
        return self.span.source.name, self.span.start, self.code


def _cut(text: str) -> str:
    """A message without the middle of what is too long for one: how it begins and ends says what it is about."""
    half = LONGEST_MESSAGE // 2
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:half]}…{text[-half:]}"


class LetpassError(Exception):
    """A refusal that a user can cause and mend, with every reason at once; a class of its own for each door.

    diagnostics: the reasons, at least one of them an error.  As a text it shows them with their places and what mends them,
    as a traceback does, `MOST_SHOWN` at most.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics

    @property
    def message(self) -> str:
        """Every reason in one line, without place and help: for a sentence that says where it stands."""
        return str(self.args[0])

    def __str__(self) -> str:
        shown = [render(d) for d in self.diagnostics[:MOST_SHOWN]]
        if (more := len(self.diagnostics) - MOST_SHOWN) > 0:
            shown.append(f"and {more} more, in `diagnostics`")
        return "\n".join(shown)

    def __reduce__(self) -> tuple[Any, ...]:
        """For the way from one process to another: of a class that is made from other arguments, too."""
        return _as_it_was, (type(self), self.message), self.__dict__

    @classmethod
    def of(cls, code: str, message: str, where: Span | str = NOWHERE, help: str = "") -> Self:  # noqa: A002 - the field's name
        """The error with one reason, ready to raise.  `where`: its place, or the name of the file that it is about."""
        span = where if isinstance(where, Span) else Span(Source(where, ""), 0, 0)
        return cls((Diagnostic(code, message, span, help),))


def said(error: BaseException) -> str:
    """What any error says, in one line where it is one of ours."""
    return error.message if isinstance(error, LetpassError) else str(error)


def _as_it_was(kind: type[LetpassError], message: str) -> LetpassError:
    """An error without what it knows, which whoever unpacks it adds."""
    return kind.__new__(kind, message)


class PolicyError(LetpassError):
    """A policy that does not read, or does not check."""


class RecordError(LetpassError):
    """A record of a model version, or another document of facts, that does not read."""


class CaseError(LetpassError):
    """Cases of policies that do not read."""


class SettingsError(LetpassError):
    """A setting of the project, of the environment or of the installation that cannot be used."""


class ScaffoldError(LetpassError):
    """A project, or a rule of it, that cannot be begun here."""


class CommitError(LetpassError):
    """A commit whose files cannot be read."""


class TrustError(LetpassError):
    """A trust file or a key that is missing, refused or expired."""


class StatementError(LetpassError):
    """A statement, or what is to be signed, that would not count."""


class ArtifactError(LetpassError):
    """Bytes that cannot be hashed, or are not those of the record."""


class LedgerError(LetpassError):
    """A checkpoint or an entry of the ledger that is refused."""


class RegistryError(LetpassError):
    """What a registry does not have, or does not do."""


class ShardError(LetpassError):
    """A file that is no shard, or shards that make no whole."""


class UnreachableError(LetpassError):
    """Something outside could not be asked, or is not what it was; another try may do it."""


class InvalidError(ValueError):
    """Why something does not read or does not count, in words; whoever asked for it says where it stands.

    A class of its own, so that a `ValueError` of a defect is never taken for such a reason.
    """


def clean(text: str) -> str:
    """`text` without what could move a terminal's cursor or turn its reading direction, or be a build server's command.

    Their logs obey `::name` where a line begins, and `##[name]` and `##vso[name]` anywhere in one.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(_shown(c) for c in text)
    if "#" in text:
        text = _COMMAND.sub("## ", text)
    return _LEADING.sub(r"\1: :", text, count=1) if ":" in text else text


# their runners trim every blank that Unicode has, and compare texts without what selects how a character is drawn
_COMMAND = re.compile(r"#[\ufe0e\ufe0f]*#(?=[\ufe0e\ufe0f]*(?:\[|vso\[))", re.IGNORECASE)
_LEADING = re.compile(r"\A([\s\ufe0e\ufe0f]*):[\ufe0e\ufe0f]*:")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")


def _shown(char: str) -> str:
    if char == "\t":
        return " "
    # Cc: controls and escapes; Cf: direction marks, zero width; Zl, Zp: line ends that some terminals obey
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"} or char in _UNSEEN:
        return f"\\u{ord(char):04x}"
    return char


def as_shown(said: str) -> str:
    """A value as an interpreter shows it, in a line of no more than `LONGEST_LINE` characters."""
    found = clean(said if len(said) <= LONGEST_LINE else f"{said[: LONGEST_LINE - 1]}…")
    return f"<{found}>"


def width(text: str) -> int:
    """Columns that `text` takes in a terminal: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def snippet(span: Span, label: str = "") -> list[str]:
    """The lines that show a span: place, source line, carets.  Only its first line is underlined."""
    line, column = span.source.position(span.start)
    raw = span.source.line(line)
    before, rest = raw[: column - 1], raw[column - 1 :]
    if len(raw) > LONGEST_LINE:
        before = "…" + before[-LONGEST_LINE // 2 :] if len(before) > LONGEST_LINE // 2 else before
        rest = rest[: LONGEST_LINE // 2] + "…" if len(rest) > LONGEST_LINE // 2 else rest
        raw = before + rest
    marked = rest[: max(1, min(span.end - span.start, len(rest)))].rstrip() or rest[:1]
    number = str(line)
    gutter = " " * len(number)
    carets = "^" * max(1, width(clean(marked)))
    return [
        f"{gutter}--> {clean(span.place)}",
        f"{number} | {clean(raw)}",
        f"{gutter} | {' ' * width(clean(before))}{carets}{' ' + label if label else ''}",
    ]


def linked(code: str, pages: str) -> str:
    """A code that leads to its page, as terminals understand it (OSC 8); `pages`: the address, `{}` for the code."""
    return f"\x1b]8;;{pages.replace('{}', code)}\x1b\\{code}\x1b]8;;\x1b\\" if pages else code


def render(diagnostic: Diagnostic, pages: str = "") -> str:
    """The diagnostic as text: headline, source with carets, help and notes.  `pages`: what its code leads to."""
    lines = [f"{diagnostic.severity.value}[{linked(diagnostic.code, pages)}]: {clean(diagnostic.message)}"]
    if diagnostic.span.source.name:
        lines += (
            snippet(diagnostic.span) if diagnostic.span.source.text else [f" --> {clean(diagnostic.span.source.name)}"]
        )
    lines += [f"  = note: {clean(note)}" for note in diagnostic.notes]
    if diagnostic.help:
        lines.append(f"  = help: {clean(diagnostic.help)}")
    return "\n".join(lines)


def so_many(number: int, one: str, several: str = "") -> str:
    """So many of something, in the singular where it is one; `several`: the plural, where it is not the word with an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def nearest(word: str, candidates: object) -> tuple[str, ...]:
    """Up to three names that are near `word`, the nearest first; also by a dotted name's last part.

    A word of more than `LONGEST_NAME` characters is near nothing, and near no word: the comparison takes the product of both.
    """
    from difflib import get_close_matches

    if len(word) > LONGEST_NAME:
        return ()
    names = sorted({str(c) for c in candidates if len(str(c)) <= LONGEST_NAME})  # type: ignore[attr-defined]
    folded = {name.lower().replace("-", "_"): name for name in names}
    written = word.lower().replace("-", "_")
    close = get_close_matches(written, folded, n=3, cutoff=0.7)
    slips = [n for n in folded if len(n) > 1 and n not in close and is_one_slip(written, n)]
    found = [folded[n] for n in (*slips, *close)][:3]
    if not found:
        tail = word.rpartition(".")[2]
        found = [n for n in names if n.rpartition(".")[2] == tail][:3]
    return tuple(found)


def is_one_slip(written: str, meant: str) -> bool:
    """Does one letter too many, too few, wrong, or changed with its neighbour make one word of the other."""
    if abs(len(written) - len(meant)) > 1 or written == meant or len(written) < 2:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(written, meant, strict=False)) if a != b), min(len(written), len(meant))
    )
    one, two = written[same:], meant[same:]
    return one[1:] == two[1:] or one[1:] == two or one == two[1:] or (one[1::-1] == two[:2] and one[2:] == two[2:])


def offer(names: tuple[str, ...], what: str = "name") -> str:
    """Near names as one line of help, or nothing.  `what`: what they are names of."""
    if not names:
        return ""
    if len(names) == 1:
        return f"a {what} like it exists: `{names[0]}`"
    return f"{what}s like it exist: " + ", ".join(f"`{n}`" for n in names)
