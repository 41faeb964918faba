"""What is compared with the champion, and when it cannot be: reasons, remedies, and what a report shows."""

from __future__ import annotations

from typing import Any

import pytest

from letpass.evaluation.compiled import compile_rules
from letpass.evaluation.deciding import judge_rule
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.evaluation.reasons import ReasonKind
from letpass.evaluation.seen import SeenKind
from letpass.facts.record import Record
from letpass.frozen import replace
from letpass.language.truth import Truth3
from tests.properties.generate import NOW
from tests.properties.judging import MOVE, policy, record
from tests.properties.versions import CASES, share

RULE = "m >= champion.m - 3 points at 95% confidence"
PAIRED = RULE.replace(" at", " paired at")


def told(rule: str, ours: Any, theirs: Any, of: str = "ratio") -> Explanation:
    """What the interpreter makes of a rule; the compiled form must say the same."""
    text = f'policy gate: "Gate"\n  on promotion to production\nmetric m: {of}, on "A"\nrequire it: {rule}\n'
    rules = policy(text).rules
    versions = (record({"model": "m", "version": v, "metrics": {"m": m}}) for v, m in (("2", ours), ("1", theirs)))
    given = Input(next(versions), MOVE, NOW, next(versions))
    found = judge_rule(rules[0], given, Interpreter(given))
    assert compile_rules(rules).truths(given) == [found.truth]
    return found.test


def why(of: Explanation) -> str:
    return "; ".join(f"{r.kind.value}: {r}" for r in of.why)


def measured(right: list[bool], **more: Any) -> dict[str, Any]:
    """A share of cases with its outcomes."""
    return {**share(right), "data_set": "A", **more}


def pair(better: int, worse: int, cases: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """So many cases that the candidate alone has right, and that the champion alone has."""
    both = [True] * (cases - better - worse)
    return measured([True] * better + [False] * worse + both), measured([False] * better + [True] * worse + both)


@pytest.mark.parametrize(
    ("better", "worse", "cases", "margin", "truth"),
    [
        (40, 52, 1319, "- 1 point", None),
        (40, 52, 1319, "- 2 points", None),
        (40, 52, 1319, "- 3 points", True),
        (0, 0, 100, "- 5 points", True),
        (0, 0, 1319, "", None),
        (3, 0, 100, "- 1 point", True),
        (10, 100, 1319, "- 1 point", False),
        (60, 20, 2091, "", True),
        (60, 20, 2091, "+ 1 point", True),
        (20, 60, 2091, "", False),
    ],
)
def test_cases_are_compared_one_by_one(better: int, worse: int, cases: int, margin: str, truth: Truth3) -> None:
    """A gain of nothing is no proof: without a case apart and a margin it is unknown, also where more is asked."""
    ours, theirs = pair(better, worse, cases)
    assert told(f"m >= champion.m {margin} paired at 95% confidence", ours, theirs).truth is truth
    errors = told(f"m <= champion.m {margin.replace('-', '+')} at 95% confidence", theirs, ours)
    if "+" not in margin:
        assert errors.truth is truth


def test_a_gain_of_nothing_is_unknown_whatever_is_asked() -> None:
    """The very same answers to every case are neither better nor worse."""
    ours, theirs = pair(0, 0, 1319)
    for operator in (">=", ">", "<=", "<"):
        assert told(f"m {operator} champion.m at 95% confidence", ours, theirs).truth is None


def test_too_few_cases_say_what_was_seen_and_what_would_settle_it() -> None:
    """Better, worse, the difference, its interval, the bound inside it, and about how many cases it takes."""
    found = told(RULE.replace("3", "2"), *pair(40, 52, 1319))

    assert why(found) == (
        "too few cases: m: better 40, worse 52 of 1,319: -0.91 points, at 95% between -2.37 and 0.525 points;"
        " the bound of -2 points lies inside"
    )
    assert found.why[0].step == "measure on more cases: about 2,400 would settle it, if as many of them come out so"
    chance = "the chance of an equal model is 77 of 100, and of one that is 2 points worse 2.5 of 100"
    assert chance in [str(s) for s in found.seen]


GOOD = pair(40, 30, 1319)
CHANGED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("other cases", {}, {"outcomes": {**GOOD[1]["outcomes"], "cases": CASES[1]}}, "not comparable: champion.m: measured on other cases (sha256:0f0f0f0f0f0f…) than m (sha256:ecececececec…)"),
    ("bits of other length", {}, {"outcomes": {**GOOD[1]["outcomes"], "right": "AA=="}}, "unreadable: champion.m.outcomes.right cannot be read"),
    ("no bits", {"outcomes": {"cases": CASES[0]}}, {}, "unreadable: m.outcomes.right are not recorded"),
    ("not the value's", {"value": 0.5}, {}, "unreadable: m: its 1289 successes of 1319 do not make its value"),
    ("protocol on one side", {"protocol": "sha256:4f98aa"}, {}, "not comparable: champion.m: measured by one that is not recorded, and m by the protocol `sha256:4f98aa`"),
    ("another protocol", {"protocol": "p2"}, {"protocol": "p1"}, "measured by the protocol `p1`, and m by the protocol `p2`"),
    ("judge on one side", {}, {"judge": {"model": "j@1"}}, "not comparable: champion.m: judged by `j@1`, and m by no model"),
    ("another judge", {"judge": {"model": "j@2"}}, {"judge": {"model": "j@1"}}, "judged by `j@1`, and m by `j@2`"),
    ("a judge without a name", {"judge": {"right": 30}}, {"judge": {"right": 30}}, "judged by one that is not named"),
    ("other data", {"data_digest": "a"}, {"data_digest": "b"}, "not comparable: champion.m: measured on `A` (b)"),
]  # fmt: skip


