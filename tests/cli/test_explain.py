"""What `policy explain` shows: the codes' pages as they are rendered for a terminal, and the formulas of a rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from letpass.cli.page import render
from tests.cli.conftest import ROOT, Call, Show

PAGE = """# GATE999: a title

## What it means

One sentence that is long enough for two lines, with `a-code` in it.

## Example

```policy
require wide: "a line of an example that is far longer than the columns there are" is recorded
# no heading

last
```
"""


def test_headings_lose_their_marks_prose_is_wrapped_and_examples_stay() -> None:
    """Nothing in an example is touched: neither its width nor what looks like a heading."""
    assert (
        render(PAGE, 40)
        == """GATE999: a title

What it means

  One sentence that is long enough for
  two lines, with `a-code` in it.

Example

    require wide: "a line of an example that is far longer than the columns there are" is recorded
    # no heading

    last
"""
    )


def test_a_link_is_what_it_is_called() -> None:
    """Outside of examples; a terminal follows no path of the documentation."""
    text = "See [docs/a.md](../a.md), or [1].\n\n```text\n[b](c)\n```\n"

    assert render(text, 80) == "  See docs/a.md, or [1].\n\n    [b](c)\n"


def test_headings_are_bold_where_there_are_colours() -> None:
    """Nothing else is coloured."""
    bold = [line for line in render(PAGE, 80, color=True).splitlines() if "\x1b" in line]

    assert [f"\x1b[1m{h}\x1b[0m" for h in ("GATE999: a title", "What it means", "Example")] == bold


def test_a_page_is_as_wide_as_its_terminal(show: Show) -> None:
    """Up to 100 columns; its headings are bold."""
    narrow, _ = show("explain", "300", COLUMNS="44")
    wide, _ = show("explain", "300", COLUMNS="400")

    def widest(text: str) -> int:
        return max(len(line) for line in text.splitlines() if re.match(r"  \w", line))

    assert narrow.startswith("\x1b[1mGATE300: a rule fails\x1b[0m\n")
    assert 30 < widest(narrow) <= 44 < 80 < widest(wide) <= 100
    assert "\x1b" not in show("explain", "300", "--color", "never")[0]


# ---------------------------------------------------------------- the formulas of a rule

FAIR = """production-promotion/fair
  require fairness >= 0.9

holds where
  v2 >= v3
fails where it does not hold, and every value in it is known
with
  v1 = 1, 100 for `%`, by metrics.fairness.unit
  v2 = metrics.fairness.value, known where metrics.fairness.value >= 0 and metrics.fairness.value <= v1
  v3 = 0.9, 90 for `%`, by metrics.fairness.unit
"""
MALWARE = """p/no-malware
  require no scans.findings where severity >= high
  when there is a champion

holds where
  [nobody holds the stage, or ever held it]
  or (scans.findings is known
    and scans.findings is all there is
    and (no it in scans.findings: not (it.severity in {info, low, medium})))
fails where
  [there is a champion, and its record is at hand]
  and (some it in scans.findings: it.severity in {critical, high})
"""
POLICY = """policy p: "P"
  on promotion to production
require no-malware: no scans.findings
  where severity >= high
  when there is a champion
"""


def test_a_rule_is_explained_by_when_it_holds_and_when_it_fails(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the project's own policies, and of those that are named; its guard is part of it."""
    (tmp_path / "p.policy").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(ROOT)

    assert call("explain", "--formula", "production-promotion/fair") == (0, FAIR, "")
    assert call("explain", "--formula", "p/no-malware", "-p", str(tmp_path)) == (0, MALWARE, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--formula", "production-promotion/fairr"), "no rule `production-promotion/fairr`; rules like it: production-promotion/fair,"),
        (("--formula", "xyz", "-p", "policies/environment"), "no rule `xyz`; rules are environment/pinned-image, environment/exact"),
        (("--formula", ""), "there is no rule ``; rules are "),
        (("--formula", "production-promotion/fair", "-p", "nowhere"), "GATE011"),
        (("GATE201", "--formula", "production-promotion/fair"), "give one of the two"),
        (("--markdown", "--formula", "production-promotion/fair"), "give one of the two"),
        (("GATE201", "-p", "policies"), "codes have none"),
    ],
)  # fmt: skip
def test_what_names_no_rule_is_refused(
    call: Call, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the nearest names, or all of them; nothing is printed."""
    monkeypatch.chdir(ROOT)
    code, out, err = call("explain", *arguments)

    assert (code, out, said in err) == (2, "", True), err


def test_the_examples_of_the_help_both_run(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of codes and of rules."""
    monkeypatch.chdir(ROOT)
    examples = re.findall(r"^    policy (explain .+)$", call("explain", "--help")[1], re.MULTILINE)

    assert [example.split()[1] for example in examples] == ["GATE201", "--formula"]
    assert [call(*example.split())[0] for example in examples] == [0, 0]
