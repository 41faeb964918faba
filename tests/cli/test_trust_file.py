"""The trust file by commands: begun, changed, signed, lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cli.conftest import ARGUMENTS, OWN, Call, asked, asked_among, signed, write


def test_a_check_needs_the_trust_file_that_is_pinned(call: Call, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone, unpinned, another root, bent: each is an error that says what to do, and none an allow."""
    signed(call, office)
    arguments = ("check", "models/fraud/4.yaml", "--to", "production")
    assert call(*arguments)[0] == 0
    text, toml = (office / "trust.json").read_bytes(), (office / "policy.toml").read_text()

    (office / "trust.json").unlink()
    code, _, err = call(*arguments)
    assert (code, "error[GATE411]: a trust root is pinned, and there is no `trust.json`" in err) == (2, True)
    (office / "trust.json").write_bytes(text)
    (office / "policy.toml").write_text("")
    code, _, err = call(*arguments)
    assert (code, "its first version is not pinned" in err) == (2, True)
    monkeypatch.setenv("LETPASS_TRUST_ROOT", "sha256:" + "0" * 64)
    (office / "policy.toml").write_text(toml)
    code, _, err = call(*arguments)
    assert (code, "is pinned" in err) == (2, True)
    monkeypatch.delenv("LETPASS_TRUST_ROOT")
    for bad in (b"", b"{}", text[:-20], text.replace(b'"sig"', b'"gis"'), b"\xff"):
        (office / "trust.json").write_bytes(bad)
        code, _, err = call(*arguments)
        assert (code, "error[GATE41" in err) == (2, True), bad


def test_a_change_of_trust_waits_for_its_signatures(call: Call, office: Path) -> None:
    """Until then the old one is in force; `check` says who is waited for."""
    code, out, _ = call("trust", "remove", "member", "validator", "vito@corp.example")
    assert (code, "version 3 waits for signatures" in out) == (0, True)
    assert "rosa@corp.example can sign" in out
    assert call("trust", "check")[0] == 1
    assert "1 of rosa@corp.example, vera@corp.example, vito@corp.example" in call("trust", "show")[1]

    code, out, _ = call("trust", "sign", "--key", OWN)
    assert code == 0
    assert '- roles.validator.members: "vito@corp.example"' in out
    assert call("trust", "check")[0] == 0
    assert not (office / "trust.next.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "person", "Vera@corp.example", "--key", "vera-2027.pub"], "names no person"),
        (["add", "person", "new@corp.example", "--key", "vera.pub"], "one key under two names"),
        (["add", "service", "new"], "a new service needs --key KEY.pub"),
        (["add", "person", "new@corp.example", "--key", "vera-2027"], "a private key, where its public half is wanted"),
        (["add", "role", "risk", "--member", "ghost@corp.example"], "who is none of the people"),
        (["add", "role", "risk", "--threshold", "9"], "the threshold of `risk` is a number from 1"),
        (["add", "ledger", "nonsense"], "error[GATE412]: the key is refused"),
        (["remove", "person", "rosa@corp.example"], "it has no role `root`"),
        (["remove", "person", "ghost@corp.example"], "there is no `ghost@corp.example` among the people"),
        (["remove", "member", "validator"], "write `policy trust remove member ROLE PERSON`"),
        (["revoke", "ghost", "--reason", "x"], "there is no person or service `ghost`"),
        (["revoke", "vera@corp.example", "--reason", "x", "--fingerprint", "SHA256:x"], "has no key SHA256:x"),
        (["rotate", "vera@corp.example"], "a person and --key KEY.pub belong together"),
        (["sign", "--key", OWN], "no change waits to be signed"),
        (["init", "--root", "x@y=vera.pub"], "there is `trust.json` already"),
    ],
)  # fmt: skip
def test_a_change_that_would_be_refused_is_not_drafted(
    call: Call, office: Path, arguments: list[str], said: str
) -> None:
    """Nobody is asked to sign what cannot become the trust file."""
    code, _, err = call("trust", *arguments)

    assert (code, said in err) == (2, True), err
    assert not (office / "trust.next.json").exists()


def test_a_stranger_signs_no_change(call: Call, office: Path) -> None:
    """Only the root of the old and the new version."""
    call("trust", "add", "person", "vera@corp.example", "--alias", "Vera")
    code, _, err = call("trust", "sign", "--key", "vito")

    assert (code, "is of nobody in the root" in err) == (2, True)


def test_a_revoked_persons_signature_counts_no_more(call: Call, office: Path) -> None:
    """After the root has signed it."""
    signed(call, office)
    call("trust", "revoke", "vito@corp.example", "--reason", "laptop stolen")
    assert call("check", "models/fraud/4.yaml", "--to", "production")[0] == 0

    call("trust", "sign", "--key", OWN)

    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "laptop stolen" in out) == (3, True)
    code, _, err = call("sign", asked_among(office), "--role", "validator", "--key", "vito")
    assert (code, "the key of vito@corp.example is revoked: laptop stolen" in err) == (2, True)


