"""`policy test`: cases are judged and compared, and no test vanishes unseen."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from letpass.authoring.cases import judging
from letpass.evaluation.decision import Verdict
from letpass.evaluation.verdicts import Answer, Verdicts
from letpass.gate.judgement import EnginesDifferError
from tests.cli.conftest import ROOT, Call, write

GOOD = """- name: good enough
  record: {model: m, version: '1', metrics: {accuracy: 0.9}}
  move: promotion to production
  at: 2026-03-02
  expect: allow
"""
BAD = """
- name: just below
  record: {model: m, version: '1', metrics: {accuracy: 0.8999}}
  move: promotion to production
  at: 2026-03-02
  expect: deny
  blocks: [good]
"""
UNKNOWN = """
- name: not measured
  record: {model: m, version: '1'}
  move: promotion to production
  at: 2026-03-02
  expect: undecided
  blocks: [good]
"""
CASES = "policies/gate.cases.yaml"


def test_cases_that_come_out_are_counted(project: Path, call: Call) -> None:
    """Exit 0, and a line with the totals."""
    write(project / CASES, GOOD + BAD + UNKNOWN)

    assert call("test") == (0, "3 cases of 1 policy, all as expected\n", "")
    assert call("test", CASES) == call("test", "policies/gate.policy") == call("test", "policies")
    assert call("test", "-q") == (0, "", "")
    every = f"ok   {CASES}:1: good enough\nok   {CASES}:7: just below\nok   {CASES}:14: not measured\n"
    assert call("test", "-v") == (0, f"{every}3 cases of 1 policy, all as expected\n", "")


def test_a_case_that_comes_out_otherwise_is_shown_with_both(project: Path, call: Call) -> None:
    """Where it stands, what was expected and what it was; exit 1."""
    write(project / CASES, GOOD.replace("0.9}", "0.7}") + BAD.replace("blocks: [good]", "blocks: [goood]"))

    code, out, err = call("test")

    assert (code, err) == (1, "")
    assert out == (
        f"FAIL {CASES}:1: good enough: expected allow, and it was deny by good\n"
        f"FAIL {CASES}:7: just below: expected deny by goood, and it was deny by good\n"
        "2 cases of 1 policy, 2 not as expected\n"
    )
    assert call("test", "-q") == (1, "", "")


def test_what_no_case_shows_is_noted_if_asked_for(project: Path, call: Call) -> None:
    """Rules that never held or never blocked, verdicts that never came, policies without cases."""
    write(project / CASES, GOOD)
    write(project / "policies/other.policy", 'policy other: "O"\n  on review\nrequire author is recorded\n')
    write(project / "policies/metrics.policy", "metric accuracy: ratio\n")

    assert call("test")[1] == "1 case of 1 policy, all as expected, 1 policy without cases\n"
    assert call("test", "-v")[1] == (
        f"ok   {CASES}:1: good enough\n"
        f"note {CASES}: no case comes to deny, undecided\n"
        f"note {CASES}: no case shows that this blocks: good\n"
        "note policies/other.policy: no cases are beside this policy\n"
        "1 case of 1 policy, all as expected, 1 policy without cases\n"
    )


def test_a_rule_without_a_label_is_named_by_its_text(project: Path, call: Call) -> None:
    """As reports name it."""
    write(project / "policies/gate.policy", 'policy gate: "G"\n  on promotion to production\nrequire accuracy >= 0.9\n')
    write(project / CASES, BAD.replace("[good]", "[accuracy >= 0.9]"))

    assert call("test")[0] == 0


def test_people_waivers_and_champions_of_a_case_count(project: Path, call: Call) -> None:
    """As the library's cases use them."""
    for name in ("promotion", "shared"):
        for path in (ROOT / "policies" / name).iterdir():
            write(project / "gate" / name / path.name, path.read_bytes())
    write(project / "policy.toml", 'policies = ["gate"]\n')

    assert call("test")[:2] == (0, "63 cases of 3 policies, all as expected\n")
    assert call("test", "gate/promotion/high-risk.policy")[0] == 0


WAIVED = """- name: waived
  record: {model: m, version: "1", author: ann, metrics: {accuracy: 0.8}}
  move: promotion to production
  at: 2026-03-02
  waivers: [{label: good, person: rosa, role: risk, at: 2026-03-01, until: 2026-03-09, reason: r}]
  expect: allow
"""


