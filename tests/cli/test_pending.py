"""`policy pending`: what is over waits for nobody, and a word against a version is told of that version and its bytes alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, signed, write

PROMOTE = ("promote", "fraud@4", "--to", "production")
BACK = ("request", "fraud@4", "--to", "production", "--rollback", "--key", "bob")
OBJECT = ("reject", "fraud@4", "--to", "production", "--role", "validator", "--key", "vera", "--reason", "a back door")


@pytest.fixture(name="back")
def _back(office: Path) -> Path:
    """A project with a policy on the way back, too."""
    text = 'policy back: "Back"\n  on rollback to production\nrequire signed: signed by role "risk"\n'
    write(office / "policies/back.policy", text)
    return office


def asked(call: Call, *move: str) -> None:
    """A new request, which nothing said before is newer than."""
    time.sleep(1.1)
    assert call("request", "fraud@4", "--to", "production", *move, "--key", "bob")[0] == 0


def copied(office: Path, version: int, artifact: int) -> None:
    """Another version, with the bytes of one that is there."""
    text = (office / f"models/fraud/{artifact}.yaml").read_text(encoding="utf-8")
    write(office / f"models/fraud/{version}.yaml", text.replace(f"version: '{artifact}'", f"version: '{version}'"))


# ---------------------------------------------------------------- what is over


def test_a_move_that_was_made_waits_for_nobody(call: Call, office: Path) -> None:
    """Every version that was ever promoted had stayed in the list, with advice to ask again."""
    assert "role `validator`: 0 of 2 sign-offs" in call("pending")[1]
    signed(call, office)

    assert call(*PROMOTE)[0] == 0

    assert call("pending") == (0, "nothing waits\n", "")
    assert call("retire", "fraud@4", "--reason", "it is over")[0] == 0
    assert call("pending") == (0, "nothing waits\n", "")


def test_what_is_asked_for_again_waits_again(call: Call, office: Path) -> None:
    """The version has been there, and it is not now."""
    signed(call, office)
    assert call(*PROMOTE)[0] == 0
    assert call("retire", "fraud@4", "--reason", "it is over")[0] == 0

    asked(call)

    code, out, _ = call("pending")
    assert (code, out.startswith("fraud@4 → promotion to production, asked by bob@corp.example\n")) == (0, True)


def test_a_way_back_that_a_rollback_has_gone_waits_for_nobody(call: Call, back: Path) -> None:
    """Its request is used up, and so is the promotion's of before."""
    asked(call)
    signed_all(call)
    assert call(*PROMOTE)[0] == 0
    assert call("retire", "fraud@4", "--reason", "an incident")[0] == 0
    asked(call, "--rollback")
    assert call("pending")[1].startswith("fraud@4 → rollback to production, asked by bob@corp.example\n")
    assert call("sign", "fraud@4", "--role", "risk", "--key", OWN)[0] == 0

    assert call(*PROMOTE)[0] == 0

    assert back.is_dir()
    assert call("pending") == (0, "nothing waits\n", "")


def test_a_way_back_to_where_the_version_is_waits_for_nobody(call: Call, back: Path) -> None:
    """It was asked for before the version came there by its promotion."""
    asked(call)
    time.sleep(1.1)
    assert call(*BACK)[0] == 0
    assert "rollback to production" in call("pending")[1]
    signed_all(call)

    assert call(*PROMOTE)[0] == 0

    assert back.is_dir()
    assert call("pending") == (0, "nothing waits\n", "")


def signed_all(call: Call) -> None:
    """Both validators sign the promotion, and the owner the policies."""
    for name in ("vera", "vito"):
        move = ("--to", "production", "--on", "promotion")
        assert call("sign", "fraud@4", *move, "--role", "validator", "--key", name)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0


# ---------------------------------------------------------------- words against


