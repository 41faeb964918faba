"""`policy waive`: what is waived is shown before it is signed, and what would not count is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, in_days, write

RECORD = "models/fraud/3.yaml"
WAIVE = ("waive", "gate/good", RECORD, "--until", in_days(5), "--reason", "incident 7", "--key", OWN)
CHECK = ("check", RECORD, "--to", "production")


def gate(office: Path, rule: str, *more: str) -> None:
    """The office's policy on promotion, with one rule that can be waived."""
    text = f'policy gate: "Gate"\n  on promotion to production\n{rule}\n  waivable by role "risk"\n'
    write(office / "policies/gate.policy", text + "".join(f"{line}\n" for line in more))
    (office / "policies/deployment.policy").unlink(missing_ok=True)


def record(office: Path, old: str, new: str) -> None:
    """Another text in the record of version 3."""
    text = (office / RECORD).read_text()
    assert old in text
    write(office / RECORD, text.replace(old, new))


def statement(office: Path) -> dict[str, object]:
    """What the one waiver beside version 3 says."""
    import base64

    (found,) = (office / "models/fraud/3").glob("*.json")
    said: dict[str, object] = json.loads(base64.b64decode(json.loads(found.read_bytes())["payload"]))["predicate"]
    return said


def test_what_is_missed_is_shown_and_signed(call: Call, office: Path) -> None:
    """The verdict so far, the condition, its bound and what is seen, from the bytes that are signed."""
    code, out, _ = call(*WAIVE)

    assert (code, out.splitlines()[0]) == (0, "gate/good is fail: accuracy >= 0.9")
    assert out.splitlines()[1].startswith("so far denied: fraud@3 → promotion to production: ")
    assert "  missed       `accuracy >= 0.9` down to 0.5 (bound 0.9)" in out
    assert "  move         promotion to production" in out
    missed = [{"condition": "accuracy >= 0.9", "operator": ">=", "value": 0.5, "bound": 0.9}]
    said = statement(office)
    assert (said["missed"], said["move"]) == (missed, {"kind": "promotion", "stage": "production"})


def test_a_record_that_is_edited_after_the_waiver_is_no_longer_covered(call: Call, office: Path) -> None:
    """The report says what the waiver covers and what is there now."""
    call(*WAIVE)
    assert "= covers: `accuracy >= 0.9` down to 0.5 (bound 0.9)" in call(*CHECK)[1]

    record(office, "accuracy: 0.5", "accuracy: 0.41")
    code, out, _ = call(*CHECK)

    assert (code, "FAIL[GATE300]  gate/good" in out) == (1, True)
    assert "does not count any more: it covers `accuracy >= 0.9` down to 0.5 (bound 0.9), and now it is 0.41" in out


def test_a_limit_is_signed_beside_what_is_seen(call: Call, office: Path) -> None:
    """So that a small change needs no new waiver."""
    code, out, _ = call(*WAIVE, "--up-to", "0.4")
    assert (code, "`accuracy >= 0.9` down to 0.4 (seen 0.5, bound 0.9)" in out) == (0, True)

    found = {}
    for old, value in (("0.5", "0.41"), ("0.41", "0.4"), ("0.4", "0.39")):
        record(office, f"accuracy: {old}", f"accuracy: {value}")
        found[value] = "WAIVED[GATE300]  gate/good" in call(*CHECK)[1]

    assert found == {"0.41": True, "0.4": True, "0.39": False}


