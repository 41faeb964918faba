"""Commands by which people sign, as they are called: what they show, refuse, and leave behind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from assay.trust import statements
from tests.cli import office
from tests.cli.conftest import Call, write

OWN = "home/.ssh/id_ed25519"


def asked(folder: Path) -> str:
    return office.request_of(folder)


def signed(call: Call, office_: Path) -> None:
    """Both validators and the policy owner sign."""
    request = asked(office_)
    for name in ("vera", "vito"):
        assert call("sign", request, "--role", "validator", "--key", name)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0


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
        (["--role", "validator"], "which key signs? name it with --key, or set ASSAY_KEY"),
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
    """A rejection is an answer, and its reason is shown."""
    signed(call, office)
    request = asked_among(office)
    assert call("reject", request, "--role", "validator", "--key", OWN, "--reason", "unfair to group 7")[0] == 0
    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "GATE402" in out) == (1, True)

    assert call("withdraw", request, "--role", "validator", "--key", OWN)[0] == 0
    assert call("check", "models/fraud/4.yaml", "--to", "production")[0] == 0


def asked_among(folder: Path) -> str:
    """The request among other statements."""
    found = [
        p for p in (folder / "models/fraud/4").glob("*.json") if statements.read("", p.read_bytes()).kind == "request"
    ]
    return str(found[-1].relative_to(folder))


def test_pending_says_who_is_waited_for(call: Call, office: Path) -> None:
    """By role, of the whole registry or one model; nothing where all have signed."""
    code, out, _ = call("pending")
    assert (code, out.splitlines()[0]) == (0, "fraud@4 → promotion to production, asked by bob@corp.example")
    assert "0 of 2 sign-offs" in out
    assert call("pending", "--role", "risk")[1] == "nothing waits for the role `risk`\n"
    assert "--role validator --key KEY" in call("pending", "models/fraud/4.yaml", "--role", "validator")[1]

    signed(call, office)
    assert call("pending")[1] == "nothing waits\n"

    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text() + "\n# changed\n")
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
    soon = _in_days(5)
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


def _in_days(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def test_evidence_of_a_service_counts_where_a_claim_does_not(call: Call, office: Path) -> None:
    """A JUnit report, signed with the service's key."""
    arguments = ("check", "models/fraud/4.yaml", "--on", "deployment", "-v")
    assert 'suite "Fairness Check": no run is recorded' in call(*arguments)[1]

    code, out, _ = call("attest", "models/fraud/4.yaml", "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")
    assert code == 0

    _, out, _ = call(*arguments)
    assert "PASS  deployment/checked" in out
    assert "counts    evidence by ci" in out


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xml", "<testsuites/>", "no test suite in it"),
        ("a.xml", "<oops", "no XML"),
        ("a.xml", '<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', "a document type has no place"),
        ("a.xml", '<testsuite name="s" failures="many"><testcase/></testsuite>', "`failures` of a suite is no number"),
        ("a.yaml", "metrics: {accuracy: {value: 1, units: x}}", "unknown field"),
        ("a.yaml", "artifact: {digest: x}", "evidence does not say `artifact`"),
        ("a.yaml", "- 1", "a mapping with `metrics`"),
        ("a.yaml", "", "the file is empty"),
        ("a.json", '{"metrics": {}, "metrics": {}}', "twice"),
        ("none.json", None, "cannot read it: no such file"),
    ],
)
def test_what_is_no_evidence_is_not_signed(call: Call, office: Path, name: str, content: str | None, said: str) -> None:
    """The reason stands in the error, and nothing is written."""
    if content is not None:
        write(office / name, content)
    before = sorted((office / "models/fraud/4").iterdir())
    code, _, err = call("attest", "models/fraud/4.yaml", name, "--key", "ci.pem")

    assert (code, said in err) == (2, True), err
    assert sorted((office / "models/fraud/4").iterdir()) == before


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
    monkeypatch.setenv("ASSAY_TRUST_ROOT", "sha256:" + "0" * 64)
    (office / "policy.toml").write_text(toml)
    code, _, err = call(*arguments)
    assert (code, "is pinned" in err) == (2, True)
    monkeypatch.delenv("ASSAY_TRUST_ROOT")
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
        (["add", "person", "new@corp.example"], "a new person needs --key KEY.pub"),
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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"type":"assay.trust-chain/v1","versions":[{"payload":"W10=","payloadType":"application/vnd.assay.trust+json","signatures":[]}]}',
    ],
)
def test_a_change_that_cannot_be_read_is_an_error(call: Call, office: Path, content: bytes) -> None:
    """`sign`, `check` and `add` say what is wrong with trust.next.json."""
    write(office / "trust.next.json", content)
    for arguments in (("sign", "--key", OWN), ("check",), ("add", "person", "vera@corp.example", "--alias", "V")):
        code, _, err = call("trust", *arguments)
        assert (code, "error[GATE410]: the change that waits cannot be read" in err) == (2, True)


