"""One decision, one verdict: whatever the format, whoever reads it finds the same."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.cli.buildserver import said
from letpass.cli.reporting import FORMATS
from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import Verdict
from letpass.frozen import replace
from letpass.reports.findings import Weight, faults, findings, of_decision
from letpass.trust.accepted import Hold
from tests.properties.judging import made_input, made_policy
from tests.reports.making import fault, kinds, report, shown
from tests.reports.reading import verdict

KINDS = kinds()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_says_the_decisions_verdict(kind: str, form: str) -> None:
    """Read back as its readers read it, a report has the decision's own verdict."""
    decision = KINDS[kind]

    assert verdict(form, shown(form, decision)) == decision.verdict.value


def test_the_kinds_are_what_they_are_called() -> None:
    """So that the test above is one of every verdict, and of every way to it."""
    assert {kind: d.verdict.value for kind, d in KINDS.items()} == {
        "allowed": "allow",
        "allowed for a time": "allow",
        "denied": "deny",
        "undecided": "undecided",
        "awaiting people": "undecided",
        "governed by nothing": "deny",
        "governed perhaps": "undecided",
        "asked for nothing": "undecided",
        "held back": "undecided",
        "denied and held back": "deny",
        "waived": "allow",
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_the_verdict_is_in_the_findings(seed: int) -> None:
    """Over made policies and records: a denial has a finding that denies, what is undecided one that blocks, an allow none;
    and every format says it."""
    random = Random(seed)
    decision = decide((made_policy(random),), made_input(random))
    weights = {f.weight for f in of_decision(decision)}

    assert (Weight.DENIES in weights) == (decision.verdict is Verdict.DENY)
    assert (min(weights, default=Weight.TELLS) > Weight.BLOCKS) == (decision.verdict is Verdict.ALLOW)
    for form in FORMATS:
        assert verdict(form, shown(form, decision)) == decision.verdict.value, form


@pytest.mark.parametrize("form", FORMATS)
def test_a_fault_is_in_every_format(form: str) -> None:
    """A file that does not read is told beside the decisions, and by itself."""
    for decisions in ((KINDS["allowed"],), ()):
        text = shown(form, *decisions, faults=(fault("`surplus` is no field"),))

        assert "surplus" in text
        assert "GATE301" in text


@pytest.mark.parametrize(
    ("names", "faults", "told"),
    [
        (["allowed"], False, ("allow", "0")),
        (["allowed", "waived"], False, ("allow", "0")),
        (["allowed", "held back"], False, ("undecided", "3")),
        (["denied", "held back", "allowed"], False, ("deny", "1")),
        (["allowed"], True, ("error", "2")),
        (["denied"], True, ("error", "2")),
        ([], True, ("error", "2")),
        ([], False, ("error", "2")),
    ],
)
def test_programs_behind_the_step_are_told_the_worst(names: list[str], faults: bool, told: tuple[str, str]) -> None:
    """The output of a step is the verdict of all, and never an allow where something could not be read."""
    values = said(report(*(KINDS[n] for n in names), faults=(fault(),) if faults else ()))

    assert (values["verdict"], values["exit-code"]) == told


def test_beside_a_fault_no_page_and_no_last_line_says_allow() -> None:
    """One model is allowed, another could not be read: the run is an error, and nobody reads the page's title otherwise."""
    allowed = kinds()["allowed"]
    page = shown("html", allowed, faults=(fault(),))
    levels = [int(n) for n in re.findall(r"<h([1-6])", page)]

    assert "<title>1 model: 1 allowed, 1 fault</title>" in page
    assert (levels[0], levels.count(1)) == (1, 1)
    assert json.loads(shown("json-line", allowed, faults=(fault(),)).splitlines()[-1])["verdict"] == "error"


def test_two_faults_of_one_code_and_two_holds_are_two_findings() -> None:
    """Equal fingerprints, or equal names of cases, and a server would show one of them: also where a model is given twice."""
    holds = (Hold("GATE403", "the policies are not signed", ""), Hold("GATE403", "the root is not signed", ""))
    held = replace(kinds()["held back"], holds=holds)
    wrong = (fault(name="a.yaml"), fault(name="b.yaml"), fault("another"))
    made = report(held, held, faults=wrong)
    count = len(findings(made)) + len(faults(made))

    run = json.loads(shown("sarif", held, held, faults=wrong))["runs"][0]
    assert len({r["partialFingerprints"]["primaryLocationLineHash"] for r in run["results"]}) == count
    assert len({i["fingerprint"] for i in json.loads(shown("gitlab", held, held, faults=wrong))}) == count
    alone = report(held, faults=wrong)
    assert len({f.key for f in (*findings(alone), *faults(alone))}) == count - len(holds)
    for suite in ET.fromstring(shown("junit", held, faults=wrong)):
        cases = [(c.get("classname"), c.get("name")) for c in suite.iter("testcase")]
        assert len(set(cases)) == len(cases)
