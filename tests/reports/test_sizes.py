"""Reports for no rule, one and five thousand: within what each platform takes, what blocks first."""

from __future__ import annotations

import json
import re

import pytest

from letpass.cli.buildserver import said
from letpass.cli.platforms import dotenv
from letpass.cli.reporting import FORMATS
from letpass.evaluation.decision import Decision
from letpass.frozen import replace
from tests.reports.making import judged, record, report, shown, sized
from tests.reports.reading import rendered, verdict

pytestmark = pytest.mark.once

COUNTS = {
    (0, 0): "undecided",
    (1, 0): "allow",
    (1, 1): "deny",
    (5000, 0): "allow",
    (5000, 5000): "deny",
    (5000, 1): "deny",
}


@pytest.fixture(scope="module", name="decisions")
def _decisions() -> dict[tuple[int, int], Decision]:
    return {key: sized(*key) for key in COUNTS}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("key", COUNTS)
def test_any_number_of_rules_keeps_its_verdict(
    key: tuple[int, int], form: str, decisions: dict[tuple[int, int], Decision]
) -> None:
    """No limit hides what blocks."""
    assert verdict(form, shown(form, decisions[key])) == COUNTS[key]


@pytest.fixture(scope="module", name="many")
def _many(decisions: dict[tuple[int, int], Decision]) -> Decision:
    return decisions[5000, 5000]


def test_a_comment_fits(many: Decision) -> None:
    """Markdown stays below what a comment holds, in characters and in bytes, and says how much it leaves out."""
    for decision in (many, judged(record(model="m" * 50_000, author="\U0001f600" * 50_000, license="|" * 60_000))):
        text = shown("markdown", decision)

        assert len(text.encode("utf-8")) < 65_536
        assert verdict("markdown", text) == decision.verdict.value
    text = shown("markdown", many)
    rows = len(re.findall(r"(?m)^\| \*\*fail", text))
    assert rows > 50
    assert f"{5000 - rows} more rules are not shown." in text
    assert rendered(text).count("<tr>") == rows + 1


def test_what_blocks_is_in_the_comment_before_what_passes(decisions: dict[tuple[int, int], Decision]) -> None:
    """Of five thousand rules the one that fails is shown, and passing ones fill what is left."""
    text = shown("markdown", decisions[5000, 1])

    assert "`gate/rule-4999`" in text.split("<details>")[0]
    assert "5 000" not in text
    assert re.search(r"- and \d{4} more", text)


def test_a_comment_on_many_models_lists_what_is_denied_first() -> None:
    """A thousand models: an overview, the worst on top, and then as many in full as there is room."""
    good = judged(
        record(model="good"), 'policy gate: "G"\n  on promotion to production\nrequire named: model is recorded\n'
    )
    bad = judged(record(metrics={"accuracy": {"value": 0.5, "data_set": "holdout"}}))
    text = shown("markdown", *[good] * 999, bad)

    assert len(text.encode("utf-8")) < 65_536
    assert text.index("**denied** | `fraud@4`") < text.index("**allowed** | `good@4`")
    assert text.index("## Denied") < text.index("## Allowed")
    assert re.search(r"\d+ more models are not listed", text)
    assert re.search(r"\d+ more models are not shown in full", text)


def test_annotations_keep_to_what_a_step_shows(many: Decision, decisions: dict[tuple[int, int], Decision]) -> None:
    """Ten of each level; the tenth error says how many more there are."""
    lines = shown("github", many).splitlines()

    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == 10
    assert errors[-1] == "::error title=letpass::and 4991 more; the summary has them"
    assert sum(line.startswith("::notice") for line in lines) <= 10
    assert "rule-4999" in shown("github", decisions[5000, 1]).splitlines()[0]


def test_warnings_and_notices_do_not_push_errors_out() -> None:
    """What blocks comes first, whatever the order of the rules."""
    rules = "".join(f"advise a{n}: author is nobody\n" for n in range(30)) + "require last: license is none\n"
    header = 'policy gate: "Gate"\n  on promotion to production\n'
    lines = shown("github", judged(record(), header + rules)).splitlines()

    assert [line.split()[0] for line in lines] == ["::error"] + ["::warning"] * 10 + ["::notice"]
    assert "and 21 more" in lines[10]


def test_code_scanning_takes_the_log(many: Decision) -> None:
    """At most 5,000 results and as many rules; the run says what was left out."""
    log = json.loads(shown("sarif", many, many))
    run = log["runs"][0]

    assert len(run["results"]) == 5_000
    assert run["properties"]["leftOut"] == 5_000
    assert max(len(rule["properties"]["tags"]) for rule in run["tool"]["driver"]["rules"]) <= 10


def test_a_line_fits_a_task_result(many: Decision) -> None:
    """Tekton's results of a task share 4,096 bytes."""
    decision = replace(many, record=record(model="m" * 9_000, version="v" * 9_000))
    line = shown("json-line", decision)

    assert line.count("\n") == 1
    assert len(line) < 4_096
    assert json.loads(line)["blocking_count"] == 5_000


def test_outputs_fit(many: Decision) -> None:
    """A megabyte on GitHub, counted in UTF-16; five kilobytes for GitLab's dotenv."""
    values = said(report(many))

    assert len("".join(values.values()).encode("utf-16")) < 100_000
    assert json.loads(values["failed-rules"])[0] == "gate/rule-0000"
    assert len(dotenv(values)) < 5_000


def test_files_stay_small_enough_to_open(many: Decision) -> None:
    """GitLab takes 30 MB of JUnit, a browser a page of two."""
    assert len(shown("junit", many)) < 30_000_000
    assert len(shown("html", many)) < 2_000_000
    assert len(shown("html", *[many] * 30)) < 20_000_000