def test_no_report_of_another_version_tells_of_it(call: Call, office: Path) -> None:
    """Before they signed, people read that somebody objects, and it was to other bytes."""
    assert call(*OBJECT)[0] == 0
    assert call("request", "fraud@3", "--to", "production", "--key", "bob")[0] == 0

    assert "a back door" in call("check", "fraud@4", "--to", "production")[1]
    for words in (("check", "fraud@3", "--to", "production"), ("check", "fraud@3", "--to", "production", "-o", "json"),
                  ("sign", "fraud@3", "--role", "validator", "--key", "vito")):  # fmt: skip
        assert "a back door" not in call(*words)[1], words
    assert office.is_dir()


def test_an_objection_is_pending_under_its_own_version_alone(call: Call, office: Path) -> None:
    """It had stood under every version of the model."""
    assert call(*OBJECT)[0] == 0

    lines = [line for line in call("pending")[1].splitlines() if "objection" in line]

    assert [line.partition(": ")[0] for line in lines] == ["fraud@4"]
    assert "by vera@corp.example as validator" in lines[0]
    assert lines[0].endswith("against moves to production of fraud@4: a back door; it stands")
    assert call("pending", "fraud@3")[1] == "nothing waits\n"
    assert office.is_dir()


def test_it_is_pending_under_the_same_bytes_with_another_number_too(call: Call, office: Path) -> None:
    """It speaks of the bytes."""
    copied(office, 5, artifact=4)
    copied(office, 6, artifact=3)
    assert call(*OBJECT)[0] == 0

    told = [line.partition(": ")[0] for line in call("pending")[1].splitlines() if "objection" in line]

    assert told == ["fraud@4", "fraud@5"]


def test_nobody_lifts_by_another_version_what_stands_against_this_one(call: Call, office: Path) -> None:
    """`policy lift fraud@3` had lifted the objection to fraud@4, and said only who had objected."""
    assert call(*OBJECT)[0] == 0
    lift = ("--reason", "the finding was about another data set", "--key", OWN)

    code, out, err = call("lift", "fraud@3", *lift)

    assert (code, out, "nothing stands against `fraud@3`" in err) == (2, "", True)
    assert call("check", "fraud@4", "--to", "production")[0] == 1
    code, out, _ = call("lift", "fraud@4", *lift)
    assert (code, out.startswith("lifts the objection by vera@corp.example about fraud@4: a back door (sha256:")) == (
        0,
        True,
    )
    assert call("check", "fraud@4", "--to", "production")[0] == 3
    assert office.is_dir()


def test_what_is_signed_is_called_by_its_name(call: Call, office: Path) -> None:
    """It had said `a objection`."""
    assert "you are about to sign an objection:\n" in call(*OBJECT)[1]
    assert office.is_dir()


def test_a_move_closes_every_request_for_it(office: Path, call: Call) -> None:
    """One that nobody had answered rose again behind it, and people signed it for nothing."""
    signed(call, office)
    assert call("request", "fraud@4", "--to", "production", "--key", "vera")[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0

    assert call("pending")[:2] == (0, "nothing waits\n")
    code, _, err = call("sign", "fraud@4", "--to", "production", "--role", "validator", "--key", "vito")
    assert (code, "a move has used it up" in err) == (2, True)


@pytest.mark.parametrize("of", ["", "sha256:", "0", "ffffffffffff"])
def test_a_beginning_of_a_digest_names_one_word_or_none(call: Call, office: Path, of: str) -> None:
    """An empty `--of`, such as a variable that is not set, took back and lifted everything."""
    for against in ("--all", "--to=production"):
        assert (
            call("reject", "fraud@4", against, "--role", "validator", "--key", "vera", "--reason", "a back door")[0]
            == 0
        )

    for command in (("withdraw", "fraud@4", "--key", "vera"), ("lift", "fraud@4", "--key", OWN)):
        code, out, err = call(*command, "--of", of, "--reason", "x")
        assert (code, out, err.startswith("error[GATE413]: `")) == (2, "", True), command
    assert call("check", "fraud@4", "--to", "production")[0] == 1
    assert office.is_dir()
