"""`policy runs` and `doctor`: what was trained before and how it ended, and whether the gate is in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import OWN, signed
from tests.lifecycle.conftest import PROMOTION, Call, write
from tests.lifecycle.test_telling import plain

TRAINED = """model: fraud
version: '{version}'
registered_at: {at}
code: {{commit: 4f1c0de2}}
data: [{{name: events, digest: "sha256:0f3a"}}]
hyperparameters: {{C: {c}}}
metrics: {{accuracy: {accuracy}}}
"""


@pytest.fixture(name="trained")
def _trained(project: Path) -> Path:
    """Versions 1, 9 and 10 are the same work with different luck, 2 another; 3 says nothing of how it was made."""
    for version, at, c, accuracy in ((1, "2026-01-01", 1, 0.5), (2, "2026-02-01", 2, 0.95), (9, "2026-03-01", 1, 0.95), (10, "2026-03-01", 1, 0.95)):  # fmt: skip
        write(
            project / f"models/fraud/{version}.yaml",
            TRAINED.format(version=version, at=at, c=c, accuracy=accuracy),
        )
    return project


def test_runs_are_listed_the_newest_first_with_what_went_in(trained: Path, call: Call) -> None:
    """Of one time the higher version is the newer."""
    code, out, _ = call("runs", "fraud")

    same = "code 4f1c0de2  events sha256:0f3a"
    assert (code, out.splitlines()) == (0, [
        f"registered fraud@10  2026-03-01  {same}  C=1",
        f"registered fraud@9  2026-03-01  {same}  C=1",
        f"registered fraud@2  2026-02-01  {same}  C=2",
        f"registered fraud@1  2026-01-01  {same}  C=1",
        "registered fraud@3  at no known time  code not recorded  data not recorded",
    ])  # fmt: skip


def test_what_the_ledger_shows_to_be_denied_is_a_failed_run(trained: Path, call: Call) -> None:
    """Until a newer decision allows it.  These versions record no artifact: a decision on them is read all the same."""
    assert call("runs", "--failed") == (0, "no run has failed\n", "")
    assert call("promote", "fraud@1", "--to", "production")[0] == 1
    assert call("promote", "fraud@2", "--to", "production")[0] == 0

    assert [line.split()[:2] for line in call("runs", "--failed")[1].splitlines()] == [["refused", "fraud@1"]]
    assert [line.split()[:2] for line in call("runs", "--same-as", "fraud@10")[1].splitlines()] == [
        ["registered", "fraud@10"], ["registered", "fraud@9"], ["refused", "fraud@1"],
    ]  # fmt: skip
    write(trained / "policies/gate.policy", PROMOTION.replace(">= 0.9", ">= 0.1"))
    assert call("check", "fraud@1", "--to", "production", "--log")[0] == 0
    assert call("runs", "--failed")[1] == "no run has failed\n"


def test_runs_that_say_nothing_are_not_the_same(trained: Path, call: Call) -> None:
    """Two versions without a word on code and data have nothing in common that is known."""
    said = "fraud@3 records neither code, data nor hyperparameters: no run is known to be the same\n"
    assert call("runs", "--same-as", "fraud@3") == (3, said, "")
    code, out, err = call("runs", "--same-as", "fraud@77")
    assert (code, out, "there is no run `fraud@77`" in err) == (2, "", True)


def test_a_run_is_compared_with_those_of_another_model(trained: Path, call: Call) -> None:
    """The run that is meant need not be among those that are listed."""
    text = TRAINED.format(version=1, at="2026-01-01", c=2, accuracy=0.5).replace("fraud", "loans")
    write(trained / "models/loans/1.yaml", text)

    assert [line.split()[1] for line in call("runs", "fraud", "--same-as", "loans@1")[1].splitlines()] == ["fraud@2"]


def test_a_run_that_does_not_read_is_told(trained: Path, call: Call) -> None:
    """Exit 2, and the others are listed."""
    write(trained / "models/fraud/4.yaml", "model: fraud\nversion: '4'\nmetrics: [oops\n")

    code, out, err = call("runs", "fraud")

    assert (code, len(out.splitlines()), "GATE304" in err) == (2, 5, True)
    code, out, err = call("runs", "loans")
    assert (code, out, "the registry has no model `loans`" in err) == (2, "", True)


# ---------------------------------------------------------------- doctor


def test_doctor_tells_what_a_folder_registry_can_promise(office: Path, call: Call) -> None:
    """A folder is guarded by whoever guards its branch; nothing is wrong with that."""
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)

    code, out, _ = call("doctor")

    assert code == 0
    assert [line[:4].strip() for line in out.splitlines()] == ["ok", "ok", "ok", "ok", "ok", "ok", "-", "", "ok"]
    assert plain(out)[2:] == [
        "ok   trust file: version 2, until TIME",
        "ok   the policies are in force, as their owners signed them",
        "ok   ledger `.letpass/ledger.db`: 3 entries, as its head signs",
        "ok   2 versions in `models`, and all read",
        "-    the registry `models` is a folder: whoever can write it can move versions",
        "     guard its branch: let only a pipeline that runs `policy promote` write it",
        "ok   registry and ledger show the same",
    ]


def test_doctor_finds_policies_that_their_owners_have_not_put_in_force(office: Path, call: Call) -> None:
    """Every allow is held back then; also where they had signed others."""
    code, out, _ = call("doctor")
    assert (code, "has 0 of 1 signatures by its owners" in out) == (1, True)
    assert "`policy sign policies --role policy-owner --key KEY`" in out

    call("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert call("doctor")[0] == 0
    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text().replace("0.9", "0.5"))
    assert call("doctor")[0] == 1


def test_doctor_finds_a_holder_whose_approval_has_ended(office: Path, call: Call) -> None:
    """It still serves, and nobody may notice."""
    signed(call, office)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert call("doctor")[0] == 0
    call("revoke", "fraud@4", "--reason", "leaked labels", "--key", OWN)

    code, out, _ = call("doctor")

    assert (code, "fraud@4 holds `production`, and its approval has ended: revocation by rosa@corp.example" in out) == (
        1,
        True,
    )
    assert "`policy retire fraud@4 --reason TEXT`, or mend it and `policy renew fraud@4`" in out


def test_doctor_finds_records_that_do_not_read(project: Path, call: Call) -> None:
    """Exit 1, and the first of them is named."""
    write(project / "models/fraud/4.yaml", "model: fraud\nversion: '4'\nmetrics: [oops\n")

    code, out, _ = call("doctor")

    assert code == 1
    assert "NO   1 fault among 3 versions of `models`\n     models/fraud/4.yaml: not YAML" in out
    (project / "models").rename(project / "elsewhere")
    assert "-    the registry's folder `models` is not there" in call("doctor")[1]


def test_doctor_finds_a_trust_file_that_has_expired(office: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's signature counts any more."""
    from letpass.cli import people

    monkeypatch.setattr(people, "now", lambda: 4_102_444_800_000_000)

    code, out, _ = call("doctor")

    assert (code, "NO   trust file: version 2 has expired" in plain(out)[2]) == (1, True)
