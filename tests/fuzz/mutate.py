"""Ways to bend a valid input: its bytes, its tokens, its tree.  All of them take a `random.Random`, so that a seed says all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

LARGEST = 64_000  # bytes of an input
NUMBERS = (
    *("0", "-0", "1", "-1", "2", "1.5", "0.1", "1e-9", "1e400", "-1e400", "1e308", "1e-400", "9007199254740993"),
    *("9" * 20, "9" * 4500, "0x10", "01", "1_000", "١٢", "NaN", "Infinity", "-Infinity", ".nan", ".inf", "50%", "1e5"),
)
WORDS = (
    *("", " ", "\n", "\r\n", "\r", "\t", "\x00", "\x1b[31m", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\ufffe"),
    *(
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ı",
        "🙂",
        "\U0010ffff",
        "a" * 3000,
        "../..",
        "/etc/passwd",
        "`",
        "``",
        "$",
        "{{",
        "%s",
    ),
    *("null", "true", "false", "~", "yes", "no", "2026-11-20T10:00:00Z", "2026-02-30", "0000-00-00", "9999-12-31"),
    *('"', "'", "\\", "\\ud800", "\\u0000", "#", "# x\n", ":", ": ", "- ", "? ", "---\n", "...\n", "&a ", "*a", "!!x "),
    *("<!--", "-->", "<![CDATA[", "]]>", "<!DOCTYPE a>", "&lt;", "&#0;", "&#x110000;", "&a;", "<?xml?>", "<a/>"),
)
ODD = ("null", "true", "false", "[]", "{}", "[[]]", "[{}]", '{"": {}}', '""', '" "', '"\\ud800"', '"\\u202e"', '"\\n"')
MARK = "@@odd@@"
ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "cp1252", "utf-32", "utf-7")

_TOKEN = re.compile(r"[A-Za-z_][\w.-]*|\d+(?:\.\d+)?|\"(?:[^\"\\\n]|\\.){0,200}\"|\s+|.", re.DOTALL)
_MARKUP = re.compile(r"<[^>]{0,500}>|[^<]+|<")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def bend(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """An input made of a valid one by one to four operations; `others`: inputs of the same kind, to take parts from."""
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        data = random.choice(_operations(data))(data, random, others)[:LARGEST]
    return data


Operation = Callable[[bytes, Random, Sequence[bytes]], bytes]


def _operations(data: bytes) -> Sequence[Operation]:
    """Those that its kind has, by how it begins."""
    first = data.lstrip()[:1]
    return _OF_TREES if first in {b"{", b"["} else _OF_MARKUP if first == b"<" else _OF_TEXTS


# ---------------------------------------------------------------- bytes


def _place(data: bytes | str | Sequence[Any], random: Random) -> int:
    return random.randrange(len(data) + 1)


def _cut(data: bytes, random: Random) -> tuple[int, int]:
    """A piece: mostly a short one."""
    at = _place(data, random)
    return at, min(len(data), at + random.choice((1, 1, 2, 5, 20, 200)))


def flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """One bit, or one byte, is another one."""
    if not data:
        return b"\x00"
    bent, at = bytearray(data), random.randrange(len(data))
    bent[at] = bent[at] ^ (1 << random.randrange(8)) if random.random() < 0.5 else random.randrange(256)
    return bytes(bent)


def drop(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A piece is gone."""
    at, end = _cut(data, random)
    return data[:at] + data[end:]


