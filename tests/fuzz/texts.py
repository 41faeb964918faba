"""Texts that people write: policies, expressions, cases, the configuration, patterns."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from letpass.authoring.cases import reading
from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, LetpassError, PolicyError, Source
from letpass.facts.schema import VOCABULARY
from letpass.gate import judgement
from letpass.globs import matches
from letpass.language.checker import check_expression
from letpass.language.formatter import FormatError, format_text
from letpass.language.parser import parse_expression
from letpass.move import promotion
from letpass.project import configuration
from letpass.project.policyset import from_texts
from tests.fuzz import corpus
from tests.fuzz.watch import BrokenError

NOW = 1_795_435_200_000_000  # 2026-11-23
MOVE = promotion("production")


def utf8(data: bytes) -> str:
    """The text of a file; what is none is refused before it comes to what is tried here."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidError("not UTF-8") from None


@cache
def library() -> dict[str, str]:
    """Texts that policies `use`, by the names that those of the library give them."""
    return {f"shared/{p.name}": p.read_text("utf-8") for p in (corpus.ROOT / "policies/shared").glob("*.policy")}


def policy(data: bytes, random: Random) -> str:
    """A policy that compiles: formatted it is the same policy, and formatted again the same text."""
    from tests.fuzz.records import champions, record

    text = utf8(data)
    texts = {**(library() if "use" in text else {}), "promotion/made.policy": text}
    found = from_texts(texts, VOCABULARY)
    for warning in found.warnings:
        if not 0 <= warning.span.start <= warning.span.end <= len(warning.span.source.text):
            raise BrokenError(f"the warning {warning.code} stands outside of the text")
    try:
        once = format_text(Source("made.policy", text))
    except FormatError as error:
        raise BrokenError(f"compiles and cannot be formatted: {error}") from None
    if format_text(Source("made.policy", once)) != once:
        raise BrokenError(f"is formatted in two ways: {once[:2000]!r}")
    if from_texts({**texts, "promotion/made.policy": once}, VOCABULARY).digest != found.digest:
        raise BrokenError(f"is another policy when it is formatted: {once[:2000]!r}")
    if found.policies:
        canonical(judgement.judge(found, record(), MOVE, NOW, random.choice(champions())).as_json())
    codes = sorted({w.code for w in found.warnings})
    return f"{len(found.policies)} {codes} {sum(len(p.rules) for p in found.policies)}"


def expression(data: bytes, _: Random) -> str:
    """What `policy eval` takes."""
    node = parse_expression(Source("<expression>", utf8(data)))
    return type(check_expression(node, VOCABULARY, (), _no_use)).__name__


def _no_use(_: Any) -> Any:
    raise PolicyError.of("GATE107", "there is no such file")


def cases(data: bytes, _: Random) -> str:
    """A file of cases, and the records that each is about."""
    found = reading.load(Path("made.cases.yaml"), lambda _: utf8(data), Path("nowhere"))
    told = []
    for number in range(min(len(found.cases), 5)):
        try:
            held = found.record(number), found.holder(number)
            told.append(f"{sorted(held[0].values)[:3]} {type(held[1]).__name__}")
        except LetpassError as error:
            told.append(error.diagnostics[0].code)
    return f"{min(len(found.cases), 3)} {told}"


def settings(data: bytes, _: Random) -> str:
    """`policy.toml`."""
    found = configuration._parsed.__wrapped__(Path("policy.toml"), "policy.toml", (), utf8(data))
    canonical(found.deciding)
    return f"{len(found.protected)} {len(found.aliases)} {len(found.environments)} {len(found.events)}"


def glob(data: bytes, _: Random) -> str:
    """A pattern on the first line, and what it is held against: by the one word that is special in it."""
    pattern, _, text = data.decode("utf-8", "surrogateescape").partition("\n")
    found = matches(pattern, text)
    if pattern.count("*") <= 3 and len(text) < 300:
        regex = ".*".join(re.escape(part) for part in pattern.split("*"))
        if found is not (re.fullmatch(regex, text, re.DOTALL) is not None):
            raise BrokenError(f"`{pattern[:100]}` and `{text[:100]}`: {found}")
    return f"{found} {min(pattern.count('*'), 3)}"
