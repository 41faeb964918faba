"""A policy text cut into its statements, before any of them is parsed.

A statement begins at its keyword.  No keyword of a statement is a name or a symbol, and one before a
colon is a label, so the cut is exact: a statement that breaks off cannot swallow the one after it.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right

from letpass.diagnostics import Diagnostic, Source, Span, so_many
from letpass.frozen import Frozen
from letpass.language.syntax import Comment

STARTS = {
    "policy": "header",
    "use": "use",
    "metric": "metric",
    "fact": "fact",
    "let": "let",
    "require": "rule",
    "advise": "rule",
}

LONGEST_TEXT = 1 << 20  # characters
DEEPEST = 40  # brackets and `not`s inside each other
LONGEST_WORD = 500  # characters: every name in a path is looked for, with all that stand before it
MOST_FAULTS = 100  # of one text that are told one by one: a megabyte of them helps nobody
LONGEST_CHAIN = 100  # arithmetic and `have` of one statement: each is a level of its tree

_PIECE = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<comment>\#[^\n]*)|(?P<string>"[^"\\\n]*")|(?P<broken>"[^\n]*)
      |(?P<word>[A-Za-z_](?:[\w.]|-(?=\w))*)|(?P<open>[({])|(?P<close>[)}])|(?P<other>.)""",
    re.VERBOSE | re.ASCII,
)
_LABEL = re.compile(r"[ \t\r\n]*:")
_PAIRS = {"(": ")", "{": "}"}

# Letters of other alphabets inside a word of Latin letters: how one name is passed off as another.
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")
_LOOKALIKE = re.compile(r"[Ͱ-ϿЀ-ԯ԰-֏]")


class Piece(Frozen):
    """The text of one statement: `start` names its kind, the start symbol of the grammar."""

    start: str
    span: Span


class Cut(Frozen):
    """What the cut found.  A statement with a diagnostic of its own here is not among the pieces."""

    pieces: tuple[Piece, ...]
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]


