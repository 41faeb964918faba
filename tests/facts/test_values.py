"""The small pieces that everything rests on: frozen values, truth tables, canonical bytes, intervals, people."""

from __future__ import annotations

import json
import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letpass.canonical import canonical, digest
from letpass.diagnostics import Source
from letpass.evaluation.people import assignable
from letpass.evaluation.runtime import matched
from letpass.facts import document, reader
from letpass.facts.estimates import wilson
from letpass.frozen import Frozen, part, replace
from letpass.language.truth import CONJUNCTION, DISJUNCTION, NEGATION, conjunction, disjunction


class Point(Frozen):
    """A value for the tests."""

    x: int
    y: int = 0
    note: str = part(default="", kw_only=True, compare=False)
    many: list[int] = part(default_factory=list)


class Other(Frozen):
    x: int
    y: int = 0


def test_frozen_values_are_equal_by_their_compared_fields_and_class() -> None:
    """What is left out of the comparison does not count; another class is never equal."""
    assert Point(1, note="a") == Point(1, 0, note="b")
    assert hash(Point(1, many=())) == hash(Point(1, note="c", many=()))  # type: ignore[arg-type]
    assert Point(1) != Point(2)
    assert Other(1) != Point(1)
    assert replace(Point(1, 2), y=5) == Point(1, 5)
    assert repr(Other(1)) == "Other(x=1, y=0)"


def test_frozen_values_cannot_be_changed() -> None:
    """Neither set nor removed; and two values share no default list."""
    point = Point(1)
    with pytest.raises(AttributeError, match="`x` cannot be set"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="`x` cannot be removed"):
        del point.x
    assert Point(1).many is not Point(1).many


@pytest.mark.parametrize(
    "call", [lambda: Point(), lambda: Point(1, 2, [], 3), lambda: Point(1, z=3), lambda: Point(y=1, z=3)]
)  # type: ignore[call-arg]
def test_a_frozen_value_takes_its_fields_and_no_others(call: object) -> None:
    """Too few, too many and unknown arguments are errors."""
    with pytest.raises(TypeError, match="Point takes"):
        call()  # type: ignore[operator]


def test_the_tables_are_strong_kleene() -> None:
    """Unknown stands for either value: a result is settled where both choices agree."""
    choices = {True: (True,), False: (False,), None: (True, False)}
    for a, b in product((True, False, None), repeat=2):
        both = {x and y for x in choices[a] for y in choices[b]}
        either = {x or y for x in choices[a] for y in choices[b]}
        assert CONJUNCTION[a, b] is (both.pop() if len(both) == 1 else None)
        assert DISJUNCTION[a, b] is (either.pop() if len(either) == 1 else None)
    assert NEGATION == {True: False, False: True, None: None}
    assert (conjunction([]), disjunction([])) == (True, False)


NUMBERS = {
    0.0: "0", 1.0: "1", 1e21: "1e+21", 1e20: "100000000000000000000", 1e-6: "0.000001", 1e-7: "1e-7",
    123456789.125: "123456789.125", 5e-324: "5e-324", 1.7976931348623157e308: "1.7976931348623157e+308", -1.5: "-1.5", 333333333.33333329: "333333333.3333333",
}  # fmt: skip


def test_canonical_numbers_are_those_of_rfc_8785() -> None:
    """The samples of its appendix B, and the borders between the two notations."""
    assert {n: canonical(n).decode() for n in NUMBERS} == NUMBERS


def test_canonical_objects_are_ordered_by_utf_16_and_hold_no_blank() -> None:
    """RFC 8785 section 3.2.3: a key beyond the basic plane sorts by its surrogates."""
    assert (
        canonical({"\ufb33": 1, "\U0001f600": 2, "b": [True, None], "a": "é\n"}).decode()
        == '{"a":"é\\n","b":[true,null],"\U0001f600":2,"\ufb33":1}'
    )
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**60, object(), {1: 2}, {"a": {3}}])
def test_what_has_no_one_form_is_refused(value: object) -> None:
    """NaN, infinities, integers that a double rounds, and what is no JSON."""
    with pytest.raises((ValueError, AttributeError)):
        canonical(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_canonical_number_reads_back_as_itself(value: float) -> None:
    """Every double has one text, and the text has that double."""
    assert float(canonical(value)) == value


def test_wilson_gives_the_published_interval() -> None:
    """Wilson's score interval of 81 successes in 263, z = 1.96: 0.2553 to 0.3662 (Newcombe 1998, table I)."""
    low, high = (round(wilson(81, 263, 1.959964, lower=lower), 4) for lower in (True, False))

    assert (low, high) == (0.2553, 0.3662)


ROLE = st.tuples(st.sets(st.sampled_from("abcd"), max_size=4), st.integers(1, 2))


@given(st.lists(ROLE, min_size=1, max_size=3))
def test_roles_are_assigned_different_people_exactly_when_hall_says_so(roles: list[tuple[set[str], int]]) -> None:
    """The interpreter's matching and the compiled form's condition agree with trying everything."""
    places = [people for people, needed in roles for _ in range(needed)]
    tried = any(len(set(chosen)) == len(places) for chosen in product(*places))

    assert assignable(roles) is tried
    assert matched([(frozenset(people), needed) for people, needed in roles]) is tried


@pytest.mark.parametrize("fields", [("data_set", "data_digest", "unit"), ("unit", "data_digest", "data_set")])
def test_of_several_fields_that_make_a_piece_unreadable_the_first_in_the_document_is_told(
    fields: tuple[str, ...],
) -> None:
    """In every process: a stored decision is compared with what another one finds."""
    text = json.dumps({"model": "m", "version": "1", "metrics": {"auc": {"value": 1, **dict.fromkeys(fields)}}})

    ((piece,),) = reader.read(document.read(Source("1.json", text))).measures.values()

    assert piece["@unreadable"] == f"its `{fields[0]}` is null, not a text"
