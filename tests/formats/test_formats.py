"""What a release has written is read for ever, with the results that it had then."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from letpass import __version__
from letpass.cli import options
from letpass.trust.kinds import KINDS
from tests.formats import making, reading

RELEASES = sorted(p for p in making.HERE.iterdir() if re.fullmatch(r"\d+\.\d+\.\d+", p.name))
LATER = datetime(2046, 1, 1, tzinfo=UTC)
FROM_0_2_0 = {
    *("trust", "policies", "ungate", "adoption", "begin", "objection", "withdrawal", "lift", "request", "evidence", "sign-off"),
    *("decision", "move", "waiver", "refusal", "revocation", "key"),
}  # fmt: skip
SECRETS = (b"PRIVATE KEY", b"BEGIN OPENSSH", b"gate.key")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> object:
    with making.alone(tmp_path):
        yield


@pytest.mark.parametrize("when", ["today", "in twenty years"])
@pytest.mark.parametrize("release", RELEASES, ids=lambda p: p.name)
def test_what_a_release_wrote_reads_as_it_did_then(
    release: Path, when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ledger, trust file, statements, proofs, stored decisions, policies and records, whatever the clock of today says."""
    if when != "today":
        monkeypatch.setattr(options, "datetime", type("Clock", (), {"now": staticmethod(lambda _: LATER)}))

    found = reading.read(release, tmp_path / "read")

    assert found == json.loads((release / "read.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("release", RELEASES, ids=lambda p: p.name)
def test_what_was_kept_says_something(release: Path) -> None:
    """A good ledger with each kind of entry, decisions that replay, a proof that verifies, sign-offs and a waiver that count."""
    kept = json.loads((release / "read.json").read_text(encoding="utf-8"))
    company, records = kept["company"], kept["records"]
    valid = {s[0] for check in company["checks"].values() for s in check["statements"].values() if s[2]}

    assert (company["ledger"]["faults"], company["ledger verify"], company["history"], company["trust show"]) == (
        [],
        0,
        0,
        0,
    )
    assert {e[0] for e in company["ledger"]["entries"]} >= FROM_0_2_0
    assert (set(company["replayed"].values()), records["replayed"]) == ({0}, 0)
    assert company["verified"] == {"fraud@1": 2, "fraud@2": 2, "fraud@3": 2, "fraud@4": 0, "fraud@5": 0}
    assert {m: c["verdict"] for m, c in company["checks"].items()} == {
        "fraud@1": "undecided", "fraud@2": "deny", "fraud@3": "undecided", "fraud@4": "undecided", "fraud@5": "allow",
    }  # fmt: skip
    assert valid >= {
        "request",
        "sign-off",
        "waiver",
        "objection",
        "withdrawal",
        "revocation",
        "lift",
        "policy set",
        "evidence",
    }
    assert valid <= {*KINDS.values()}
    assert len(records["stored"]["rules"]) == len(records["alone"]["rules"]) > 15


@pytest.mark.parametrize("release", RELEASES, ids=lambda p: p.name)
def test_what_is_kept_holds_no_key_and_stays_small(release: Path) -> None:
    """The keys of the company are thrown away; the ledger holds public ones."""
    files = [p for p in release.rglob("*") if p.is_file()]

    assert sum(p.stat().st_size for p in files) < 300_000
    assert [str(p) for p in files if any(secret in p.read_bytes() for secret in SECRETS)] == []
    assert [str(p) for p in files if p.suffix in {".key", ".pem", ".pub"}] == []


def test_a_sign_off_that_was_changed_reads_otherwise(tmp_path: Path) -> None:
    """So that the comparison above can fail: one letter of what was signed is another."""
    made = Path(shutil.copytree(RELEASES[-1], tmp_path / "made"))
    kept = json.loads((made / "read.json").read_text(encoding="utf-8"))
    counted = kept["company"]["checks"]["fraud@5"]["statements"]
    name = next(n for n, s in counted.items() if s[0] == "sign-off")
    file = made / "company" / name
    file.write_text(
        re.sub(r'"payload":\s*"(...)', r'"payload":"\1A', file.read_text(encoding="utf-8")), encoding="utf-8"
    )

    found = reading.read(made, tmp_path / "read")

    assert found["company"]["checks"]["fraud@5"]["statements"].get(name) != counted[name]


def test_the_present_version_has_its_folder() -> None:
    """It is made before the release: `python -m tests.formats`."""
    assert __version__ in [p.name for p in RELEASES]