def test_a_waiver_of_a_case_is_of_what_the_case_misses_or_up_to_a_value(project: Path, call: Call) -> None:
    """Of nothing where the rule holds; never by who made the model; a limit that cannot be is a fault of the case."""
    gate = 'policy gate: "G"\n  on promotion to production\nrequire good: accuracy >= 0.9\n  waivable by role "risk"\n'
    write(project / "policies/gate.policy", gate)
    limit = WAIVED.replace("reason: r", "reason: r, up_to: 0.7")
    for case in (WAIVED, limit, WAIVED.replace("0.8", "0.95")):
        write(project / CASES, case)
        assert call("test")[0] == 0, case

    for case in (WAIVED.replace("ann", "rosa"), WAIVED.replace("author: ann, ", "")):
        write(project / CASES, case)
        assert "expected allow, and it was deny" in call("test")[1], case
    write(project / CASES, limit.replace("up_to: 0.7", "up_to: 0.85"))
    code, _, err = call("test")
    assert (code, "error[GATE308]" in err, "0.8 is seen now, which is worse than `0.85`" in err) == (2, True, True), err


def test_no_cases_at_all_is_an_error(project: Path, call: Call) -> None:
    """Nothing was tested, so nothing came out as expected."""
    code, out, err = call("test")
    assert (code, out, "no cases in `policies`" in err) == (2, "", True)
    assert call("test", "-q")[0] == call("test", "policies/gate.policy")[0] == call("test", "gone")[0] == 2
    assert call("test", "models/fraud/1.yaml")[0] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("[]", "has at least one"),
        ("{name: a}", "a cases file is a list"),
        ("- 7", "a case is a mapping"),
        ("[", "not YAML"),
        (GOOD + GOOD, "the case `good enough` is already on line 1"),
        (GOOD.replace("expect: allow", "expect: alow"), "`expect`: it should be `allow`, `deny` or `undecided`"),
        (GOOD.replace("expect: allow", "expects: allow"), "unknown key `expects`"),
        (GOOD.replace("  expect: allow\n", ""), "the case has no `expect`"),
        (GOOD.replace("promotion to production", "promotion"), "`promotion` is no move"),
        (GOOD.replace("promotion to production", "review to production"), "is no move"),
        (GOOD.replace("2026-03-02", "soon"), "`at`: `soon` is not a date"),
        (GOOD + "  champion: nobody\n", "`champion`: a champion is a record, or `none`"),
        (GOOD + "  champion: {from: gone.yaml}\n", "there is no `gone.yaml`"),
        (GOOD + "  signed: [{person: a, role: b}]\n", "this has no `at`"),
        (
            GOOD + "  waivers: [{label: x, person: a, role: b, at: 2026-03-01, until: 2026-03-09, reason: r}]\n",
            "the policy `gate` has no rule `x`",
        ),
        (GOOD.replace("metrics", "metrcs"), "unknown field `metrcs`"),
        (GOOD.replace("{model: m", "{from: base.yaml, model: m"), "unknown key `model`"),
    ],
)
def test_a_cases_file_that_does_not_read_is_an_error_at_its_place(
    project: Path, call: Call, text: str, said: str
) -> None:
    """Exit 2, also where others come out otherwise; the others are judged all the same."""
    write(project / CASES, text)
    write(project / "policies/a.policy", 'policy a: "A"\n  on promotion to production\nrequire good: accuracy >= 0.9\n')
    write(project / "policies/a.cases.yaml", GOOD.replace("allow", "deny"))

    code, out, err = call("test")

    assert (code, said in err, f"--> {CASES}" in err) == (2, True, True)
    assert "FAIL policies/a.cases.yaml:1: good enough: expected deny, and it was allow" in out
    assert re.search(r", [123] faults?\n", out)


def test_the_faults_of_one_case_do_not_hide_the_others(project: Path, call: Call) -> None:
    """All of them are told."""
    write(project / CASES, GOOD.replace("metrics", "metrcs") + BAD.replace("metrics", "metics") + UNKNOWN)

    code, out, err = call("test")

    assert (code, err.count("GATE301")) == (2, 2)
    assert out == "1 case of 1 policy, all as expected, 2 faults\n"