@pytest.mark.parametrize("uri", ["http://[bad", "file:///nowhere/at/all", "s3://b/k", "a\x00b", "//host/x", ""])
def test_a_uri_that_is_no_file_here_is_not_hashed(call: Call, office: Path, uri: str) -> None:
    """Whatever it looks like."""
    record = (office / "models/fraud/4.yaml").read_text().replace("uri: fraud-4.onnx", f"uri: {json.dumps(uri)}")
    write(office / "models/fraud/4.yaml", record)

    assert call("check", "models/fraud/4.yaml", "--to", "production")[0] == 3


def test_a_large_organisation_can_log_its_trust_file(call: Call, office: Path) -> None:
    """A version that fits no leaf lies beside the tree, by its digest."""
    from assay.cli.trust_files import Files
    from tests.trust.keys import SshKey

    files = Files.here()
    document = files.document()
    document["people"].update({f"p{n}@corp.example": {"keys": [{"ssh": SshKey().line}]} for n in range(500)})
    files.draft(document)
    assert call("trust", "sign", "--key", OWN)[0] == 0
    signed(call, office)

    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    assert call("ledger", "verify")[0] == 0


def test_who_made_it_is_told_before_they_sign(call: Call, office: Path) -> None:
    """A sign-off that a rule will not count is signed knowingly."""
    write(office / "models/fraud/4.yaml", (office / "models/fraud/4.yaml").read_text().replace("anna@", "vera@"))
    shutil.rmtree(office / "models/fraud/4")
    call("request", "models/fraud/4.yaml", "--to", "production")

    _, out, _ = call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", "vera")
    assert "note: you made or ask for this version" in out


def test_an_earlier_rejection_is_told_before_anybody_signs(call: Call, office: Path) -> None:
    """With who said no, and why."""
    call("reject", "models/fraud/4.yaml", "--role", "validator", "--key", "vito", "--reason", "unfair to group 7")
    call("request", "models/fraud/4.yaml", "--to", "production", "--into", "again")
    (request,) = (office / "again").iterdir()
    shutil.copy(request, office / "models/fraud/4")

    _, out, _ = call("sign", f"models/fraud/4/{request.name}", "--role", "validator", "--key", "vera")
    assert "note: rejected before by vito@corp.example as validator" in out
    assert "unfair to group 7" in out


def test_a_strangers_key_attests_nothing(call: Call, office: Path) -> None:
    """It is said before the file is written."""
    code, _, err = call("attest", "models/fraud/4.yaml", "results.xml", "--suite", "S", "--key", "vera")
    assert (code, "the evidence would not count: no key of a service" in err) == (2, True)


def test_an_artifact_that_cannot_be_hashed_is_an_error(call: Call, office: Path) -> None:
    """A link that the record's uri names is refused, wherever it leads."""
    (office / "fraud-4.onnx").rename(office / "elsewhere")
    (office / "fraud-4.onnx").symlink_to(office / "elsewhere")

    code, _, err = call("check", "models/fraud/4.yaml", "--to", "production")
    assert (code, "error[GATE416]: the artifact cannot be hashed: `fraud-4.onnx` is a link" in err) == (2, True)