@pytest.mark.parametrize(("ours", "theirs", "reason"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_what_does_not_fit_is_unknown_and_nothing_steps_in(
    ours: dict[str, Any], theirs: dict[str, Any], reason: str
) -> None:
    """To spoil evidence must not help: two intervals would have shown it to hold."""
    assert told(RULE, *GOOD).truth is True
    bare = tuple({k: v for k, v in piece.items() if k != "outcomes"} for piece in GOOD)
    assert told(RULE.replace("3", "9"), *bare).truth is True

    for rule in (RULE.replace("3", "9"), PAIRED.replace("3", "9")):
        found = told(rule, GOOD[0] | ours, GOOD[1] | theirs)
        assert found.truth is None
        assert reason in why(found)


def test_without_outcomes_two_intervals_are_compared_unless_pairs_are_asked_for() -> None:
    """On either side; and where the samples come in clusters."""
    ours, theirs = GOOD
    for side in (0, 1):
        lacking = [dict(piece) for piece in (ours, theirs)]
        del lacking[side]["outcomes"]
        assert "1289 of 1319, Wilson" in " ".join(map(str, told(RULE.replace("3", "9"), *lacking).seen))
        found = told(PAIRED.replace("3", "9"), *lacking)
        assert (
            why(found)
            == f"missing: {('m', 'champion.m')[side]}: `paired` needs the outcomes of both, and {('m', 'champion.m')[side]} has none"
        )
        assert "`policy evidence add MODEL FILE`" in found.why[0].step
    sure = {"standard_error": 0.001, "clusters": 40}
    assert told(RULE, ours | sure, theirs | sure).truth is True
    assert "come in clusters" in why(told(PAIRED, ours | sure, theirs | sure))


def test_outcomes_that_are_the_same_in_every_case_are_noticed() -> None:
    """Of two different artifacts somebody may have copied them; of the same bytes they are what they should be."""
    head = 'policy gate: "Gate"\n  on promotion to production\nmetric m: ratio, on "A"\n'
    rules = policy(f"{head}require it: {RULE}\n").rules
    pieces = pair(0, 0, 1319)

    def noticed(*digests: str | None) -> bool:
        said = [{"artifact": {"digest": d}} if d else {} for d in digests]
        each = zip("21", pieces, said, strict=True)
        ours, theirs = (record({"model": "m", "version": v, "metrics": {"m": m}, **s}) for v, m, s in each)
        given = Input(ours, MOVE, NOW, theirs)
        found = judge_rule(rules[0], given, Interpreter(given))
        assert found.truth is True
        return any("were they copied?" in str(s) for s in found.test.seen)

    assert noticed("sha256:aa", "sha256:bb")
    assert noticed("sha256:aa", None)
    assert not noticed("sha256:aa", "sha256:aa")
    assert not any("copied" in str(s) for s in told(RULE, *pair(1, 0, 1319)).seen)


def test_true_and_false_never_swap_between_the_two_ways() -> None:
    """Both rest on the same difference."""
    for better, worse in ((0, 0), (40, 52), (10, 100), (52, 40), (100, 10), (0, 30)):
        ours, theirs = pair(better, worse, 1319)
        bare = tuple({k: v for k, v in piece.items() if k != "outcomes"} for piece in (ours, theirs))
        assert {told(RULE, ours, theirs).truth, told(RULE, *bare).truth} != {True, False}


def test_the_best_of_more_tries_than_the_rule_is_for_is_refused() -> None:
    """And none recorded is unknown; shown to be worse is shown to be worse whatever was tried."""
    rule = f"{RULE} over 5 tries"
    ours, theirs = GOOD
    assert told(rule, ours | {"tries": 5}, theirs).truth is True
    found = told(rule, ours | {"tries": 6}, theirs)
    assert (found.truth, found.note) == (False, "6 candidates were measured, and the rule is for 5")
    for said in ({}, {"tries": 2.5}, {"tries": 0}):  # the one that was chosen was measured itself
        found = told(rule, ours | said, theirs)
        assert found.truth is None
        assert "m.tries" in why(found)
    assert "record how many candidates were measured" in told(rule, ours, theirs).why[0].step
    assert told(rule, *pair(10, 200, 1319)).truth is False
    assert told("m >= 90% at 95% confidence over 5 tries", ours | {"tries": 6}, theirs).truth is False


def test_more_tries_ask_for_more() -> None:
    """What one try shows, the best of a hundred does not."""
    ours, theirs = pair(40, 52, 1319)
    rule = "m >= champion.m - 2.5 points at 95% confidence"
    assert told(rule, ours, theirs).truth is True
    assert told(f"{rule} over 100 tries", ours | {"tries": 100}, theirs).truth is None


JUDGE = {"model": "j@1", "right": 100, "right_of_right": 95, "wrong": 100, "wrong_of_wrong": 90}


@pytest.mark.parametrize(
    ("judge", "bound", "truth", "reason"),
    [
        ({}, "87%", True, ""),
        ({}, "88%", None, "at 95% between 87.365% and 98.402%"),
        ({}, "99%", False, ""),
        ({"right": 29, "right_of_right": 29}, "50%", None, "its judge was asked of 29 right and 100 wrong cases"),
        ({"wrong": 29, "wrong_of_wrong": 29}, "50%", None, "fewer than 30 tell nothing"),
        ({"right_of_right": 55, "wrong_of_wrong": 54}, "50%", None, "hardly tells right cases from wrong ones"),
        ({"right": None}, "50%", None, "is not recorded, or cannot be read"),
        ({"right_of_right": 101}, "50%", None, "is not recorded, or cannot be read"),
    ],
)
def test_a_judged_share_is_corrected_for_its_judge(
    judge: dict[str, Any], bound: str, truth: Truth3, reason: str
) -> None:
    """1,161 of 1,319 found right by a judge that knows 95 of 100 right ones and 90 of 100 wrong ones: 87.4 % to 98.4 %."""
    metric = {"value": 1161 / 1319, "samples": 1319, "successes": 1161, "data_set": "A", "judge": {**JUDGE, **judge}}
    found = told(f"m >= {bound} corrected for its judge at 95% confidence", metric, metric)
    assert found.truth is truth
    assert reason in why(found)


BEYOND = {"right": 100, "right_of_right": 80, "wrong": 100, "wrong_of_wrong": 90}
BELOW = {"right": 100, "right_of_right": 95, "wrong": 100, "wrong_of_wrong": 80}


def found_right(successes: int, judge: dict[str, Any]) -> dict[str, Any]:
    """So many of a thousand cases, by a judge."""
    judge = {"model": "j@1", **judge}
    return {"value": successes / 1000, "samples": 1000, "successes": successes, "data_set": "A", "judge": judge}


@pytest.mark.parametrize("level", ["50%", "95%", "99.9%"])
@pytest.mark.parametrize(
    ("successes", "judge", "bound", "reason"),
    [
        (950, BEYOND, ">= 99%", "it finds only 80 of 100 right that are: more than if every case were right"),
        (950, BEYOND, ">= 50%", "its judge found 950 of 1000 cases right"),
        (950, BEYOND, "<= 50%", "more than if every case were right"),
        (50, BELOW, "<= 5%", "it finds 20 of 100 right that are wrong: fewer than if every case were wrong"),
        (50, BELOW, ">= 50%", "fewer than if every case were wrong"),
    ],
)
def test_a_judge_whose_rates_cannot_be_those_on_these_cases_shows_nothing(
    successes: int, judge: dict[str, Any], bound: str, reason: str, level: str
) -> None:
    """The share that people would find came out above 1, was taken for 1, and passed `>= 99%`: 95 of 100 found right by a
    judge that knows 80 of 100 right ones.  It was calibrated on other cases, whatever level is asked."""
    metric = found_right(successes, judge)
    found = told(f"m {bound} corrected for its judge at {level} confidence", metric, metric)
    assert found.truth is None
    assert reason in why(found)
    assert [r.kind for r in found.why] == [ReasonKind.REFUTED]
    assert "have people judge some of these very cases" in found.why[0].step


@pytest.mark.parametrize(
    ("successes", "judge", "bound", "truth"),
    [
        (850, BEYOND, ">= 80%", True),
        (850, BEYOND, ">= 99%", None),
        (850, BEYOND, "< 80%", False),
        (150, BELOW, "<= 15%", True),
    ],
)
def test_what_lies_outside_within_chance_is_taken_for_all_or_none(
    successes: int, judge: dict[str, Any], bound: str, truth: Truth3
) -> None:
    """85 of 100 found right by a judge that was asked of a hundred right ones and knew 80."""
    metric = found_right(successes, judge)
    found = told(f"m {bound} corrected for its judge at 95% confidence", metric, metric)
    assert found.truth is truth
    assert found.ends is not None
    assert 0.0 in (found.ends.low, 1 - found.ends.high)


def test_a_share_that_no_model_judged_is_not_corrected() -> None:
    """It does not say by which one."""
    found = told("m >= 50% corrected for its judge at 95% confidence", *GOOD)
    assert why(found).startswith("missing: m: it does not say by which judge")
    assert "record the `judge` with its counts" in found.why[0].step


def test_means_are_compared_by_their_errors_in_one_unit() -> None:
    """31.5 ms and 0.0300 s, five percent allowed: from 2.1 ms better to as much worse."""
    ours = {"value": 31.5, "unit": "ms", "standard_error": 0.8, "data_set": "A"}
    theirs = {"value": 0.03, "unit": "s", "standard_error": 0.0007, "data_set": "A"}
    of = "duration in ms, lower is better"
    assert told("m <= champion.m * 105% at 95% confidence", ours, theirs, of).truth is None
    assert told("m <= champion.m * 115% at 95% confidence", ours, theirs, of).truth is True
    assert told("m <= champion.m * 90% at 95% confidence", ours, theirs, of).truth is False
    assert told("m <= champion.m + 4 ms at 95% confidence", ours, theirs, of).truth is True
    found = told("m <= champion.m * 105% at 95% confidence", ours, theirs, of)
    assert "0 ms, at 95% between -2.13 and 2.13 ms" in why(found)


@pytest.mark.parametrize("error", [3.7e-17, 0, -0.1, "0.1"])
def test_an_error_that_tells_nothing_on_either_side_decides_nothing(error: Any) -> None:
    """Of two clusters with one mean it is what rounding left."""
    good, bad = ({"value": v, "standard_error": e, "data_set": "A"} for v, e in ((0.9, 0.001), (0.6, error)))
    for ours, theirs in ((good, bad), (bad, good)):
        found = told(RULE, ours, theirs)
        assert found.truth is None
        assert "standard error" in why(found)


def test_groups_are_compared_with_the_champions_groups() -> None:
    """Case by case where both have the outcomes of the group, else by intervals."""
    ours, theirs = pair(30, 30, 1000)
    slices = [
        [{"group": g, **{k: v for k, v in piece.items() if k != "data_set"}} for g in ("a", "b")]
        for piece in (ours, theirs)
    ]
    rule = "all m.slices have value >= champion.value - 3 points paired at 95% confidence over 2 tries"
    pieces = [
        {"value": p["value"], "data_set": "A", "tries": 2, "slices": s}
        for p, s in zip((ours, theirs), slices, strict=True)
    ]
    assert told(rule, *pieces).truth is True
    slices[1][1] = slices[1][1] | {"outcomes": {**slices[1][1]["outcomes"], "cases": CASES[1]}}
    found = told(rule, *pieces)
    assert found.truth is None
    assert "other cases" in why(found)


@pytest.mark.parametrize(
    "have",
    [
        "value >= champion.value - 9 points at 95% confidence",
        "value >= champion.value - 9 points",
        "value >= champion.value",
    ],
)
@pytest.mark.parametrize(
    ("judges", "reason"),
    [
        (("j@1", "j@1"), ""),
        (("j@2", "j@1"), "champion.value of a: judged by `j@1`, and value of a by `j@2`"),
        (("j@1", None), "champion.value of a: judged by no model, and value of a by `j@1`"),
        ((None, "j@1"), "champion.value of a: judged by `j@1`, and value of a by no model"),
        (("", ""), "champion.value of a: judged by one that is not named, and value of a by one that is not named"),
    ],
)
def test_groups_that_other_judges_judged_are_not_comparable(
    judges: tuple[str | None, str | None], reason: str, have: str
) -> None:
    """Also where their metrics name the same one, which alone was looked at: what is compared is the groups' own numbers."""
    ours, theirs = pair(30, 30, 1000)
    pieces = []
    for piece, judge in zip((ours, theirs), judges, strict=True):
        said = {} if judge is None else {"judge": {"model": judge} if judge else {"right": 30}}
        group = {"group": "a", **{k: v for k, v in piece.items() if k != "data_set"}, **said}
        pieces.append({"value": 0.9, "data_set": "A", "judge": {"model": "j@1"}, "slices": [group]})

    found = told(f"all m.slices have {have}", *pieces)

    assert found.truth is (None if reason else True)
    assert why(found) == (f"not comparable: {reason}" if reason else "")


def test_a_group_beside_its_own_metric_needs_no_judge_of_its_own() -> None:
    """Only the champion's groups are held to the judge of the candidate's."""
    metric = {"value": 0.9, "data_set": "A", "slices": [{"group": "a", "value": 0.9, "judge": {"model": "j@1"}}]}
    assert told("all m.slices have value >= m", metric, metric).truth is True


def test_a_miss_that_is_shown_tells_both_ends() -> None:
    """The near end says how much is missing, and the far one that it is no lack of cases; what holds needs the near one alone."""
    ours = {"value": 0.8, "samples": 1000, "successes": 800, "data_set": "A"}
    missed = told("m >= 85% at 95% confidence", ours, ours)
    assert (missed.truth, str(missed.seen[1])) == (
        False,
        "interval of m is 77.408% to 82.362% at 95% (800 of 1000, Wilson)",
    )
    held = told("m >= 75% at 95% confidence", ours, ours)
    assert (held.truth, str(held.seen[1])) == (True, "lower bound of m is 77.408% (800 of 1000, Wilson)")


@pytest.mark.parametrize(
    ("by", "vouched"),
    [(("ci", "ci"), "ci"), (("ci", ""), ""), (("ci", "lab"), "")],
    ids=["both", "one", "two services"],
)
def test_a_reckoned_number_has_the_trust_of_what_it_is_reckoned_from(by: tuple[str, str], vouched: str) -> None:
    """Ends of an interval that a service vouches for were shown as claimed."""
    versions = list[Record]()
    for version, m, trust in zip("21", pair(0, 300, 1319), by, strict=True):
        found = record({"model": "m", "version": version, "metrics": {"m": m}})
        pieces = {key: tuple({**p, "@trust": trust} for p in there) for key, there in found.measures.items()}
        versions.append(replace(found, measures=pieces))
    given = Input(versions[0], MOVE, NOW, versions[1])
    for rule, wanted in (("m >= 99.9% at 95% confidence", by[0]), (PAIRED, vouched)):
        text = f'policy gate: "Gate"\n  on promotion to production\nmetric m: ratio, on "A"\nrequire it: {rule}\n'
        test = Interpreter(given).truth(policy(text).rules[0].test)
        assert {s.trust for s in test.all_seen() if s.kind is SeenKind.DERIVED} == {wanted}


def test_a_denial_by_tries_alone_says_what_helps() -> None:
    """The number is good enough, and nothing about it is to be mended."""
    found = told(f"{RULE} over 5 tries", GOOD[0] | {"tries": 6}, GOOD[1])
    assert (found.truth, found.margin) == (False, None)
    assert "measure the one that was chosen on data on which none was chosen" in found.step


@pytest.mark.parametrize(
    ("recorded", "told_"),
    [
        ({"value": 0.8}, 'm is not recorded on `A`, only on data that have no name'),
        ([{"value": 0.8, "data_set": "B"}, {"value": 0.7}], "m is not recorded on `A`, only on `B`, data that have no name"),
    ],
)  # fmt: skip
def test_a_measure_of_data_without_a_name_is_told_of(recorded: Any, told_: str) -> None:
    """It is there for everybody to see, and "not recorded" sent people to look for it elsewhere."""
    assert [str(r) for r in told('m on "A" >= 50%', recorded, {"value": 0.8}).why] == [told_]