def test_a_rotated_key_signs_and_the_old_one_does_not(call: Call, office: Path) -> None:
    """The person stays the same."""
    call("trust", "rotate", "vera@corp.example", "--key", "vera-2027.pub")
    call("trust", "sign", "--key", OWN)

    assert call("sign", asked(office), "--role", "validator", "--key", "vera-2027", "--into", "out")[0] == 0
    code, _, err = call("sign", asked(office), "--role", "validator", "--key", "vera", "--into", "out")
    assert (code, "the key had expired now" in err) == (2, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"type":"letpass.trust-chain/v1","versions":[{"payload":"W10=","payloadType":"application/vnd.letpass.trust+json","signatures":[]}]}',
    ],
)
def test_a_change_that_cannot_be_read_is_an_error(call: Call, office: Path, content: bytes) -> None:
    """`sign`, `check` and `add` say what is wrong with trust.next.json."""
    write(office / "trust.next.json", content)
    for arguments in (("sign", "--key", OWN), ("check",), ("add", "person", "vera@corp.example", "--alias", "V")):
        code, _, err = call("trust", *arguments)
        assert (code, "error[GATE410]: the change that waits cannot be read" in err) == (2, True)


def test_a_large_organisation_can_log_its_trust_file(call: Call, office: Path) -> None:
    """A version that fits no leaf lies beside the tree, by its digest."""
    from letpass.cli.commands.trust_files import Files
    from tests.trust.keys import SshKey

    files = Files.here()
    document = files.document()
    document["people"].update({f"p{n}@corp.example": {"keys": [{"ssh": SshKey().line}]} for n in range(500)})
    files.draft(document)
    assert call("trust", "sign", "--key", OWN)[0] == 0
    signed(call, office)

    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_a_trust_file_that_cannot_be_begun_leaves_nothing(call: Call, office: Path) -> None:
    """The root of the failed one stood in the way, and the next signature put it in force."""
    (office / "trust.json").unlink()
    write(office / "policy.toml", "")
    code, _, err = call("trust", "init", "--root", "rosa@corp.example=vera.pub", "--key", "vito")
    assert (code, "is of nobody in the root" in err, (office / "trust.next.json").exists()) == (2, True, False)

    assert call("trust", "init", "--root", "rosa@corp.example=vera.pub")[0] == 0
    code, _, err = call("trust", "init", "--root", "rosa@corp.example=vito.pub")
    assert (code, "`policy trust sign` signs it; delete it to begin anew" in err) == (2, True)


def test_a_trust_file_does_not_go_back_behind_the_ledger(call: Call, allowed: Path) -> None:
    """Who was put out of a role is not let in again by an old copy of the file."""
    old = (allowed / "trust.json").read_bytes()
    call("trust", "revoke", "vito@corp.example", "--reason", "left")
    call("trust", "sign", "--key", OWN)
    time.sleep(1.1)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 3
    (allowed / "trust.json").write_bytes(old)

    for command in (("check", "models/fraud/4.yaml", "--to", "production"), ARGUMENTS):
        code, _, err = call(*command)
        assert (code, "the ledger has seen version 3 of the trust file, which is not in this one" in err) == (2, True)


def test_a_pinned_trust_file_that_is_lost_is_not_begun_anew(call: Call, office: Path) -> None:
    """Whoever is asked says that it must come back."""
    (office / "trust.json").unlink()
    for arguments in (("show",), ("init", "--root", "vera@corp.example=vera.pub")):
        code, _, err = call("trust", *arguments)
        assert (code, "a trust root is pinned, and there is no `trust.json`" in err) == (2, True)


def test_somebody_whose_keys_are_revoked_is_not_waited_for(call: Call, office: Path) -> None:
    """Nobody runs after a signature that cannot be made."""
    call("trust", "revoke", "vito@corp.example", "--reason", "left")
    call("trust", "sign", "--key", OWN)

    out = call("check", "models/fraud/4.yaml", "--to", "production")[1]
    assert "0 of 2 sign-offs; rosa@corp.example, vera@corp.example can sign" in out
    assert office.is_dir()


def test_a_role_that_goes_with_its_last_member_is_told(call: Call, office: Path) -> None:
    """Nobody could waive a rule any more, and one line of the signed change was all that said it."""
    call("trust", "add", "role", "chief", "--member", "vito@corp.example")
    out = call("trust", "remove", "person", "vito@corp.example")[1]
    assert [line for line in out.splitlines() if line.startswith("note")] == [
        "note: the role `chief` goes too: nobody else is in it"
    ]
