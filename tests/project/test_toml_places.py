"""Carets of configuration errors stand at the key itself, wherever else its name occurs."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.project.toml_places import Path, places

DOCUMENT = (
    r'''
# registry = "in a comment"
note = "registry = 'in a text'"  # events
lines = """
registry = 1
\"""" # two quotes of its own
plain = '''
    """'''
[registry]
'''"""
    r"""
registry = "models"
"quoted.key" = 1
a.b."c d" = 2
dates = [1979-05-27 07:32:00, 1.5e3, # ] a comment
  true,
]
nested = [[1, "]"], [], [{x = 1, y.z = [2]}]]
empty = {}

[aliases] # the words
production = ["champion", 'live',]
[ "tool" . letpass ]
registry = "here"
[[events]]
name = "one"
[events.inner]
deep = 1
[[events]]
name = "two"
on = ["promotion"]
[[events.lists]]
x = 1
[[events.lists]]
x = 2
"""
)


def paths(value: Any, at: Path = ()) -> list[Path]:
    """The way to every key and element of a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way for key, held in below for way in ((*at, key), *paths(held, (*at, key)))]


def test_every_key_and_element_has_its_place() -> None:
    """None in a comment, in a text, or under another table's key of the same name."""
    found = places(DOCUMENT)

    assert sorted(map(repr, found)) == sorted(map(repr, paths(tomllib.loads(DOCUMENT))))
    assert {
        way: DOCUMENT[slice(*place)]
        for way, place in found.items()
        if isinstance(way[-1], str) and way[-1] != DOCUMENT[slice(*place)]
    } == {}
    assert DOCUMENT[found["registry",][0] - 1 :].startswith('\nregistry = "models"')
    assert DOCUMENT[found["tool", "letpass", "registry"][0] :].startswith('registry = "here"')
    assert DOCUMENT[found["events", 1, "name"][0] :].startswith('name = "two"')
    assert [DOCUMENT[slice(*found["dates", n])] for n in range(3)] == ["1979-05-27 07:32:00", "1.5e3", "true"]
    assert DOCUMENT[slice(*found["aliases", "production", 1])] == "'live'"


SCALARS = st.one_of(
    st.sampled_from(
        ["1", "-2.5", "true", "1979-05-27", "'# no = comment'", '"a \\" b"', '"""x\n\\""" ]"""', "'''[a]\n'''"]
    ),
)
BLANKS = st.sampled_from(["", " ", "\n", " # [x] = 'y'\n", "\n\n"])
KEYS = st.sampled_from(["a", "b-1", '"c d"', "'e.f'", '"\\u0067"'])


def lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(BLANKS, values, BLANKS).map("".join), max_size=3).map(lambda v: f"[{','.join(v)}]")


def tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    found = st.lists(st.tuples(KEYS, values), max_size=3, unique_by=lambda pair: pair[0])
    return found.map(lambda pairs: "{" + ", ".join(f"{k} = {v}" for k, v in pairs) + "}")


@given(st.lists(st.tuples(st.sampled_from(["", "[t]", "[[l]]", "[t.u]", "[[l.m]]"]), KEYS, st.recursive(SCALARS, lambda v: lists(v) | tables(v), max_leaves=6)), max_size=6))  # fmt: skip
def test_the_places_are_those_of_what_pythons_reader_finds(parts: list[tuple[str, str, str]]) -> None:
    """Whatever stands in the lists, texts and comments: the same keys, each where its name is written."""
    text = "".join(f"{table}\n{key} = {value}\n" for table, key, value in parts)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return

    found = places(text)

    assert sorted(map(repr, found)) == sorted(map(repr, paths(data)))
    for way, place in found.items():
        said = text[slice(*place)]
        if isinstance(way[-1], str):
            assert way[-1] in {said, said.replace("\\u0067", "g")}
        elif isinstance(held := _held(data, way), bool | int | float | str):
            assert tomllib.loads(f"x = {said}")["x"] == held


def _held(data: Any, way: Path) -> Any:
    for key in way:
        data = data[key]
    return data


@pytest.mark.parametrize("text", ["= 1", "a", "[a", "a = {b}"])
def test_what_is_no_toml_is_refused_or_has_no_places(text: str) -> None:
    """The scanner ends for it, too."""
    with pytest.raises(ValueError, match="no "):
        places(text)