class _Faults(list[Diagnostic]):
    """The faults of a text that are told, and the offsets of all: each spoils the statement that it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[int] = []
        self.beyond: list[int] = []

    def takes(self, at: int) -> bool:
        """Note that there is a fault at an offset; is it one of those that are told."""
        self.places.append(at)
        if len(self) >= MOST_FAULTS:
            self.beyond.append(at)
        return len(self) < MOST_FAULTS

    def told(self, source: Source) -> tuple[Diagnostic, ...]:
        """All that is told, with how many more there are."""
        if not self.beyond:
            return tuple(self)
        at = min(self.beyond)
        what = f"{so_many(len(self.beyond), 'fault')} more like those that are told"
        return (*self, Diagnostic("GATE008", what, Span(source, at, at + 1), "mend those first"))


def cut(source: Source) -> Cut:
    """Cut a text into statements and comments; every fault that needs no grammar is found here."""
    text = source.text
    if len(text) > LONGEST_TEXT:
        why = f"a policy text of {len(text):,} characters is too long"
        return Cut((), (), (Diagnostic("GATE008", why, Span(source, 0, 1), f"the most is {LONGEST_TEXT:,}"),))
    found = _Faults()
    if not text.isascii():
        _foreign(source, found)
    comments: list[Comment] = []
    starts: list[tuple[str, int, int]] = []  # kind, where, end of the words before it
    brackets: list[tuple[str, int]] = []
    last_end, depth_of_not, chain, too_deep = 0, 0, 0, False
    for piece in _PIECE.finditer(text):
        kind, start, end = piece.lastgroup, piece.start(), piece.end()
        if kind == "space":
            continue
        if kind == "comment":
            body = text[start + 1 : end].rstrip("\r")
            comments.append(Comment(body.strip(), span=Span(source, start, start + 1 + len(body))))
            continue
        if kind == "word" and piece.group() in STARTS and not _LABEL.match(text, end):
            _close(brackets, source, last_end, found)
            starts.append((STARTS[piece.group()], start, last_end))
            depth_of_not, chain, too_deep = 0, 0, False
        elif kind == "broken":
            if found.takes(start):
                found.append(_broken_string(source, start, end))
        elif kind == "open":
            brackets.append((piece.group(), start))
        elif kind == "close":
            if brackets and _PAIRS[brackets[-1][0]] == piece.group():
                brackets.pop()
            elif found.takes(start):
                found.append(
                    Diagnostic(
                        "GATE002",
                        f"`{piece.group()}` closes nothing",
                        Span(source, start, end),
                        "remove it, or open the bracket",
                    )
                )
        depth_of_not = (
            depth_of_not + 1 if kind == "word" and piece.group() == "not" else 0 if kind == "word" else depth_of_not
        )
        if len(brackets) + depth_of_not > DEEPEST and not too_deep:
            too_deep = True
            if found.takes(start):
                found.append(
                    Diagnostic(
                        "GATE008",
                        "this is nested too deeply",
                        Span(source, start, end),
                        f"the deepest is {DEEPEST}; name a part with `let`",
                    )
                )
        if kind == "word" and end - start > LONGEST_WORD and found.takes(start):
            found.append(
                Diagnostic(
                    "GATE008",
                    f"a word of {end - start:,} characters is too long",
                    Span(source, start, end),
                    f"the longest is {LONGEST_WORD}",
                )
            )
        links = piece.group() in {"+", "-", "*", "have"}
        chain += links
        if links and chain == LONGEST_CHAIN + 1 and found.takes(start):
            found.append(
                Diagnostic(
                    "GATE008",
                    "this statement is too long a chain",
                    Span(source, start, end),
                    f"the longest is {LONGEST_CHAIN} links; name a part with `let`",
                )
            )
        if not starts and not last_end and found.takes(start):
            found.append(_no_statement(source, start, end))
        last_end = end
    _close(brackets, source, last_end, found)
    pieces = []
    faults = sorted(found.places)
    ends = [s[2] for s in starts[1:]] + [last_end]
    for (kind, start, _), end in zip(starts, ends, strict=False):  # no start: one end too many
        if bisect_left(faults, start) == bisect_left(faults, end):
            pieces.append(Piece(kind, Span(source, start, end)))
    return Cut(tuple(pieces), tuple(comments), found.told(source))


def _close(brackets: list[tuple[str, int]], source: Source, end: int, found: _Faults) -> None:
    """A statement has ended: brackets that are still open are faults of it."""
    for opened, at in brackets[:1]:
        if found.takes(at):
            found.append(
                Diagnostic(
                    "GATE002",
                    f"this `{opened}` is never closed",
                    Span(source, at, at + 1),
                    f"add `{_PAIRS[opened]}` before the statement ends on line {source.position(max(end - 1, 0))[0]}",
                )
            )
    brackets.clear()


def _broken_string(source: Source, start: int, end: int) -> Diagnostic:
    text = source.text[start:end]
    if "\\" in text and '"' in text[1:]:
        return Diagnostic(
            "GATE004",
            "a text holds no backslash",
            Span(source, start, end),
            "a quotation inside has `'` around it; neither `\\` nor `\"` can stand in a text",
        )
    return Diagnostic("GATE004", "this text is never closed", Span(source, start, end), 'add `"` on the same line')


def nameless(word: Span) -> Diagnostic:
    """The diagnostic for a keyword right before a colon, which makes it a label."""
    return Diagnostic(
        "GATE001", f"`{word.text}:` lacks a name", word, f"a name stands before the colon: `{word.text} a-name: …`"
    )


def _no_statement(source: Source, start: int, end: int) -> Diagnostic:
    from letpass.diagnostics import nearest

    word = source.text[start:end]
    if word in STARTS:
        return nameless(Span(source, start, end))
    near = nearest(word, STARTS)
    return Diagnostic(
        "GATE001",
        f"`{word}` begins no statement",
        Span(source, start, end),
        f"write `{near[0]}`" if near else "a statement begins with " + ", ".join(f"`{s}`" for s in STARTS),
    )


def _foreign(source: Source, found: _Faults) -> None:
    """Tell of characters that mislead a reader: anywhere when unseen or turning, in code when not ASCII."""
    quoted = [m.span() for m in _PIECE.finditer(source.text) if m.lastgroup in {"comment", "string", "broken"}]
    begins = [start for start, _ in quoted]
    closed = 0
    for match in re.finditer(r"[^\x00-\x7f]", source.text):
        char, at = match.group(), match.start()
        span = Span(source, at, at + 1)
        name = unicodedata.name(char, f"U+{ord(char):04X}").lower()
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"}:
            if not found.takes(at):
                continue
            found.append(
                Diagnostic(
                    "GATE007", f"an unseen character: {name}", span, "remove it; it can make a text read as another"
                )
            )
        elif (before := bisect_right(begins, at)) == 0 or at >= quoted[before - 1][1]:
            if at < closed:
                continue
            if char in _QUOTES:
                pair = _CURLED.match(source.text, at)
                whole = Span(source, at, closed := pair.end()) if pair else span
                meant = f'write `"{pair[1]}"`' if pair else 'write `"`'
                if not found.takes(at):
                    continue
                what = f"a text stands in double quotation marks, and `{char}` is none"
                found.append(Diagnostic("GATE004", what, whole, meant))
            elif not found.takes(at):
                continue
            elif char in _OPERATORS:
                found.append(Diagnostic("GATE005", f"`{char}` is not an operator", span, f"write `{_OPERATORS[char]}`"))
            else:
                found.append(
                    Diagnostic(
                        "GATE007",
                        f"`{char}` ({name}) stands outside a text",
                        span,
                        "names and keywords are plain ASCII",
                    )
                )
    told = found.places[:]
    for match in _LETTERS.finditer(source.text):
        word = match.group()
        if word.isascii() or not (_LATIN.search(word) and _LOOKALIKE.search(word)):
            continue
        span = Span(source, match.start(), match.end())
        if bisect_left(told, span.start) == bisect_left(told, span.end) and found.takes(span.start):
            found.append(
                Diagnostic(
                    "GATE007",
                    f"`{word}` mixes letters of two alphabets",
                    span,
                    "write it in one; such words pass for others",
                )
            )


_OPERATORS = {"≥": ">=", "≤": "<=", "≠": "!=", "−": "-", "–": "-", "×": "*", "·": "*"}
_CURLED = re.compile(r'[“”„‟«»‘’‚]([^“”„‟«»‘’‚"\\\n]{0,400})[“”„‟«»‘’‚]')
_QUOTES = frozenset("“”„‟«»‘’‚")


def one_line(text: str) -> str:
    """A piece of code on one line, without its comments."""
    if "#" in text:
        text = "".join([" " if p.lastgroup == "comment" else p.group() for p in _PIECE.finditer(text)])
    return " ".join(text.split())


def code_end(text: str, at: int) -> int:
    """The end of the last word before `at`, comments and blanks apart."""
    start = max(text.rfind(f"\n{word} ", 0, at) for word in STARTS) + 1
    end = start
    for piece in _PIECE.finditer(text, start, at):
        if piece.lastgroup not in {"space", "comment"}:
            end = piece.end()
    return end
