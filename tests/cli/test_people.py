"""Commands by which people sign, as they are called: what they show, refuse, and leave behind."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest

from letpass.trust import statements
from tests.cli.conftest import OWN, Call, asked, asked_among, in_days, signed, write


def test_from_undecided_to_allowed(call: Call, office: Path) -> None:
    """Each step is what the one before says is next."""
    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert code == 3
    assert "role `validator`: 0 of 2 sign-offs; rosa@corp.example, vera@corp.example, vito@corp.example can sign" in out
    assert f"= help: `policy sign {asked(office)} --role validator --key KEY`" in out
    assert "HELD[GATE403]" in out

    signed(call, office)

    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, out.splitlines()[0]) == (0, "ALLOWED  fraud@4 → promotion to production")
    assert out.count("  counts    ") == 4
    assert call("check", "models/fraud/3.yaml", "--to", "production")[0] == 1


def test_what_is_signed_is_shown_from_the_bytes_that_are_signed(call: Call, office: Path) -> None:
    """Model, artifact, move, policy set, role and signer stand on the screen."""
    request = asked(office)
    _, out, _ = call("sign", request, "--role", "validator", "--key", "vera", "--reason", "looked at all groups")
    made = statements.read(
        "", next(p for p in (office / "models/fraud/4").iterdir() if str(p.relative_to(office)) != request).read_bytes()
    )

    shown = out.partition("you are about to sign a sign-off:")[2]
    for value in (
        made.artifact,
        "promotion to production",
        "validator",
        "vera@corp.example",
        "looked at all groups",
        made.text("policies"),
        made.text("request"),
    ):
        assert value in shown
    assert made.predicate["request"] == statements.read("", (office / request).read_bytes()).digest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--role", "validator"], "which key signs? name it with --key, or set LETPASS_KEY"),
        (["--role", "ghost", "--key", "vera"], "error[GATE415]: the trust file has no role `ghost`"),
        (["--role", "risk", "--key", "vera"], "error[GATE415]: vera@corp.example is not in the role `risk`"),
        (["--role", "validator", "--key", "vera-2027"], "is nobody's in the trust file"),
        (["--role", "validator", "--key", "none"], "error[GATE414]: cannot read the key"),
        (["--role", "validator", "--key", "ci.pem"], "error[GATE41"),
        (["--role", "validator", "--key", "results.xml"], "error[GATE41"),
    ],
)
def test_what_would_never_count_is_not_signed(call: Call, office: Path, arguments: list[str], said: str) -> None:
    """The command refuses with the reason, and writes nothing."""
    before = sorted((office / "models/fraud/4").iterdir())

    code, _, err = call("sign", asked(office), *arguments)

    assert (code, said in err) == (2, True), err
    assert sorted((office / "models/fraud/4").iterdir()) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"payload":1}', b"x" * 70_000])
def test_a_file_that_is_no_request_is_not_signed(call: Call, office: Path, content: bytes) -> None:
    """Whatever it is."""
    write(office / "odd.json", content)
    code, _, err = call("sign", "odd.json", "--role", "validator", "--key", "vera")

    assert (code, "error[GATE413]: no request" in err) == (2, True)


def test_a_signoff_is_no_request(call: Call, office: Path) -> None:
    """Nobody signs a signature."""
    call("sign", asked(office), "--role", "validator", "--key", "vera", "--into", "out")
    (found,) = (office / "out").iterdir()

    code, _, err = call("sign", str(found), "--role", "validator", "--key", "vito")
    assert (code, "it is a sign-off" in err) == (2, True)


def test_reject_denies_and_withdraw_takes_it_back(call: Call, office: Path) -> None:
    """An objection is beside the rules, and its reason is shown."""
    signed(call, office)
    request = asked_among(office)
    assert call("reject", request, "--role", "validator", "--key", OWN, "--reason", "unfair to group 7")[0] == 0
    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "GATE402" in out) == (1, True)

    assert call("withdraw", request, "--role", "validator", "--key", OWN)[0] == 0
    assert call("check", "models/fraud/4.yaml", "--to", "production")[0] == 0


def test_pending_says_who_is_waited_for(call: Call, office: Path) -> None:
    """By role, of the whole registry or one model; nothing where all have signed."""
    code, out, _ = call("pending")
    assert (code, out.splitlines()[0]) == (0, "fraud@4 → promotion to production, asked by bob@corp.example")
    assert "0 of 2 sign-offs" in out
    assert call("pending", "--role", "risk")[1] == "nothing waits for the role `risk`\n"
    assert "--role validator --key KEY" in call("pending", "models/fraud/4.yaml", "--role", "validator")[1]

    signed(call, office)
    assert call("pending")[1] == "nothing waits\n"

    write(
        office / "policies/gate.policy",
        (office / "policies/gate.policy").read_text() + "\nadvise carded: model_card is recorded\n",
    )
    assert "no request counts any more" in call("pending")[1]


def test_a_waiver_is_refused_before_it_is_signed_where_it_would_not_count(call: Call, office: Path) -> None:
    """Not waivable, too long, over, no such rule (each GATE501), not the role, no reason."""
    cases = {
        ("gate/signed", "2099-01-01", OWN): "the rule `gate/signed` cannot be waived",
        ("gate/good", "2099-01-01", OWN): "can be waived until",
        ("gate/good", "2020-01-01", OWN): "which is over",
        ("gate/godo", "2099-01-01", OWN): "names like it exist: `gate/good`",
        ("gate/good", "tomorrow", OWN): "not a date",
    }
    for (rule, until, key), said in cases.items():
        code, _, err = call("waive", rule, "models/fraud/3.yaml", "--until", until, "--reason", "x", "--key", key)
        assert (code, said in err, "GATE501" in err or until == "tomorrow") == (2, True, True), err
    soon = in_days(5)
    code, _, err = call("waive", "gate/good", "models/fraud/3.yaml", "--until", soon, "--reason", "x", "--key", "vera")
    assert (code, "vera@corp.example is not in the role `risk`" in err) == (2, True)
    code, _, err = call("waive", "gate/good", "models/fraud/3.yaml", "--until", soon, "--reason", " ", "--key", OWN)
    assert (code, "a waiver needs a reason" in err) == (2, True)
    assert not (office / "models/fraud/3").exists()

    assert (
        call("waive", "gate/good", "models/fraud/3.yaml", "--until", soon, "--reason", "incident 7", "--key", OWN)[0]
        == 0
    )
    assert "WAIVED[GATE300]  gate/good (would be fail)" in call("check", "models/fraud/3.yaml", "--to", "production")[1]


def test_statements_from_elsewhere_count(call: Call, office: Path) -> None:
    """`--statements` names a file or a folder of them."""
    for name in ("vera", "vito"):
        call("sign", asked(office), "--role", "validator", "--key", name, "--into", "inbox")
    call("sign", "policies", "--role", "policy-owner", "--key", OWN, "--into", "owners")
    arguments = ("check", "models/fraud/4.yaml", "--to", "production")
    assert call(*arguments)[0] == 3

    assert call(*arguments, "--statements", "inbox", "--statements", "owners")[0] == 0
    code, _, err = call(*arguments, "--statements", "nowhere")
    assert (code, "cannot read `nowhere`" in err) == (2, True)


def test_a_link_among_the_statements_is_an_error(call: Call, office: Path) -> None:
    """A file that is read through a link may be another one tomorrow."""
    (office / "models/fraud/4/link.json").symlink_to(office / "trust.json")

    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "it is a link" in err) == (2, True)


def test_attack_33_names_and_reasons_move_no_terminal_and_run_no_shell(call: Call, office: Path) -> None:
    """Escapes in a model's name, in a reason and in an author are shown as text; a key's name is an argument."""
    hostile = "\x1b]0;owned\x07$(touch owned)`touch owned`;touch owned\n::error::x"
    record = (office / "models/fraud/4.yaml").read_text().replace("anna@corp.example", json.dumps(hostile))
    write(office / "models/fraud/4.yaml", record)
    shutil.rmtree(office / "models/fraud/4")
    assert (
        call("request", "models/fraud/4.yaml", "--to", "production", "--reason", hostile, "--requester", hostile)[0]
        == 0
    )
    request = asked(office)

    code, out, err = call("sign", request, "--role", "validator", "--key", "vera", "--reason", hostile)
    assert code == 0
    _, report, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    _, waiting, _ = call("pending")
    odd = office / "-key; touch owned"
    shutil.copy(office / "vito", odd)
    odd.chmod(0o600)
    code, _, _ = call("sign", request, "--role", "validator", "--key", str(odd))

    assert code == 0
    assert "\x1b" not in out + err + report + waiting
    assert not any(line.startswith("::error") for line in (out + report + waiting).splitlines())
    assert not (office / "owned").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "/", "--role", "validator", "--key", "vera"),
        ("reject", "models", "--role", "validator", "--key", "vera"),
        ("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "/"),
        ("sign", "models/fraud/3.yaml", "--role", "validator", "--key", "vera"),
        ("ledger", "show", "99999999999999999999"),
        ("ledger", "prove", "99999999999999999999"),
        ("ledger", "checkpoint", "--since", "99999999999999999999"),
        ("check", "models/fraud/4.yaml", "--to", "production", "--artifact", "/dev/null"),
        ("check", "models/fraud/4.yaml", "--to", "production", "--artifact", "none"),
    ],
)  # fmt: skip
def test_odd_arguments_are_errors(call: Call, office: Path, arguments: tuple[str, ...]) -> None:
    """Folders, numbers beyond any log, devices: 2 or 4, and never a crash."""
    assert office.is_dir()
    code, _, err = call(*arguments)

    assert (code in {2, 4}, "Traceback" in err) == (True, False)


def test_an_authors_signoff_is_told_apart(call: Call, office: Path) -> None:
    """It stood there as one that counts, while the rule asked for one more."""
    record = office / "models/fraud/4.yaml"
    write(record, record.read_text().replace("author: anna@corp.example", "author: vera@corp.example"))
    call("request", "models/fraud/4.yaml", "--to", "production", "--key", "bob")
    for name in ("vera", "vito"):
        assert call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", name)[0] == 0

    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    expected = "1 of 2 sign-offs; without vera@corp.example, who made it or asks for it; rosa@corp.example can sign"
    assert (code, expected in out) == (3, True)


def test_statements_that_miss_for_one_reason_tell_it_once(call: Call, office: Path) -> None:
    """What counts stands first, and what an old request drags along says which request it is."""
    old = asked(office)
    for name in ("vera", "vito"):
        call("sign", old, "--role", "validator", "--key", name)
    write(
        office / "policies/gate.policy",
        (office / "policies/gate.policy").read_text() + "\nadvise carded: model_card is recorded\n",
    )
    call("request", "models/fraud/4.yaml", "--to", "production", "--key", "bob")

    out = call("check", "models/fraud/4.yaml", "--to", "production")[1]
    lines = out.partition("statements:\n")[2].splitlines()
    assert lines[0].startswith("  counts    request by bob@corp.example")
    assert out.count(f"it answers the request `{old}`, which does not count") == 1
    assert out.count("it is for another policy set") == 1


def test_a_waiver_that_is_of_no_use_does_not_count(call: Call, office: Path) -> None:
    """The list said that it counts, and the note below that it does not."""
    arguments = ("waive", "gate/good", "models/fraud/3.yaml", "--until", in_days(5), "--reason", "x", "--key", OWN)
    assert call(*arguments)[0] == 0
    gate = office / "policies/gate.policy"
    write(gate, gate.read_text().replace("0.9", "0.92"))

    out = call("check", "models/fraud/3.yaml", "--to", "production")[1]
    assert "  valid     waiver by rosa@corp.example as risk" in out
    assert "does not count: the rule has been changed since" in out


def test_a_long_list_of_what_does_not_count_is_cut(call: Call, office: Path) -> None:
    """Of a version that was asked for often, only what counts is of interest; `-v` shows the rest."""
    for n in range(10):
        write(office / f"more/{n}.json", "{}")
    arguments = ("check", "models/fraud/4.yaml", "--to", "production", "--statements", "more")
    assert "  and 2 more that do not count; `-v` shows them" in call(*arguments)[1]
    assert "more that do not count" not in call(*arguments, "-v")[1]


def test_where_nobody_is_left_to_sign_the_help_says_who_can_mend_it(call: Call, office: Path) -> None:
    """It asked for signatures that nobody could give."""
    write(
        office / "policies/gate.policy",
        'policy g: "G"\n  on promotion to production\nrequire s: signed by role "ghost"\n',
    )
    out = call("check", "models/fraud/4.yaml", "--to", "production")[1]
    assert "= help: `policy trust add role ghost --member PERSON`, and let the root sign it" in out

    write(
        office / "policies/gate.policy",
        'policy g: "G"\n  on promotion to production\nrequire s: auc >= 1 attested by "ci"\n',
    )
    out = call("check", "models/fraud/4.yaml", "--to", "production")[1]
    assert "bring evidence that the service has signed: `policy attest MODEL FILE --key KEY`" in out


def test_whose_folder_a_request_was_carried_into_says_nothing_of_what_it_asks_for(call: Call, office: Path) -> None:
    """An objection that was meant for what the request asks for spoke against the version in whose folder its file lay; and that of
    `1.2` was looked for as `1.yaml`.
    """
    text = (office / "models/fraud/4.yaml").read_text(encoding="utf-8")
    for version in ("1", "1.2"):
        write(office / f"models/fraud/{version}.yaml", text.replace("'4'", f"'{version}'"))
    assert call("request", "fraud@1.2", "--to", "production", "--key", "bob")[0] == 0
    (dotted,) = (office / "models/fraud/1.2").glob("*.json")
    carried = write(office / "models/fraud/3/carried.json", (office / asked(office)).read_bytes())
    words = ("--role", "validator", "--key", "vera", "--reason", "it is unfair")

    for request, version in ((office / asked(office), "4"), (carried, "4"), (dotted, "1.2")):
        code, out, err = call("reject", str(request.relative_to(office)), *words)
        assert (code, f"  version      {version}\n" in out) == (0, True), err
    assert sorted(p.parent.name for p in (office / "models").rglob("*.objection.json")) == ["1.2", "4", "4"]


def test_nobody_signs_a_request_that_is_called_like_another_version(call: Call, office: Path) -> None:
    """The verdict that its signer is shown is that of the version which its subject names."""
    path = office / asked(office)
    envelope = json.loads(path.read_bytes())
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["subject"][0]["name"] = "fraud@3"
    other = {"payloadType": envelope["payloadType"], "signatures": []}
    write(path, json.dumps({**other, "payload": base64.b64encode(json.dumps(said).encode()).decode()}))

    for command in ("sign", "reject"):
        reason = ("--reason", "it is unfair") if command == "reject" else ()
        code, _, err = call(command, str(path), "--role", "validator", "--key", "vera", *reason)
        assert (code, "no request: it is called `fraud@3`, and asks for `fraud@4`" in err) == (2, True), err


def test_a_folder_that_is_called_like_a_version_is_not_signed_in_its_place(call: Call, office: Path) -> None:
    """It stood in the way of the request."""
    write(
        office / "fraud@4/weak.policy", 'policy weak: "W"\n  on promotion to production\nrequire x: accuracy >= 0.1\n'
    )

    code, out, err = call("sign", "fraud@4", "--role", "validator", "--key", "vera")
    assert (code, "you are about to sign a sign-off" in out) == (0, True), err
