"""What has ended as of a time, and ways round it that an attack has found."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, write
from tests.gate.test_endings import REJECT, VERIFY, Clock, ended, observe, take_back
from tests.gate.test_endings import _clock as _clock
from tests.gate.test_endings import _served as _served

# ---------------------------------------------------------------- as of


def test_as_of_a_date_it_is_told_of_then_and_of_now(served: Path, call: Call, clock: Clock) -> None:
    """An auditor asks what was known in March; the exit code does not let that pass for now."""
    before = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    clock(2)
    assert call(*REJECT)[0] == 0
    clock(3)

    code, out, _ = call(*VERIFY, "--at", before)
    lines = out.splitlines()
    assert (code, lines[0]) == (1, f"as of {before}:")
    assert lines[1] == "VERIFIED  fraud@4, promotion to production: allow"
    assert lines[lines.index("as of now:") + 1] == "NOT VERIFIED  fraud@4, promotion to production: allow"
    assert call(*VERIFY, "--at", before, "--then")[0] == 0

    assert call(*take_back(call), "--key", "vito", "--reason", "x")[0] == 0
    assert call(*VERIFY, "--at", before)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--at", "2099-01-01"), "lies in the future"), (("--then",), "--then is of --at"),
     (("--at", "2026-01-01", "--offline"), "--offline does not ask it"), (("--at", "soon"), "not a date")],
)  # fmt: skip
def test_a_date_that_makes_no_sense_is_refused(served: Path, call: Call, arguments: tuple[str, ...], said: str) -> None:
    """Nothing is verified then."""
    code, out, err = call(*VERIFY, *arguments)
    assert (code, out, said in err) == (2, "", True), err


def test_before_it_was_made_nothing_was_allowed(served: Path, call: Call) -> None:
    """The decision is of later."""
    code, out, _ = call(*VERIFY, "--at", "2026-01-01", "--then")
    assert (code, "NO   made by then: at " in out) == (1, True)


def test_no_variable_moves_the_clock(served: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What chooses what is judged is never taken from the environment."""
    monkeypatch.setenv("LETPASS_AT", "2026-01-01")
    monkeypatch.setenv("LETPASS_VERIFY_AT", "2026-01-01")
    assert call(*VERIFY)[0] == 0


def test_of_several_words_one_is_named(served: Path, call: Call) -> None:
    """Taking an objection back took the sign-off of the same person along."""
    assert call(*REJECT)[0] == 0
    withdraw = ("withdraw", "fraud@4", "--key", "vito", "--reason", "x")

    code, _, err = call(*withdraw)

    assert (code, "vito@corp.example has said several things that stand: `--of " in err) == (2, True)
    named = dict(reversed(pair) for pair in re.findall(r"`--of (\w+)`: the (sign-off|objection)", err))
    assert call(*withdraw, "--of", named["objection"])[0] == 0
    assert ended(call) == (0, [])
    assert call(*withdraw, "--all")[0] == 0
    assert ended(call)[0] == 1
    assert call(*withdraw, "--all")[0] == 2


def test_a_registry_that_moves_to_another_address_keeps_its_proofs(served: Path, call: Call) -> None:
    """Its identity went with it; another registry in the same place has another."""
    (served / "models").rename(served / "versions")
    settings = (served / "policy.toml").read_text()
    write(served / "policy.toml", f'registry = "versions"\n{settings}')

    assert call(*VERIFY)[0] == 0
    code, out, _ = call(*VERIFY, "--offline")
    assert (code, "ok   in this registry: registry-" in out) == (0, True)

    write(served / "versions/.registry", "registry-" + "0" * 32 + "\n")
    code, _, err = call(*VERIFY)
    assert (code, "this is another registry" in err) == (4, True)
    code, out, _ = call(*VERIFY, "--offline")
    assert (code, "NO   in this registry: registry-" in out) == (1, True)


# ---------------------------------------------------------------- found by attack


def test_a_denied_review_is_not_mended_by_asking_again(served: Path, call: Call) -> None:
    """A renewal by the promotion's policies, on the same evidence or with the bad measurement deleted, had turned it green."""
    observe(call, served, 0.5, days=-1)
    assert call("review")[0] == 1
    state = (served / "models/fraud/state.yaml").read_text(encoding="utf-8")

    for text in (state, "'4': {stage: production}\n"):
        write(served / "models/fraud/state.yaml", text)
        code, out, _ = call("check", "fraud@4", "--to", "production")
        assert (code, "a review of `fraud@4` was denied in entry " in out) == (3, True)
        assert call("renew", "fraud@4")[0] == 3
        assert ended(call)[0] == 1