def test_an_authors_signoff_is_told_apart(call: Call, office: Path) -> None:
    """It stood there as one that counts, while the rule asked for one more."""
    record = office / "models/fraud/4.yaml"
    write(record, record.read_text().replace("author: anna@corp.example", "author: vera@corp.example"))
    call("request", "models/fraud/4.yaml", "--to", "production", "--requester", "bob@corp.example")
    for name in ("vera", "vito"):
        assert call("sign", "models/fraud/4.yaml", "--role", "validator", "--key", name)[0] == 0

    code, out, _ = call("check", "models/fraud/4.yaml", "--to", "production")
    expected = "1 of 2 sign-offs; without vera@corp.example, who made or ask for it; rosa@corp.example can sign"
    assert (code, expected in out) == (3, True)


def test_statements_that_miss_for_one_reason_tell_it_once(call: Call, office: Path) -> None:
    """What counts stands first, and what an old request drags along says which request it is."""
    old = asked(office)
    for name in ("vera", "vito"):
        call("sign", old, "--role", "validator", "--key", name)
    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text() + "\n# changed\n")
    call("request", "models/fraud/4.yaml", "--to", "production", "--requester", "bob@corp.example")

    out = call("check", "models/fraud/4.yaml", "--to", "production")[1]
    lines = out.partition("statements:\n")[2].splitlines()
    assert lines[0].startswith("  counts    request by bob@corp.example")
    assert out.count(f"it answers the request `{old}`, which does not count") == 1
    assert out.count("it is for another policy set") == 1


def test_who_signs_policies_sees_which_are_new(call: Call, office: Path) -> None:
    """A digest tells nobody what has changed; a set that somebody else signed is no measure."""
    arguments = ("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert "gate: Gate (promotion to production; 2 rules)" in call(*arguments)[1]

    write(office / "policies/gate.policy", (office / "policies/gate.policy").read_text() + "\n# changed\n")
    write(office / "policies/more.policy", 'policy more: "M"\n  on review\nrequire x: model is recorded\n')
    (office / "policies/deployment.policy").unlink()
    out = call(*arguments)[1]
    assert "gate: Gate (promotion to production; 2 rules; changed)" in out
    assert "more: M (review; 1 rule; new)" in out
    assert "deployment: no longer there" in out
    assert "compared with what rosa@corp.example signed at " in out
    assert "gate: Gate (promotion to production; 2 rules; as signed)" in call(*arguments)[1]

    for found in (office / "policies/signatures").iterdir():
        data = json.loads(found.read_bytes())
        data["signatures"] = []
        found.write_text(json.dumps(data))
    assert "gate: Gate (promotion to production; 2 rules)" in call(*arguments)[1]


def test_a_trust_file_that_cannot_be_begun_leaves_nothing(call: Call, office: Path) -> None:
    """The root of the failed one stood in the way, and the next signature put it in force."""
    (office / "trust.json").unlink()
    write(office / "policy.toml", "")
    code, _, err = call("trust", "init", "--root", "rosa@corp.example=vera.pub", "--key", "vito")
    assert (code, "is of nobody in the root" in err, (office / "trust.next.json").exists()) == (2, True, False)

    assert call("trust", "init", "--root", "rosa@corp.example=vera.pub")[0] == 0
    code, _, err = call("trust", "init", "--root", "rosa@corp.example=vito.pub")
    assert (code, "`policy trust sign` signs it; delete it to begin anew" in err) == (2, True)


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


def test_a_waiver_that_is_of_no_use_does_not_count(call: Call, office: Path) -> None:
    """The list said that it counts, and the note below that it does not."""
    arguments = ("waive", "gate/good", "models/fraud/3.yaml", "--until", _in_days(5), "--reason", "x", "--key", OWN)
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


def test_halves_of_keys_are_told_apart(call: Call, office: Path) -> None:
    """Each refusal names the other half, and how to come by it."""
    arguments = ("attest", "models/fraud/4.yaml", "results.xml", "--suite", "S")
    code, _, err = call(*arguments, "--key", "ci.pub")
    assert (code, "a public key, where its private half is wanted" in err) == (2, True)
    code, _, err = call(*arguments)
    assert (code, "set ASSAY_SERVICE_KEY" in err) == (2, True)
    code, _, err = call("trust", "add", "service", "other", "--key", "ci.pem")
    assert (code, "`openssl pkey -in ci.pem -pubout` prints the public half" in err) == (2, True)
