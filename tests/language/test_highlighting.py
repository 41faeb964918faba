"""The language in colour: everything that a policy may say has a colour, and nothing is an error."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pygments.token import Error, Keyword, Name, Number, Operator, Text

from letpass.language.highlighting import PolicyLexer

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / "policies").rglob("*.policy"), *(ROOT / "examples").rglob("*.policy")])
WRITTEN = sorted([*(ROOT / "tests").rglob("*.policy")])
GRAMMAR = (ROOT / "src/letpass/language/policy.lark").read_text(encoding="utf-8")


def _tokens(text: str) -> list[tuple[Any, str]]:
    return list(PolicyLexer(stripnl=False, ensurenl=False).get_tokens(text))


def _kind(text: str, word: str) -> Any:
    return next(kind for kind, value in _tokens(text) if value == word)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_nothing_of_a_shipped_policy_is_without_meaning(path: Path) -> None:
    """Every character of a good policy is known to the lexer."""
    text = path.read_text(encoding="utf-8")
    found = _tokens(text)

    assert [value for kind, value in found if kind in {Text, Error}] == []
    assert "".join(value for _, value in found) == text


@pytest.mark.parametrize("path", WRITTEN, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_wrong_policy_is_no_error_and_loses_nothing(path: Path) -> None:
    """Pages show wrong policies too, so what has no meaning is plain text."""
    text = path.read_text(encoding="utf-8").replace("\r\n", "\n").replace("\r", "\n")
    found = _tokens(text)

    assert [value for kind, value in found if kind is Error] == []
    assert "".join(value for _, value in found) == text


def test_every_keyword_of_the_grammar_has_a_colour() -> None:
    """A word that the grammar gains and the lexer does not know is found here; two are words of it together alone."""
    assert _kind("from any stage\n", "any stage") in Keyword
    keywords = re.findall(r"^_?[A-Z]+\.2: /([a-z]+)\(\?", GRAMMAR, re.MULTILINE)
    assert len(keywords) > 50

    alone = [w for w in keywords if w not in {"any", "stage"}]
    assert [w for w in alone if (kind := _kind(f"{w} ", w)) not in Keyword and kind is not Operator.Word] == []


def test_every_unit_and_type_of_the_grammar_has_a_colour() -> None:
    """So do units behind numbers, and types behind names."""
    found = re.search(r"^UNIT\.2: /\((.*?)\)", GRAMMAR, re.MULTILINE)
    types = re.search(r"^TYPE\.2: /\((.*?)\)", GRAMMAR, re.MULTILINE)
    assert found is not None
    assert types is not None
    units = [w for unit in found[1].split("|") for w in ({unit, unit[:-2]} if unit.endswith("?") else {unit})]

    assert [u for u in units if not u.endswith("?") and _kind(f"require x <= 5 {u}", u) is not Keyword.Type] == []
    assert [t for t in types[1].split("|") if _kind(f"metric x: {t}", t) is not Keyword.Type] == []


def test_a_word_runs_to_its_end() -> None:
    """A name that begins with a keyword is a name, as it is in the language."""
    assert _kind("require andy >= 0.9", "andy") is Name
    assert _kind("require champion.accuracy >= 0.9", "champion.accuracy") is Name
    assert _kind("require is-fair: x", "is-fair") is Name.Label
    assert _kind("require x >= 2026-03-02", "2026-03-02") is Number.Date


def test_pygments_finds_it_by_its_entry_point() -> None:
    """`pygmentize` and Sphinx know the language where the package is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"]["pygments.lexers"] == {"policy": "letpass.language.highlighting:PolicyLexer"}
    assert (PolicyLexer.aliases, PolicyLexer.filenames) == (["policy"], ["*.policy"])
