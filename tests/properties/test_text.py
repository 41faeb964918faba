"""The laws of the text: format and parse undo each other, and a broken statement spoils only itself."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.diagnostics import Source
from letpass.language.formatter import format_text, format_tree
from letpass.language.parser import TABLES, grammar, parse, tables
from letpass.language.statements import cut
from tests.properties.generate import Author

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=120, deadline=None)


def made(seed: int, rules: int = 3) -> str:
    return Author(Random(seed)).policy(rules)


def read(text: str) -> Source:
    return Source("made.policy", text)


@TRIES
@given(SEEDS)
def test_parsing_what_was_formatted_gives_the_same_tree(seed: int) -> None:
    """parse(format(p)) equals p, also for a tree that has no text."""
    tree, faults = parse(read(made(seed)))

    again, more = parse(read(format_tree(tree)))

    assert (faults, more, again) == ((), (), tree)


@TRIES
@given(
    SEEDS,
    st.lists(
        st.tuples(st.integers(0, 10_000), st.sampled_from(["# a note\n", " # behind\n", "#\n", "\n\n\n", "  "])),
        max_size=12,
    ),
)
def test_formatting_is_idempotent_and_keeps_every_comment(seed: int, noise: list[tuple[int, str]]) -> None:
    """With comments and blanks strewn between the words, the layout is stable and loses nothing."""
    text = made(seed)
    gaps = [i for i, c in enumerate(text) if c == "\n"]
    for at, what in noise:
        place = gaps[at % len(gaps)]
        text = text[:place] + (" " if what.startswith("#") else "") + what + text[place:]
        gaps = [i for i, c in enumerate(text) if c == "\n"]
    before, faults = parse(read(text))
    assert faults == ()

    once = format_text(read(text))

    assert format_text(read(once)) == once
    assert [c.text for c in parse(read(once))[0].comments] == [c.text for c in before.comments]


@TRIES
@given(SEEDS, st.integers(0, 10**9), st.booleans())
def test_a_statement_that_breaks_off_never_swallows_the_next_one(seed: int, at: int, whole_word: bool) -> None:
    """Cut a statement short, or drop one of its words: every other statement reads as before."""
    source = read(made(seed))
    pieces = cut(source).pieces
    before = {p.span.start: s for p, s in zip(pieces, parse(source)[0].statements, strict=True)}
    victim = pieces[at % (len(pieces) - 1)]
    words = victim.span.text.split(" ")
    if len(words) < 3:
        return
    drop = 1 + at % (len(words) - 1)
    kept = words[:drop] + words[drop + 1 :] if whole_word else words[:drop]
    broken = source.text[: victim.span.start] + " ".join(kept) + source.text[victim.span.end :]

    after, _ = parse(read(broken))

    others = [s for start, s in before.items() if start != victim.span.start]
    left = list(after.statements)
    for statement in others:
        assert statement in left
        left.remove(statement)


@TRIES
@given(st.text(max_size=400))
def test_any_text_ends_in_statements_and_diagnostics(text: str) -> None:
    """No text makes the parser raise; what does not read is said."""
    tree, faults = parse(read(text))

    assert tree.statements or faults or not text.strip() or tree.comments


@TRIES
@given(SEEDS, st.data())
def test_any_damage_to_a_policy_ends_in_diagnostics_with_places(seed: int, data: st.DataObject) -> None:
    """Characters replaced at random: every diagnostic has a place inside the text, and renders."""
    from letpass.diagnostics import render

    text = list(made(seed))
    for _ in range(data.draw(st.integers(1, 5))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.sampled_from(list('"()#{}<>=-+*%:., \n\\aZ9é‮')))
    source = read("".join(text))

    for fault in parse(source)[1]:
        assert 0 <= fault.span.start <= len(source.text)
        assert fault.code.startswith("GATE")
        assert "-->" in render(fault)


def test_the_grammar_is_strictly_lalr() -> None:
    """No conflict is left to the parser generator's taste, and no two terminals collide."""
    assert grammar(strict=True).options.strict


def test_the_tables_in_the_package_are_those_of_the_grammar() -> None:
    """`make tables` was run after the last change of policy.lark."""
    assert rules(TABLES.read_text(encoding="utf-8")) == rules(tables()), (
        "run `make tables` after a change of policy.lark"
    )


def rules(made: str) -> list[str]:
    """The rules and terminals that tables were made from.

    The numbers of the states are the generator's own, and how long a pattern without an end can get is Python's.
    """
    written = sorted(json.dumps(entry, sort_keys=True) for entry in json.loads(made)["memo"].values())
    return [re.sub(r'(?<="_width": \[)(\d+), \d{10,}', r"\1, 4294967295", entry) for entry in written]


@pytest.mark.parametrize("depth", [39, 41, 1000])
def test_nesting_is_capped_with_an_ordinary_diagnostic(depth: int) -> None:
    """A thousand nested `not`s end in GATE008, not in a crash."""
    header = 'policy p: "t"\n  on review\n'
    for text in ("not " * depth + "code.dirty", "(" * depth + "code.dirty" + ")" * depth):
        _, faults = parse(read(f"{header}require a: {text}\n"))
        assert [f.code for f in faults] == ([] if depth == 39 else ["GATE008"])


@TRIES
@given(SEEDS)
def test_our_scanner_finds_the_words_that_the_generators_own_finds(seed: int) -> None:
    """Each statement parses to the same tree with the parser generator's scanner as with ours."""
    from letpass.language import parser

    theirs, ours = grammar(), parser._parser()
    for piece in cut(read(made(seed))).pieces:
        expected = theirs.parse(piece.span.text, start=piece.start)
        driven = parser._driver().parse(piece.span.source.text, piece.span.start, piece.span.end, piece.start)

        assert ours.parse(piece.span.text, start=piece.start) == expected
        assert plain(driven, piece.span.start) == plain(expected, 0)


def plain(tree: Any, by: int) -> Any:
    """A tree as plain data: names, texts and places."""
    if not hasattr(tree, "children"):
        return str(tree)
    place = (tree.meta.start_pos - by, tree.meta.end_pos - by)
    return str(tree.data), place, [plain(c, by) for c in tree.children]
