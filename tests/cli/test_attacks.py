"""Ways by which a model once got an allow that it should not have: each with its untouched twin, which is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from letpass.cli.main import run
from tests.cli.conftest import Call, write

POLICY = """policy p: "t"
  on promotion to production
metric x: ratio, on "a"
require good: x >= 0.9
require clean: no scans.findings where severity >= high
require suite: passed "F"
"""
GOOD = """model: m
version: "2"
metrics: {x: {value: 0.95, data_set: a, measured_at: 2026-01-01}}
scans: [{tool: s, ran_at: 2026-01-02, scanned: 3, findings: []}]
suites: [{name: F, passed: true, cases: 3, ran_at: 2026-01-02}]
"""
SCANS = GOOD.replace(
    "scans: [", "scans: [{tool: s, ran_at: 2026-01-01, scanned: 3, findings: [{severity: critical}]}, "
)


@pytest.fixture(name="place")
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one policy and one record that it allows."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "p.policy").write_text(POLICY)
    (tmp_path / "r.yaml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    assert run(["check", "r.yaml", "--to", "production", "-q"]) == 0
    return tmp_path


ATTACKS = {
    "a scan from the future pushes a bad one aside": SCANS.replace(
        "ran_at: 2026-01-02, scanned", "ran_at: 2999-01-01, scanned"
    ),
    "a suite from the future": GOOD.replace("cases: 3, ran_at: 2026-01-02", "cases: 3, ran_at: 2999-01-01"),
    "a metric from the future": GOOD.replace("measured_at: 2026-01-01", "measured_at: 2999-01-01"),
    "a rival that does not say its data set": GOOD.replace(
        "x: {value: 0.95, data_set: a, measured_at: 2026-01-01}",
        "x: [{value: 0.95, data_set: a}, {value: 0.1, data_set: ~}]",
    ),
    "a failed suite that does not say its name": GOOD.replace(
        "suites: [", "suites: [{name: ~, passed: false, cases: 3}, "
    ),
    "a scan that does not say how much it looked at": GOOD.replace("scanned: 3, ", ""),
    "a scan of which nobody can read whether it ended": GOOD.replace("scanned: 3", 'scanned: 3, completed: "no"'),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_evidence_that_pushes_other_evidence_aside_is_none(place: Path, attack: str) -> None:
    """It is unreadable, and what depends on it undecided."""
    (place / "r.yaml").write_text(ATTACKS[attack])

    assert run(["check", "r.yaml", "--to", "production", "-q"]) == 3


def test_an_older_bad_scan_is_passed_over_for_a_newer_good_one(place: Path) -> None:
    """The twin of the scan from the future: both lie in the past, and the newest counts."""
    (place / "r.yaml").write_text(SCANS)

    assert run(["check", "r.yaml", "--to", "production", "-q"]) == 0


REGRESSION = POLICY + "require no-worse: x >= champion.x\n  when there is a champion\n"


def test_a_version_under_the_champions_own_name_is_not_excused_from_comparison(place: Path) -> None:
    """Other bytes under one version are neither a champion nor proof that there is none; the same bytes are the version itself."""
    (place / "policies" / "p.policy").write_text(REGRESSION)
    for version, value, expected in (("2", "0.95", 0), ("2", "0.99", 3), ("1", "0.99", 1), ("1", "0.9", 0)):
        (place / "c.yaml").write_text(GOOD.replace('"2"', f'"{version}"').replace("value: 0.95", f"value: {value}"))
        assert run(["check", "r.yaml", "--to", "production", "--champion", "c.yaml", "-q"]) == expected
    for reference in ("", ".", " "):
        assert run(["check", "r.yaml", "--to", "production", "--champion", reference, "-q"]) == 2


def test_a_policy_does_not_vanish_from_its_folder(place: Path) -> None:
    """A link that leads nowhere, a linked folder, a folder named like a policy: errors; another case: a policy."""
    strict = POLICY.replace("policy p", "policy strict").replace("0.9", "0.99")
    policies = place / "policies"
    (policies / "strict.POLICY").write_text(strict)
    assert run(["check", "r.yaml", "--to", "production", "-q"]) == 1
    (policies / "strict.POLICY").unlink()
    (place / "real").mkdir()
    for name, make in (
        ("gone.policy", lambda p: p.symlink_to("nowhere")),
        ("link", lambda p: p.symlink_to(place / "real")),
        ("named.policy", lambda p: p.mkdir()),
    ):
        make(policies / name)
        assert run(["check", "r.yaml", "--to", "production", "-q"]) == 2
        (policies / name).rmdir() if name == "named.policy" else (policies / name).unlink()


HIDDEN = {
    "indented": "  model: bad\n  version: '1'\n  metrics: {x: 0.1\n",
    "in flow, its name last": '{version: "1", metrics: {x: 0.1}, metrics: {x: 0.1}, model: bad}\n',
    "a list of records": "- {model: bad, version: '1', metrics: {x: 0.1}}\n",
}


@pytest.mark.parametrize("how", HIDDEN)
def test_a_record_that_does_not_read_does_not_vanish_from_a_folder(place: Path, how: str) -> None:
    """The others are judged, and the exit code is that of the fault."""
    models = place / "mine"
    models.mkdir()
    (models / "good.yaml").write_text(GOOD)
    assert run(["check", "mine", "--to", "production", "-q"]) == 0
    (models / "bad.yaml").write_text(HIDDEN[how])
    assert run(["check", "mine", "--to", "production", "-q"]) == 2
    (models / "bad.yaml").write_bytes(GOOD.encode("utf-16"))
    assert run(["check", "mine", "--to", "production", "-q"]) == 2


SURE = POLICY.replace("x >= 0.9", "x >= 0.9 at 95% confidence")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("samples: 2000, successes: 1900", 0),
        ("standard_error: 0.01", 0),
        ("standard_error: 0", 3),
        ("interval: {low: 0.95, high: 0.95, level: 0.99}", 3),
        ("interval: {low: 0.94, high: 0.96, level: 1}", 3),
        ("samples: 2000, successes: 1000", 3),
    ],
)
def test_an_interval_without_width_makes_nobody_sure(place: Path, fields: str, expected: int) -> None:
    """A zero is what an unset field looks like, and counts that make another share than the value are no evidence for it."""
    (place / "policies" / "p.policy").write_text(SURE)
    (place / "r.yaml").write_text(GOOD.replace("value: 0.95", f"value: 0.95, {fields}"))

    assert run(["check", "r.yaml", "--to", "production", "-q"]) == expected


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_date_beyond_the_calendar_is_unreadable(place: Path, date: str) -> None:
    """It is no crash, and no allow."""
    (place / "policies" / "p.policy").write_text(POLICY + "require old: registered_at <= now - 2 days\n")
    (place / "r.yaml").write_text(GOOD + f"registered_at: {date}\n")

    assert run(["check", "r.yaml", "--to", "production", "-o", "json"]) == 3
    assert run(["check", "r.yaml", "--to", "production", "-q", "--at", date]) == 2


def test_half_a_character_is_refused_whatever_the_format(place: Path) -> None:
    """A lone surrogate has no bytes, and so no record with it has a digest."""
    (place / "r.json").write_text('{"model":"m","version":"\\ud800"}')

    assert [run(["check", "r.json", "--to", "production", "-o", o]) for o in ("text", "json")] == [2, 2]


def test_a_replay_of_nothing_is_no_success(place: Path) -> None:
    """A file without a decision is a usage error; so is one that is too deep."""
    (place / "d.json").write_text('{"decisions": []}')

    assert run(["replay", "d.json"]) == 2


@pytest.mark.parametrize("text", ["tool = 3 # [tool.letpass", "[tool]\nletpass = 3", "[[tool.letpass]]\n"])
def test_a_broken_table_in_pyproject_is_an_error(place: Path, text: str) -> None:
    """And one in another spelling is found."""
    (place / "pyproject.toml").write_text(text)
    expected = 0 if text.startswith("tool = 3") else 2
    assert run(["check", "r.yaml", "--to", "production", "-q"]) == expected
    (place / "pyproject.toml").write_text('[tool]\nletpass.policies = ["elsewhere"]\n')
    assert run(["check", "r.yaml", "--to", "production", "-q"]) == 2


def test_a_file_outside_the_policies_is_not_used_by_way_of_a_link(project: Path, call: Call) -> None:
    """Behind a link `..` was one folder where it was looked up, and another where it was read."""
    policy = 'policy gate: "G"\n  on promotion to production\nuse "NAME"\nrequire good: accuracy >= 0.9\n'
    shared = "metric accuracy: ratio, higher is better\n"
    for folder in ("", "policies/deep/"):
        write(project / f"{folder}shared.policy", shared)
    (project / "policies/link").symlink_to("deep/down")
    (project / "policies/deep/down").mkdir()
    words = ("check", "fraud@1", "--to", "production", "-q", "-p", "policies/gate.policy")
    write(project / "policies/gate.policy", policy.replace("NAME", "deep/down/../shared.policy"))
    assert call(*words)[0] == 0
    write(project / "policies/shared.policy", shared)

    write(project / "policies/gate.policy", policy.replace("NAME", "link/../../shared.policy"))
    code, _, err = call(*words)
    assert (code, "`link/../../shared.policy` lies outside the policy root" in err) == (2, True)
