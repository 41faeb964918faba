"""`policy power` and `policy lint --with`: what a rule costs in cases is said before anything is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.properties.versions import share

HEAD = 'policy gate: "Gate"\n  on promotion to production\nmetric m: ratio, on "A"\nmetric l: duration in ms, on "A"\n'
DIFFERENTLY = "671 cases where 5 of 100 come out differently, 1,215 where 10 do, 2,354 where 20 do"
RULE = "m >= champion.m - 3 points at 95% confidence"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rule(folder: Path, text: str) -> str:
    (folder / "gate.policy").write_text(f"{HEAD}require it: {text}\n")
    return "gate.policy"


def version(folder: Path, name: str, right: list[bool], **more: Any) -> str:
    """A record of a share of cases with its outcomes."""
    piece = {**share(right), "data_set": "A", **more}
    data = {"model": "m", "version": name, "metrics": {"m": {k: v for k, v in piece.items() if v is not None}}}
    (folder / f"{name}.json").write_text(json.dumps(data))
    return f"{name}.json"


def test_a_rule_says_what_it_costs(folder: Path, call: Call) -> None:
    """How often a model passes that is too bad, and how many cases make an equal one pass."""
    code, out, _ = call("power", rule(folder, RULE))

    assert code == 0
    assert out.splitlines() == [
        f"gate/it  {RULE}",
        "  a model that is 3 points worse passes in 2.5 of 100",
        f"  an equal model passes in 90 of 100, compared case by case, with {DIFFERENTLY}",
        "  compared case by case it can never hold with fewer than 125 cases",
        "  without the outcomes of the cases it takes 2,470 cases of each version, where 88 of 100 are right",
    ]


def test_it_says_so_of_the_cases_that_there_are(folder: Path, call: Call) -> None:
    """Of the champion's, and of two versions beside each other."""
    right = [n % 8 > 0 for n in range(1319)]
    first = version(folder, "1", right)
    second = version(folder, "2", [not r if n % 20 == 0 else r for n, r in enumerate(right)])

    out = call("power", rule(folder, RULE), first, second)[1]

    assert "with the 1,319 cases of m@1 an equal model passes in more than 99 of 100 where 5 of 100" in out
    assert ", 92 of 100 where 10 do, 68 of 100 where 20 do" in out
    assert "without the outcomes of the cases it passes in 64 of 100" in out
    assert (
        "m@2 beside m@1: 66 of 1,319 cases come out differently, an equal model passes in more than 99 of 100; it is"
        in out
    )
    bare = version(folder, "3", right, outcomes=None)
    assert "once the outcomes of the cases are recorded" in call("power", rule(folder, RULE), bare)[1]


def test_versions_beside_each_other_are_told_group_by_group(folder: Path, call: Call) -> None:
    """Each by its name, also where all hold; one that lacks the outcomes by its two intervals."""
    right = [n % 8 > 0 for n in range(1319)]
    other = [not r if n % 20 == 0 else r for n, r in enumerate(right)]
    worse = [r and n % 8 > 1 for n, r in enumerate(right)]
    names = []
    for name, f, m in (("1", right, right), ("2", other, other), ("3", other, worse)):
        groups = [{"group": g, **share(bits)} for g, bits in (("sex=F", f), ("sex=M", m))]
        del groups[1]["outcomes"]
        names.append(version(folder, name, f, slices=groups))
    text = "all m.slices have value >= champion.value - 3 points at 95% confidence"

    out = call("power", rule(folder, text), *names)[1]

    differently = "66 of 1,319 cases come out differently, an equal model passes in more than 99 of 100"
    apart = "two intervals, an equal model passes in"
    assert [line for line in out.splitlines() if "beside" in line] == [
        f"  m@2 beside m@1, value of sex=F: {differently}; it is shown to hold",
        f"  m@2 beside m@1, value of sex=M: {apart} 64 of 100; it is shown to hold",
        f"  m@3 beside m@1, value of sex=F: {differently}; it is shown to hold",
        f"  m@3 beside m@1, value of sex=M: {apart} 51 of 100; it is shown not to hold",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "m >= champion.m - 1 point",
            "it refuses 12 of 100 equal models, and lets 13 of 100 pass that are 2 points worse",
        ),
        ("m >= champion.m at 95% confidence", "it asks for more than the champion has"),
        ("m >= champion.m + 1 point at 95% confidence", "a model that is 1 point better passes in 2.5 of 100"),
        ("m >= champion.m - 3 points at 95% confidence over 5 tries", "passes in 2.5 of 100"),
        ("m >= 80% at 90% confidence", "a model that is just at the bound passes in 5 of 100"),
        ("l <= champion.l * 105% at 95% confidence", "the standard errors of both are 1.06% of the value or less"),
        ("l <= champion.l + 2 ms at 95% confidence", "the standard errors of both are 0.4363 ms or less"),
        ("m >= champion.m - 3 points paired at 95% confidence", "fewer than 125 cases"),
        ("m >= 80%", "no rule has a confidence, or compares a share with the champion's"),
    ],
)
def test_every_form_has_its_price(folder: Path, call: Call, text: str, said: str) -> None:
    """Shares, means, constants, and what is compared without a confidence."""
    assert said in call("power", rule(folder, text))[1]


def test_a_constant_says_which_model_passes(folder: Path, call: Call) -> None:
    """With as many cases as the champion has."""
    champion = version(folder, "1", [n % 8 > 0 for n in range(2000)])
    assert (
        "with the 2,000 cases of m@1 a model of 82.83% passes in 90 of 100"
        in call("power", rule(folder, "m >= 80% at 95% confidence"), champion)[1]
    )


@pytest.mark.parametrize(
    ("cases", "text", "more", "said"),
    [
        (300, RULE.replace("3", "1"), {}, "with 300 cases this can never hold: it takes 381, even where no case comes out differently"),
        (1319, RULE.replace("3", "1"), {}, "with 1,319 cases an equal model passes in 21 of 100 where 10 of 100 come out differently"),
        (1319, RULE.replace("3", "1"), {"outcomes": None}, "with 1,319 cases an equal model passes in 12 of 100"),
        (1319, RULE, {}, ""),
        (1319, "m >= champion.m - 1 point", {}, ""),
    ],
)  # fmt: skip
def test_lint_warns_of_rules_for_which_a_champion_has_too_few_cases(
    folder: Path, call: Call, cases: int, text: str, more: dict[str, Any], said: str
) -> None:
    """That can never hold, or seldom; with the margin that would do."""
    champion = version(folder, "1", [n % 8 > 0 for n in range(cases)], **more)
    path = rule(folder, text)

    code, out, _ = call("lint", path, "--with", champion)
    assert (code, "GATE261" in out, said in out) == (0, bool(said), True)
    assert ("with a margin of 3 points 90 of 100 pass" in out) == ("1,319" in said and not more)
    assert "GATE261" not in call("lint", path)[1]


def test_a_model_that_is_not_there_is_an_error(folder: Path, call: Call) -> None:
    """For both commands."""
    path = rule(folder, RULE)
    assert call("power", path, "none.json")[0] == 2
    assert call("lint", path, "--with", "none.json")[0] == 2
