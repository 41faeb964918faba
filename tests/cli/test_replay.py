"""A stored decision replays anywhere, and a forged one is found out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ARRESTS, ROOT, Call

TO = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", "--at", "2026-11-23T12:00:00Z")


def _stored(call: Call, path: Path, *models: str) -> Any:
    call("check", *models, *TO, "-q", "-o", f"json={path}")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_decision_replays(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file alone suffices: in another place, without policies and records, it says the same."""
    monkeypatch.chdir(ROOT)
    _stored(call, tmp_path / "one.json", f"{ARRESTS}/3.yaml")
    _stored(call, tmp_path / "all.json", ARRESTS)
    monkeypatch.chdir(tmp_path)

    assert call("replay", "one.json") == (0, "same  arrests@3: deny\n", "")
    assert call("replay", "all.json")[:2] == (
        0,
        "".join(f"same  arrests@{v}: {'deny' if v in {3, 4} else 'undecided'}\n" for v in range(1, 6)),
    )


def _forge_verdict(stored: Any) -> None:
    stored["decision"]["verdict"] = "allow"


def _forge_outcome(stored: Any) -> None:
    stored["decision"]["policies"][1]["rules"][0]["outcome"] = "pass"


def _forge_policy(stored: Any) -> None:
    name = next(n for n in stored["inputs"]["policies"] if n.endswith("production.policy"))
    stored["inputs"]["policies"][name] = stored["inputs"]["policies"][name].replace(
        "fairness >= 0.9", "fairness >= 0.1"
    )


def _forge_record(stored: Any) -> None:
    stored["inputs"]["record"]["text"] = stored["inputs"]["record"]["text"].replace("version: '3'", "version: '4'")


FORGERIES = {
    "verdict": (_forge_verdict, '  verdict: "allow" then, "deny" now\n'),
    "an outcome": (_forge_outcome, '.outcome: "pass" then, "fail" now\n'),
    "a policy's text": (_forge_policy, '  digests.policies: "sha256:'),
    "the record": (_forge_record, '  version: "3" then, "4" now\n'),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_decision_differs(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Whatever was changed since, replay says where, and exits with 1."""
    monkeypatch.chdir(ROOT)
    forge, expected = FORGERIES[what]
    stored = _stored(call, tmp_path / "stored.json", f"{ARRESTS}/3.yaml")
    forge(stored)
    (tmp_path / "stored.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, err = call("replay", str(tmp_path / "stored.json"))

    assert (code, err) == (1, "")
    assert out.startswith("differs  arrests@3: ")
    assert expected in out


@pytest.mark.parametrize(
    "path",
    [
        ("inputs",),
        ("inputs", "record"),
        ("inputs", "policies"),
        ("decision",),
        ("decision", "now"),
        ("decision", "move"),
        ("decision", "as_of"),
    ],
)
def test_an_incomplete_decision_is_2(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    """What a replay needs and is not there is named; nothing is replayed by half."""
    monkeypatch.chdir(ROOT)
    stored = _stored(call, tmp_path / "stored.json", f"{ARRESTS}/3.yaml")
    within = stored
    for step in path[:-1]:
        within = within[step]
    del within[path[-1]]
    (tmp_path / "stored.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, err = call("replay", str(tmp_path / "stored.json"))

    assert (code, out) == (2, "")
    assert err
