"""What a program is given, as an interpreter, a traceback and a notebook show it."""

from __future__ import annotations

import pickle
import pydoc
import re
import traceback
from html.parser import HTMLParser
from pathlib import Path

import pytest

import letpass
from letpass import (
    Decision,
    Gate,
    InvalidError,
    LetpassError,
    PolicyError,
    RecordError,
    diagnostics,
    judge,
    parse_policies,
    parse_record,
    promotion,
)
from letpass.reports import FORMATS
from tests.api.conftest import MOVE, POLICY

HOSTILE = "</div><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\u202e"
ALLOWED = {"div", "strong", "code", "ul", "li"}


class Tags(HTMLParser):
    """Every tag of a text with its attributes, and whether all are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.open, self.texts = set[str](), set[str](), list[str](), list[str]()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(name="decisions", scope="module")
def _decisions() -> dict[str, Decision]:
    """One decision of each verdict, one that nobody governs, and one of texts that are to break what shows them."""
    policies = parse_policies({"gate.policy": POLICY + "require quick: latency <= 50 ms\n"})
    odd = parse_policies(
        {"odd.policy": POLICY + f'require bad: facts.word is "x"\n  fix "{HOSTILE[:40]}"\n'.replace("\n  fix", " fix")}
    )

    def of(metrics: str, model: str = "fraud", more: str = "", to: str = "production") -> Decision:
        text = f"model: {model!r}\nversion: '1'\nmetrics: {{{metrics}}}\n{more}"
        return judge(odd if more else policies, parse_record(text), promotion(to), 1_800_000_000_000_000)

    return {
        "allow": of("accuracy: 0.95, latency: {value: 20, unit: ms}"),
        "deny": of("accuracy: 0.5, latency: {value: 60, unit: ms}"),
        "undecided": of("accuracy: 0.95"),
        "nobody": of("accuracy: 0.95", to="staging"),
        "hostile": of(
            "accuracy: 0.95",
            "<script>alert(1)</script>",
            'facts: {word: "</div><img src=x onerror=alert(1)>\\e[31m\\u202e"}\n',
        ),
    }


# ---------------------------------------------------------------- the decision


def test_a_decision_is_printed_in_three_lines(decisions: dict[str, Decision]) -> None:
    """What it says of what; what keeps it back, and by how much; what to do."""
    assert str(decisions["deny"]).splitlines() == [
        "DENIED  fraud@1, promotion to production",
        "2 rules do not hold: gate/good: accuracy is 0.5, short by 0.4; gate/quick: latency is 60 ms, over by 10 ms",
        "next: mend `gate/good`",
    ]
    assert str(decisions["undecided"]).splitlines()[1:] == [
        "1 rule lacks evidence: gate/quick: latency is not recorded",
        "next: record it in the model's record",
    ]
    assert str(decisions["allow"]) == "ALLOWED  fraud@1, promotion to production\nevery rule in force holds"
    assert str(decisions["nobody"]).splitlines()[2] == (
        "next: write a policy `on promotion to staging`, or name a move that the policies govern"
    )


def test_values_are_shown_in_a_line(decisions: dict[str, Decision], project: Path) -> None:
    """Where a list of them, or a test that fails, shows the whole of each, nobody finds anything in it."""
    denied = decisions["deny"]
    shown = [repr(v) for v in (denied, *denied.rules, denied.policies[0], denied.record)]

    assert shown == [
        "<Decision deny fraud@1, promotion to production: gate/good, gate/quick>",
        "<RuleResult fail gate/good: accuracy is 0.5, short by 0.4>",
        "<RuleResult fail gate/quick: latency is 60 ms, over by 10 ms>",
        "<PolicyResult gate: governs true, 2 of 2 rules block>",
        "<Record fraud@1: 2 metrics from <record>>",
    ]
    gate = Gate(project)
    assert repr(gate) == f"<Gate of {Path.cwd()}/../project/policy.toml>"
    assert re.fullmatch(r"<FrozenGate of <PolicySet 1 policy, 1 rule, sha256:[0-9a-f]{12}…>>", repr(gate.frozen()))


def test_a_notebook_shows_a_small_piece_that_needs_nothing_else(decisions: dict[str, Decision]) -> None:
    """No script, no address, no stylesheet, no colour of text or ground but behind the verdict: it is read on light and dark pages."""
    for name, decision in decisions.items():
        cell = decision._repr_html_()
        found = Tags(cell)
        assert (found.open, found.tags <= ALLOWED, found.attributes) == ([], True, {"style"}), name
        assert len(cell) < 2_000
        assert "url(" not in cell
        assert re.findall(r"color:(?!inherit|#fff)[^;\"]+", cell.replace("background:", "")) == []
    assert "gate/good" in decisions["deny"]._repr_html_()
    assert "".join(Tags(decisions["deny"]._repr_html_()).texts).startswith("denied fraud@1, promotion to production")


def test_the_verdict_is_read_on_its_ground() -> None:
    """White on each of its colours has the contrast that small bold text needs (WCAG 2, 4.5 to 1)."""
    from letpass.reports.brief import _COLOURS

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert [c for c in _COLOURS.values() if 1.05 / (light(c) + 0.05) < 4.5] == []


def test_hostile_texts_stay_texts(decisions: dict[str, Decision]) -> None:
    """A model's name, a fact or a reason is anybody's: it opens no tag, moves no cursor and turns no direction."""
    hostile = decisions["hostile"]
    found = Tags(hostile._repr_html_())

    assert found.tags <= ALLOWED
    assert "<script>alert(1)</script>" in "".join(found.texts)
    for shown in (str(hostile), repr(hostile), hostile._repr_html_(), *map(repr, hostile.rules), repr(hostile.record)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert len(str(hostile).splitlines()) <= 3


def test_many_reasons_are_cut() -> None:
    """Of forty rules a few are named, and how many more there are."""
    rules = "".join(f'require r{n}: facts.a{n} is "x"\n' for n in range(40))
    policies = parse_policies({"many.policy": f'policy many: "Many"\n  on promotion to production\n{rules}'})
    decision = judge(policies, parse_record('{"model": "m", "version": "1"}'), promotion("production"), 0)

    assert len(decision.blocking) == 40
    assert str(decision).splitlines()[1].endswith("; and 37 more")
    assert len(str(decision)) < 800
    assert "and 32 more" in decision._repr_html_()


def test_a_decision_gives_its_reports(decisions: dict[str, Decision]) -> None:
    """In every format of the command line that takes no more than the decision; the one that does says who has it."""
    denied = decisions["deny"]

    assert denied.report().startswith("DENIED  fraud@1 → promotion to production\n")
    assert denied.report("html").startswith("<!doctype html>")
    assert all(denied.report(form) for form in FORMATS if form != "json")
    assert "PASS  gate/good" in decisions["undecided"].report(verbose=True)
    with pytest.raises(InvalidError, match="`json` holds the inputs too: write `storable"):
        denied.report("json")
    with pytest.raises(InvalidError, match="there is no format `htlm`; a name like it exists: `html`"):
        denied.report("htlm")


def test_a_decision_stays_what_it_is(decisions: dict[str, Decision], project: Path) -> None:
    """Through pickle, and from a gate as from `judge`."""
    denied = decisions["deny"]
    again = pickle.loads(pickle.dumps(denied))

    assert (again.id, str(again), type(again)) == (denied.id, str(denied), Decision)
    assert isinstance(Gate(project).decide("fraud@1", MOVE), letpass.Decision)


# ---------------------------------------------------------------- errors


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_an_error_keeps_its_place_and_its_help(project: Path) -> None:
    """In `str` and in a traceback, as the command line shows it; one line of it is `message`."""
    with pytest.raises(RecordError) as raised:
        parse_record('{"model": "m", "version": "1", "artefact": {}}', "m.json")
    error = raised.value
    lines = str(error).splitlines()

    assert (error.message, lines[0]) == ("unknown field `artefact`", "error[GATE301]: unknown field `artefact`")
    assert lines[1] == " --> m.json:1:32"
    assert lines[-1] == "  = help: a field like it exists: `artifact`"
    assert str(error) in _traceback(error)
    assert repr(error) == "RecordError('unknown field `artefact`')"
    kept = pickle.loads(pickle.dumps(error))
    assert (str(kept), kept.message) == (str(error), error.message)


def test_an_error_shows_ten_reasons_and_counts_the_others() -> None:
    """A traceback of hundreds of lines hides where it came from."""
    text = 'policy a: "A"\n  on registration\n' + "".join(f"require r{n}: champion is recorded\n" for n in range(30))
    with pytest.raises(PolicyError) as raised:
        parse_policies({"a.policy": text})

    shown = str(raised.value)
    assert shown.count("error[") == 10
    assert shown.endswith(f"and {len(raised.value.diagnostics) - 10} more, in `diagnostics`")


def test_hostile_words_of_an_error_move_no_cursor() -> None:
    """What a record says comes back in the error about it."""
    with pytest.raises(RecordError) as raised:
        parse_record({"model": "m", "version": "1", "a\x1b[2J\u202e": 1})

    assert "\x1b" not in str(raised.value)
    assert "\u202e" not in str(raised.value)


def test_every_error_of_the_library_is_handed_on() -> None:
    """Whoever catches one needs its name."""
    made = {c.__name__ for c in LetpassError.__subclasses__() if c.__module__ == diagnostics.__name__}

    assert made - set(letpass.__all__) == set()
    assert len(made) >= 13


# ---------------------------------------------------------------- the package


def test_help_names_what_is_public_before_anything_else() -> None:
    """The text of the package says what each is for, and names nothing that is not there."""
    shown = pydoc.render_doc(letpass, renderer=pydoc.plaintext)
    first, _, _ = shown.partition("PACKAGE CONTENTS")
    named = set(re.findall(r"\b\w+\b", first))

    assert {n for n in letpass.__all__ if n not in named} == set()


def test_what_a_user_looks_for_is_found_by_completion(project: Path) -> None:
    """On the gate, and on the decision that it gives."""
    gate = Gate(project)

    assert "decide" in dir(gate)
    assert {"report", "allowed", "blocking"} <= set(dir(gate.decide("fraud@1", MOVE)))
