"""`policy ledger list`: entries found by what they are about, who said it, what it came to, and when."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from letpass.project.configuration import load
from letpass.project.project import Project
from tests.cli.conftest import Call, signed


@pytest.fixture(name="logged", autouse=True)
def _logged(office: Path, call: Call) -> Path:
    """fraud@1 and fraud@3 were denied, fraud@4 waited for people and was allowed; each decision is logged."""
    for version in (1, 3, 4):
        call("check", f"fraud@{version}", "--to", "production", "--log")
    signed(call, office)
    assert call("check", "fraud@4", "--to", "production", "--log")[0] == 0
    return office


def listed(call: Call, *words: str) -> list[str]:
    """The lines of the entries that are found."""
    code, out, err = call("ledger", "list", *words)
    assert (code, [line for line in err.splitlines() if not line.startswith("there are more")]) == (0, []), err
    return [line for line in out.splitlines() if not line.startswith("no entry")]


def indices(lines: list[str]) -> list[int]:
    return [int(line.split()[0]) for line in lines]


def test_every_way_of_asking_gives_the_lines_that_a_list_of_all_has(call: Call) -> None:
    """In its order, and none else."""
    every = listed(call)
    count = len(every)
    assert indices(every) == list(range(count))
    assert listed(call, "--newest") == every[::-1]
    assert listed(call, "--from", "3") == every[3:]
    assert listed(call, "--from", "3", "--newest") == every[3:][::-1]
    assert listed(call, "--kind", "sign-off") == [line for line in every if " sign-off " in line]
    assert listed(call, "--verdict", "allow") == [line for line in every if " allow: " in line] != []
    found = [line for v in ("allow", "deny", "undecided") for line in listed(call, "--verdict", v)]
    assert sorted(found) == sorted(listed(call, "--kind", "decision"))
    assert listed(call, "--since", "2000-01-01", "--until", "2100-01-01") == every
    assert listed(call, "--until", "2000-01-01") == listed(call, "--since", "2100-01-01") == []


def test_a_person_is_found_by_what_they_signed_and_by_where_it_counted(call: Call) -> None:
    """Sign-offs, requests, and decisions that name them."""
    vera = listed(call, "--person", "vera@corp.example")
    assert {line.split()[2] for line in vera} == {"sign-off", "decision"}
    assert [line for line in vera if " decision " in line] == listed(
        call, "--person", "vera@corp.example", "--kind", "decision"
    )
    assert [line.split()[2] for line in listed(call, "--person", "bob@corp.example", "--model", "fraud")][:1] == [
        "request"
    ]
    assert listed(call, "--person", "nobody@corp.example") == []


def test_pages_join_to_the_whole(call: Call) -> None:
    """Each says with which entry the next begins."""
    every, pages, start = listed(call), list[str](), "0"
    while start:
        code, out, err = call("ledger", "list", "--most", "3", "--from", start)
        assert code == 0
        pages += out.splitlines()
        start = err.partition("`--from ")[2].partition("`")[0]
    assert pages == every
    assert call("ledger", "list", "--newest", "--most", "2") == (
        0,
        "".join(f"{e}\n" for e in every[:-3:-1]),
        "there are more\n",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "soon"), "--since: `soon` is"),
        (("--until", "1"), "--until: `1` is"),
        (("--most", "0"), "--most"),
        (("--verdict", "yes"), "--verdict"),
        (("--person", ""), "--person: an empty text names nothing"),
        (("--model", " "), "--model: an empty text names nothing"),
        (("--kind", ""), "--kind: an empty text names nothing"),
    ],
)
def test_what_is_no_time_or_number_is_a_usage_error(call: Call, words: tuple[str, str], said: str) -> None:
    """And is named with its option."""
    code, out, err = call("ledger", "list", *words)
    assert (code, out, said in err) == (2, "", True), err


def test_no_entry_stays_in_memory_because_it_was_listed(logged: Path) -> None:
    """A log of any length is listed; what is kept in mind is what decisions ask for."""
    ledger = Project(load(logged)).ledger.reader()
    assert ledger is not None
    seen = [weakref.ref(logged) for logged in ledger.each()]
    assert len(seen) == ledger.size()
    gc.collect()
    assert {ref().entry.kind for ref in seen if ref() is not None} <= {"trust", "policies"}  # type: ignore[union-attr]