GAP = "require good: abs(accuracy - metrics.other) <= 5 points"
SLOW = "require good: metrics.latency <= 50 ms"
LIMITS: dict[str, tuple[str, str, str, str]] = {
    "points of a difference": (GAP, "other: 0.44", "7 points", "up to 7 points (seen 6 points, bound 5 points)"),
    "a percentage of a difference": (GAP, "other: 0.44", "6.5%", "up to 6.5 points (seen 6 points, bound 5 points)"),
    "a duration": (SLOW, "latency: {value: 60, unit: ms}", "0.08 s", "up to 80 ms (seen 60 ms, bound 50 ms)"),
    "a date": (
        "require good: expires_at > 2026-01-01",
        "",
        "2024-12-01",
        "for 2024-12-01 or later (seen 2025-01-01, bound 2026-01-01)",
    ),
    "a number": ("require good: metrics.drift <= 0.2", "drift: 0.3", "0.5", "up to 0.5 (seen 0.3, bound 0.2)"),
    "a count": ("require good: at least 3 deployments", "", "0", "down to 0 (seen 1, bound 3)"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_written_as_policies_write_values(call: Call, office: Path, name: str) -> None:
    """With its unit, read by the language's own parser."""
    rule, metric, limit, said = LIMITS[name]
    gate(office, rule)
    record(office, "accuracy: 0.5", f"accuracy: 0.5, {metric}" if metric else "accuracy: 0.5")
    record(office, "author:", "expires_at: 2025-01-01\ndeployments: [{endpoint: a}]\nauthor:")

    code, out, err = call(*WAIVE, "--up-to", limit)

    assert (code, err) == (0, "")
    assert said in out


NO_LIMITS: dict[str, tuple[str, str, str]] = {
    "it holds there": ("require good: accuracy >= 0.9", "0.95", "holds: 0.9 is its bound"),
    "the bound itself": ("require good: accuracy >= 0.9", "0.9", "holds: 0.9 is its bound"),
    "worse is seen": ("require good: accuracy >= 0.9", "0.6", "0.5 is seen now, which is worse than `0.6`"),
    "points of one ratio": ("require good: accuracy >= 90%", "5 points", "points measure a difference"),
    "another kind": ("require good: accuracy >= 0.9", "60 ms", "`60 ms` is no number"),
    "a number for a duration": (SLOW, "80", "`80` is no duration"),
    "a percentage that lacks its sign": ("require good: accuracy >= 90%", "40", "`40` is no ratio from 0 to 1"),
    "no value": ("require good: accuracy >= 0.9", "accuracy", "is no value such as"),
    "no text of the language": ("require good: accuracy >= 0.9", "6 of", "is no value"),
    "two conditions": ("require good: accuracy >= 0.9 and metrics.latency <= 50 ms", "0.4", "one comparison"),
    "a word": ("require good: license is MIT", "0.4", "one comparison"),
    "what is unknown": ("require good: metrics.f1 >= 0.9", "0.4", "one comparison"),
}


@pytest.mark.parametrize("name", NO_LIMITS)
def test_a_limit_that_means_nothing_is_refused_with_the_reason(call: Call, office: Path, name: str) -> None:
    """Before anybody signs."""
    rule, limit, said = NO_LIMITS[name]
    gate(office, rule)
    record(office, "accuracy: 0.5", "accuracy: 0.5, latency: {value: 60, unit: ms}")
    record(office, "author:", "license: GPL\nauthor:")

    code, out, err = call(*WAIVE, "--up-to", limit)

    assert (code, out, "error[GATE501]" in err, said in err) == (2, "", True, True), err
    assert not (office / "models/fraud/3").exists()
    assert call(*WAIVE)[0] == 0


def test_a_rule_that_holds_is_not_waived(call: Call, office: Path) -> None:
    """A waiver of nothing would be of use later."""
    beside = list((office / "models/fraud/4").iterdir())

    code, out, err = call("waive", "gate/good", "models/fraud/4.yaml", *WAIVE[3:])

    assert (code, out, list((office / "models/fraud/4").iterdir())) == (2, "", beside)
    assert "the rule `gate/good` holds, so there is nothing to waive" in err


@pytest.mark.parametrize(
    ("author", "said"),
    [
        ("author: rosa@corp.example", "you made `fraud@3`, and nobody waives for their own model"),
        ("author: anna\ncode: {author: 'Rosa <ROSA@corp.example>'}", "you made `fraud@3`"),
        ("tags: {owner: anna}", "who made `fraud@3` is not known, and it may be you: author is not recorded"),
    ],
)
def test_who_made_a_model_is_told_that_their_waiver_would_not_count(
    call: Call, office: Path, author: str, said: str
) -> None:
    """Before they sign."""
    record(office, "author: anna@corp.example", author)

    code, out, err = call(*WAIVE)

    assert (code, out, said in err) == (2, "", True), err


def test_who_asks_for_the_move_is_told_so(call: Call, office: Path) -> None:
    """The request says who asks."""
    assert call("request", RECORD, "--to", "production", "--key", OWN)[0] == 0

    code, out, err = call(*WAIVE)

    assert (code, out, "you ask for the move of `fraud@3`" in err) == (2, "", True)


def test_of_several_moves_one_is_named(call: Call, office: Path) -> None:
    """A waiver is for one, and the way back to the same stage; one that the policy does not govern is refused."""
    text = (office / "policies/gate.policy").read_text()
    write(office / "policies/gate.policy", text.replace("to production", "to production, staging"))
    code, _, err = call(*WAIVE)
    assert (code, "which move? the policies govern promotion to production, promotion to staging" in err) == (2, True)
    code, _, err = call(*WAIVE, "--to", "canary")
    assert (code, "its policy does not govern promotion to canary" in err) == (2, True)
    assert "= help: it governs promotion to production, promotion to staging" in err

    assert call(*WAIVE, "--to", "staging")[0] == 0

    assert "WAIVED[GATE300]  gate/good" in call("check", RECORD, "--to", "staging")[1]
    out = call(*CHECK)[1]
    assert "FAIL[GATE300]  gate/good" in out
    assert "it is for another move: promotion to staging then, promotion to production now" in out


def test_a_rule_of_a_policy_that_is_for_other_models_is_not_waived(call: Call, office: Path) -> None:
    """Nothing is asked of this one."""
    gate(office, "require good: accuracy >= 0.9")
    text = (office / "policies/gate.policy").read_text()
    write(
        office / "policies/gate.policy", text.replace("production\n", "production\n  applies when model is credit\n", 1)
    )

    code, out, err = call(*WAIVE)

    assert (code, out, "the rule `gate/good` is not asked: its policy is not for `fraud@3`" in err) == (2, "", True)


def test_missing_signoffs_are_waived_and_an_objection_is_not(call: Call, office: Path) -> None:
    """Whoever says no is heard, whatever was waived before."""
    gate(office, 'require good: signed by 2 in role "validator"')
    call("request", RECORD, "--to", "production", "--requester", "bob@corp.example")
    code, out, _ = call(*WAIVE)
    assert (code, "while it is unknown (awaiting sign-off: role `validator`)" in out) == (0, True)
    assert "WAIVED[GATE401]  gate/good" in call(*CHECK)[1]

    call("reject", RECORD, "--role", "validator", "--key", "vito", "--reason", "it leaks")

    code, out, _ = call(*CHECK)
    assert (code, "OBJECTED[GATE402]" in out, "WAIVED[GATE401]  gate/good" in out) == (1, True, True)