def truncate(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """It ends before its end, or begins behind its beginning."""
    at = _place(data, random)
    return data[:at] if random.random() < 0.8 else data[at:]


def repeat(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A piece stands there many times."""
    at, end = _cut(data, random)
    times = random.choice((2, 2, 3, 50, 1000, LARGEST // max(1, end - at)))
    return data[:at] + (data[at:end] * times)[:LARGEST] + data[end:]


def graft(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A piece of another input stands in it, or its end is that of another."""
    other = random.choice(others)
    at, start = _place(data, random), _place(other, random)
    if random.random() < 0.3:
        return data[:at] + other[start:]
    return data[:at] + other[start : start + random.choice((3, 20, 200))] + data[at:]


def encode(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """The same text in another encoding."""
    return data.decode("utf-8", "replace").encode(random.choice(ENCODINGS), "replace")


def insert(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """An odd word or number anywhere."""
    at = _place(data, random)
    return data[:at] + random.choice(WORDS + NUMBERS).encode() + data[at:]


# ---------------------------------------------------------------- tokens and lines


def _tokens(data: bytes, how: re.Pattern[str]) -> list[str]:
    return how.findall(data.decode("utf-8", "replace"))


def _shuffled(tokens: list[str], random: Random, others: Callable[[], list[str]]) -> list[str]:
    """One token gone, twice, elsewhere, nested, or another's."""
    if not tokens:
        return tokens
    at, to = random.randrange(len(tokens)), random.randrange(len(tokens))
    what = random.randrange(7)
    if what == 0:
        del tokens[at]
    elif what == 1:
        tokens.insert(to, tokens[at])
    elif what == 2:
        tokens[at], tokens[to] = tokens[to], tokens[at]
    elif what == 3:
        piece = tokens[min(at, to) : max(at, to)]
        tokens[to:to] = piece
    elif what == 4:
        tokens[at] = random.choice(WORDS + NUMBERS)
    elif what == 5:
        times = random.choice((5, 50, 500))
        tokens[at : at + 1] = [tokens[at]] * times
    else:
        tokens[at] = random.choice(others() or [""])
    return tokens


def tokens(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A word, number or mark is moved."""
    found = _shuffled(_tokens(data, _TOKEN), random, lambda: _tokens(random.choice(others), _TOKEN))
    return "".join(found).encode("utf-8", "replace")


def elements(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A mark-up's tag or text is moved."""
    found = _shuffled(_tokens(data, _MARKUP), random, lambda: _tokens(random.choice(others), _MARKUP))
    return "".join(found).encode("utf-8", "replace")


def lines(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A line is moved."""
    found = data.decode("utf-8", "replace").splitlines(keepends=True)
    made = _shuffled(found, random, lambda: random.choice(others).decode("utf-8", "replace").splitlines(keepends=True))
    return "".join(made).encode("utf-8", "replace")


def number(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A number is another one."""
    text = data.decode("utf-8", "replace")
    places = list(_NUMBER.finditer(text))
    if not places:
        return data
    found = random.choice(places)
    return (text[: found.start()] + random.choice(NUMBERS) + text[found.end() :]).encode()


def deep(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """A piece stands within many brackets or elements, or far to the right."""
    at, end = _cut(data, random)
    before, after = random.choice(
        ((b"[", b"]"), (b"(", b")"), (b'{"a":', b"}"), (b"<a>", b"</a>"), (b"- ", b""), (b"not ", b""), (b" ", b""), (b"<testsuite name='a'>", b"</testsuite>"))
    )  # fmt: skip
    times = random.choice((3, 33, 61, 101, 1000, 6000))
    return data[:at] + before * times + data[at:end] + after * times + data[end:]


# ---------------------------------------------------------------- trees


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values of plain data."""
    left = [(path, value)]
    while left:
        path, value = left.pop()
        yield path
        if isinstance(value, dict):
            left += [((*path, k), v) for k, v in value.items()]
        elif isinstance(value, list):
            left += [((*path, n), v) for n, v in enumerate(value)]


def at_path(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        value = value[step]
    return value


def plain(data: bytes) -> Any:
    """The data of a JSON text, None of another one."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def tree(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """One value or key of a JSON text is another one, gone, twice, deeper or elsewhere."""
    value = plain(data)
    places = [p for p in paths(value) if p][:2000]
    if not places:
        return tokens(data, random, others)
    path = random.choice(places)
    holder, last, raw = at_path(value, path[:-1]), path[-1], MARK
    what = random.randrange(9)
    if what == 0:
        del holder[last]
    elif what in {1, 2}:
        raw = random.choice((*NUMBERS, *ODD))
        holder[last] = MARK
    elif what == 3:
        holder[last] = random.choice(WORDS)
    elif what == 4:
        other = plain(random.choice(others))
        holder[last] = at_path(other, random.choice(list(paths(other))))
    elif what == 5:
        holder[last] = random.choice(([holder[last]], {"a": holder[last]}, [holder[last]] * random.choice((2, 40))))
    elif what == 6:
        times = random.choice((31, 61, 400, 2000))
        raw = "[" * times + json.dumps(holder[last]) + "]" * times
        holder[last] = MARK
    elif isinstance(holder, list):
        holder.insert(random.randrange(len(holder) + 1), at_path(value, random.choice(places)))
    elif what == 7:
        name = random.choice((*WORDS, last.upper(), f"{last} ", random.choice(places)[-1]))
        holder[str(name)] = holder.pop(last)
    else:  # a key stands twice
        raw = f"{json.dumps(holder[last])}, {json.dumps(last)}: {random.choice(ODD)}"
        holder[last] = MARK
    try:
        text = json.dumps(value, ensure_ascii=random.random() < 0.7, indent=random.choice((None, None, 1)))
    except (ValueError, RecursionError):
        return data
    return text.replace(json.dumps(MARK), raw).encode("utf-8", "surrogatepass")


_OF_BYTES: tuple[Operation, ...] = (flip, drop, truncate, repeat, graft, insert, encode)
_OF_TEXTS = (*_OF_BYTES, tokens, tokens, tokens, tokens, lines, lines, lines, number, number, deep)
_OF_MARKUP = (*_OF_TEXTS, elements, elements, elements, elements, elements)
_OF_TREES = (*_OF_BYTES, tokens, number, deep, *[tree] * 12)
