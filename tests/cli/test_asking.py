"""Requests, and policy sets put in force: which of them counts, and what is told before anybody signs."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from tests.cli.conftest import OWN, Call, asked, write


def test_policies_from_elsewhere_are_put_in_force_by_nobody(call: Call, office: Path) -> None:
    """An owner signed another folder, and `check -p` then said allow: what is in force is the project's own set."""
    write(office / "other/o.policy", 'policy o: "O"\n  on promotion to production\nrequire x: model is recorded\n')
    arguments = ("check", "models/fraud/4.yaml", "--to", "production", "-p", "other")
    code, out, _ = call(*arguments)
    assert (code, "the call names the policies: other/o.policy" in out) == (3, True)

    code, _, err = call("sign", "other", "--role", "policy-owner", "--key", OWN)
    assert (code, "`other` is not what the project is judged by" in err) == (2, True)


def test_a_request_that_does_not_count_is_not_signed(call: Call, office: Path) -> None:
    """The command says why, and what to run."""
    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text().replace("0.9", "0.92"))

    code, _, err = call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "vera")
    assert (code, "no request for `fraud@4` counts: it is for another policy set" in err) == (2, True)
    assert "`policy request models/fraud/4.yaml --to production --key KEY`" in err


def test_a_request_that_only_the_ledger_has_is_signed(call: Call, office: Path) -> None:
    """The carrier lost it."""
    call("check", "models/fraud/4.yaml", "--to", "production", "--log")
    shutil.rmtree(office / "models/fraud/4")
    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "`policy sign models/fraud/4.yaml --to production --role validator --key KEY`" in out) == (3, True)

    assert call("sign", "models/fraud/4.yaml", "--to", "production", "--role", "validator", "--key", "vera")[0] == 0


def test_a_move_that_no_policy_governs_is_not_asked_for(call: Call, office: Path) -> None:
    """People would sign for nothing."""
    code, _, err = call("request", "models/fraud/4.yaml", "--to", "staging")
    assert (code, "no policy governs promotion to staging" in err) == (2, True)
    assert office.is_dir()


def test_who_made_it_is_told_before_they_sign(call: Call, office: Path) -> None:
    """A sign-off that a rule will not count is signed knowingly."""
    write(office / "models/fraud/4.yaml", (office / "models/fraud/4.yaml").read_text().replace("anna@", "vera@"))
    shutil.rmtree(office / "models/fraud/4")
    call("request", "models/fraud/4.yaml", "--to", "production")

    _, out, _ = call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "vera")
    assert "note: you made this version; a rule with `other than author` does not count your sign-off" in out


REJECT = ("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vito", "--reason", "unfair to group 7")


def test_an_objection_is_told_before_anybody_signs(call: Call, office: Path) -> None:
    """With who said no, and why."""
    assert call(*REJECT)[0] == 0

    _, out, _ = call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "vera")

    assert "so far denied: fraud@4 → promotion to production: vito@corp.example as validator objects to it" in out
    assert "  objection    by vito@corp.example: unfair to group 7\n" in out


def test_an_objection_that_was_taken_back_is_told_as_such(call: Call, office: Path) -> None:
    """It read as if it stood, with a colon behind it and nothing more."""
    call(*REJECT)
    assert call("withdraw", "models/fraud/4.yaml", "--role", "validator", "--key", "vito", "--reason", "a slip")[0] == 0
    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text().replace("0.9", "0.92"))
    call("request", "models/fraud/4.yaml", "--to", "production")

    _, out, _ = call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "vera")

    (line,) = [found for found in out.splitlines() if found.startswith("  objection")]
    assert re.fullmatch(r".*unfair to group 7 \(withdrawn by vito@corp.example at \S+Z: a slip\)", line)


def test_who_signs_policies_sees_which_are_new(call: Call, office: Path) -> None:
    """A digest tells nobody what has changed; a set that somebody else signed is no measure."""
    arguments = ("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert "gate: Gate (promotion to production; 2 rules)" in call(*arguments)[1]

    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text().replace("0.9", "0.92"))
    write(office / "policies/more.policy", 'policy more: "M"\n  on review\nrequire x: model is recorded\n')
    (office / "policies/deployment.policy").unlink()
    out = call(*arguments)[1]
    assert "gate: Gate (promotion to production; 2 rules; changed)" in out
    assert "  - require good: accuracy >= 0.9\n  + require good: accuracy >= 0.92\n" in out
    assert "  + require x: model is recorded\n" in out
    assert "  - require fits: artifact.size <= 1 kB\n" in out
    assert "more: M (review; 1 rule; new)" in out
    assert "deployment: no longer there" in out
    assert "compared with what rosa@corp.example signed at " in out
    assert "gate: Gate (promotion to production; 2 rules; as signed)" in call(*arguments)[1]

    for found in (office / "policies/signatures").iterdir():
        data = json.loads(found.read_bytes())
        data["signatures"] = []
        found.write_text(json.dumps(data))
    assert "gate: Gate (promotion to production; 2 rules)" in call(*arguments)[1]


def test_who_signs_policies_is_told_of_roles_that_nobody_has(call: Call, office: Path) -> None:
    """A slip of the pen had put a set in force that nobody could satisfy."""
    text = 'policy odd: "Odd"\n  on review\nrequire x: signed by role "validater"\nrequire y: model is recorded attested by "cii"\n'
    write(office / "policies/odd.policy", text)
    out = call("sign", "policies", "--role", "policy-owner", "--key", OWN)[1]
    assert (
        "note: the trust file has no role `validater` (policies/odd.policy:3:12); a role like it exists: `validator`"
        in out
    )
    assert "note: the trust file has no service `cii` (policies/odd.policy:4:12)" in out


def test_of_requests_made_at_once_the_newest_counts(call: Call, office: Path) -> None:
    """They were of one second, and their digests said which was the newest."""
    shutil.rmtree(office / "models/fraud/4")
    for n in range(4):
        call("request", "models/fraud/4.yaml", "--to", "production", "--requester", f"r{n}@corp.example")

    assert "asked by r3@corp.example" in call("pending")[1]


def test_who_asks_anew_is_told_which_request_counts(call: Call, office: Path) -> None:
    """One that people have answered goes first, and the new one seemed to be it."""
    old = asked(office)
    call("sign", old, "--role", "validator", "--key", "vera")
    _, out, _ = call("request", "models/fraud/4.yaml", "--to", "production")
    assert f"note: the request of bob@corp.example, `{old}`, is signed or answered" in out


def test_who_has_signed_is_told_so(call: Call, office: Path) -> None:
    """No rule awaits Vera any more, since she has answered; of others the role is named that they could sign in."""
    model = "models/fraud/4.yaml"
    assert call("request", model, "--to", "production", "--key", OWN)[0] == 0
    assert call("sign", model, "--key", "vera")[0] == 0

    code, _, err = call("sign", model, "--key", "vera")
    assert (code, "vera@corp.example has signed already, as validator" in err) == (2, True), err
    code, _, err = call("sign", model, "--key", OWN)
    assert (code, "no rule awaits a sign-off by rosa@corp.example; name the role with --role, such as" in err) == (
        2,
        True,
    ), err