@pytest.mark.parametrize(
    "name", ["gate.cases.yml", "gate.cases.json", "gate.CASES.yaml", "gate.cases.yaml/x", "linked"]
)
def test_what_is_named_like_cases_and_is_not_read_is_an_error(project: Path, call: Call, name: str) -> None:
    """Nobody would miss it."""
    write(project / "policies/b.policy", 'policy b: "B"\n  on review\nrequire good: author is recorded\n')
    if name == "linked":
        write(project / "elsewhere/gate.cases.yaml", GOOD)
        (project / "policies/linked").symlink_to(project / "elsewhere")
    else:
        write(project / "policies" / name, GOOD)

    code, _, err = call("test")

    assert (code, "GATE308" in err) == (2, True)


def test_a_policy_that_does_not_read_is_an_error(project: Path, call: Call) -> None:
    """So are cases without their policy."""
    write(project / CASES, GOOD)
    write(project / "policies/gate.policy", "policy gate:\n")
    assert call("test")[0] == 2
    (project / "policies/gate.policy").unlink()
    code, _, err = call("test")
    assert (code, "there is no `policies/gate.policy`" in err) == (2, True)


def test_names_of_cases_move_no_cursor(project: Path, call: Call) -> None:
    """Escapes and direction marks are shown as what they are."""
    write(project / CASES, GOOD.replace("good enough", '"\\e[2J\\u202e\\n"').replace("allow", "deny"))

    code, out, _ = call("test")

    assert (code, all(line.isprintable() for line in out.splitlines()), len(out.splitlines())) == (1, True, 2)


@pytest.mark.parametrize("way", ["../outside.yaml", "{0}/outside.yaml", "link.yaml"])
def test_the_records_of_cases_lie_where_the_policies_do(project: Path, call: Call, way: str) -> None:
    """Whoever proposes a case cannot have another file of the machine read and shown."""
    write(project / "outside.yaml", "model: m\nversion: '1'\nmetrics: {accuracy: 0.9}\n")
    (project / "policies/link.yaml").symlink_to(project / "outside.yaml")
    record = f"{{from: {way.format(project)}}}"
    write(project / CASES, GOOD.replace("{model: m, version: '1', metrics: {accuracy: 0.9}}", record))

    code, _, err = call("test")

    assert (code, "lies outside the policy root" in err, "accuracy" in err) == (2, True, False)


def test_nothing_waits_for_a_pipe(project: Path, call: Call) -> None:
    """What is named like cases and is no file is an error."""
    os.mkfifo(project / CASES)

    assert call("test")[0] == call("test", CASES)[0] == 2
    assert call("test", "")[0] == 2


@pytest.mark.parametrize("wrong", [Verdict.ALLOW, Verdict.UNDECIDED])
def test_where_the_engines_differ_on_a_case_nothing_came_out(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, wrong: Verdict
) -> None:
    """What the compiled form says is judged again where it is not expected, and now and then where it is: a difference is 70."""
    write(project / CASES, GOOD.replace("allow", "deny") + BAD)
    monkeypatch.setattr(judging, "AGAIN", 1)
    monkeypatch.setattr(Verdicts, "of", lambda *_: Answer(wrong))

    with pytest.raises(EnginesDifferError, match="the engines differ on the case `"):
        call("test")


def test_most_cases_are_judged_once(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter judges those with a waiver or an objection, and those that come out otherwise; few of the others."""
    write(project / CASES, GOOD + BAD + UNKNOWN)
    monkeypatch.setattr(judging, "AGAIN", 1_000_000)
    monkeypatch.setattr(judging, "judge", lambda *_: pytest.fail("judged by the interpreter"))

    assert call("test")[0] == 0


@pytest.mark.parametrize(
    ("text", "said", "help_"),
    [
        ("", "the file is empty", "write `- name: …` for each case"),
        ("# nothing\n", "the file holds no data", "write `- name: …` for each case"),
        ("name: x\n", "a cases file is a list of cases, and has at least one", "write `- name: …` for each case"),
        ("- 5\n", "a case is a mapping", ""),
        (GOOD.replace("{model: m, version: '1', metrics: {accuracy: 0.9}}", "5"), "`record` is a mapping", ""),
    ],
)
def test_what_is_no_case_is_told_in_the_words_of_cases(
    project: Path, call: Call, text: str, said: str, help_: str
) -> None:
    """And not in those of records, or of the library that checks them; exit 2."""
    write(project / CASES, text)

    code, _, err = call("test")

    assert (code, said in err, help_ in err, "a record begins" in err) == (2, True, True, False), err