def test_an_older_approval_does_not_outlive_the_one_in_force(served: Path, call: Call) -> None:
    """The version left and came back by new sign-offs, one of which was withdrawn: the first proof stood in for the second."""
    first = next((served / "models/fraud/4").glob("*.decision.json")).name
    call("retire", "fraud@4", "--reason", "too slow")
    assert call("request", "fraud@4", "--to", "production", "--key", "bob")[0] == 0
    for name in ("vera", "vito"):
        assert call("sign", "fraud@4", "--role", "validator", "--key", name)[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert ended(call) == (0, [])
    assert call("verify", f"models/fraud/4/{first}")[0] == 0

    assert call("withdraw", "fraud@4", "--role", "validator", "--key", "vera", "--reason", "an error", "--all")[0] == 0

    for arguments in ((), ("--offline",)):
        code, said = ended(call, *arguments)
        assert (code, "withdrawn approval: vera@corp.example has withdrawn a sign-off" in said[0]) == (1, True)
    code, out, _ = call("verify", f"models/fraud/4/{first}")
    assert (code, "withdrawn approval" in out) == (1, True)


def test_a_revoked_key_stays_revoked_when_its_holder_goes_or_comes_back(served: Path, call: Call) -> None:
    """The file of now had no such key any more, and the proof was good again."""
    call("trust", "revoke", "vera@corp.example", "--reason", "stolen")
    call("trust", "sign", "--key", OWN)
    assert any("revoked approval" in s for s in ended(call)[1])

    call("trust", "remove", "member", "validator", "vera@corp.example")
    call("trust", "remove", "person", "vera@corp.example")
    call("trust", "sign", "--key", OWN)

    for arguments in ((), ("--offline",)):
        assert any("revoked approval" in s for s in ended(call, *arguments)[1]), arguments


def test_another_root_on_the_same_ledger_is_refused(served: Path, call: Call) -> None:
    """It knows nobody who objected; a ledger that was begun under one trust root is no other's."""
    settings = (served / "policy.toml").read_text(encoding="utf-8")
    (served / "trust.json").unlink()
    write(served / "policy.toml", re.sub(r'root = ".*"', "", settings))
    assert call("check", "fraud@4", "--to", "production")[0] == 2
    assert call("ungate", "production", "--reason", "x")[0] == 2

    call("trust", "init", "--bare", "--root", "mallory@corp.example=vera.pub", "--key", "vera")
    root = re.search(r"sha256:[0-9a-f]{64}", call("trust", "show", "--root")[1])
    assert root is not None
    write(served / "policy.toml", re.sub(r'root = ".*"', f'root = "{root[0]}"', settings))

    code, _, err = call("check", "fraud@4", "--to", "production")
    assert (code, "begun under a trust file with another root" in err) == (2, True)


def test_a_new_ledger_in_the_place_of_the_one_that_was_signed_is_refused(served: Path, call: Call) -> None:
    """Policies that were signed before the first entry named no head, and an empty ledger has seen no objection."""
    assert call(*REJECT)[0] == 0
    for path in (served / "models/fraud/4").glob("*.objection.json"):
        path.unlink()
    settings = (served / "policy.toml").read_text(encoding="utf-8")

    write(served / "policy.toml", f'ledger = ".letpass/new.db"\ncheckpoint = "new.checkpoint"\n{settings}')

    code, _, err = call("check", "fraud@4", "--to", "production")
    assert (code, "the owners of the policies saw" in err) == (4, True)


def test_who_asked_for_a_move_lifts_nothing_against_it(served: Path, call: Call) -> None:
    """Its request is used up by the move, and was forgotten with it."""
    (served / "models/fraud/4").joinpath("none").mkdir()
    call("retire", "fraud@4", "--reason", "too slow")
    assert call("request", "fraud@4", "--to", "production", "--key", OWN)[0] == 0
    for name in ("vera", "vito"):
        assert call("sign", "fraud@4", "--role", "validator", "--key", name)[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert call(*REJECT)[0] == 0
    assert ended(call)[0] == 1

    call("lift", "fraud@4", "--reason", "it is fine", "--key", OWN)

    assert ended(call)[0] == 1
    assert call("check", "fraud@4", "--to", "production")[0] == 1
