"""Who made a version and who asks for it, as commands show it: before somebody signs, in the history, in the proof."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from letpass.trust import statements, summary
from tests.cli.conftest import OWN, Call, asked_among, proof_of, write
from tests.cli.repository import PROTECTED, commit, git

MODEL = "models/fraud/4.yaml"
CHECK = ("check", MODEL, "--to", "production")
ASK = ("request", MODEL, "--to", "production")
SIGN = ("sign", MODEL, "--role", "validator", "--key")
OWN_NOTE = "note: you made this version; a rule with `other than author` does not count your sign-off"


def changed(office: Path, **fields: str) -> None:
    """Write fields of the record anew; nobody has asked for it then."""
    text = (office / MODEL).read_text()
    for name, value in fields.items():
        kept = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(f"{name}:"))
        text = f"{kept}{name}: {value}\n"
    write(office / MODEL, text)
    shutil.rmtree(office / "models/fraud/4", ignore_errors=True)


def trusts(call: Call, *arguments: str) -> None:
    """Make one change of the trust file, and let the root sign it."""
    assert call("trust", *arguments)[0] == 0
    assert call("trust", "sign", "--key", OWN)[0] == 0


def enacted(call: Call) -> None:
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0


@pytest.fixture(name="repository")
def _repository(office: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The office in a git repository of its own, in which nothing is committed yet."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    write(office / ".gitignore", ".letpass/\nhome/\n")
    git(office, "init", "--quiet")
    return office


def trained(office: Path, name: str, address: str) -> str:
    """A commit by somebody, from which the version was trained; its id."""
    write(office / "train.py", f"# {name} {time.time_ns()}\n")
    git(office, "add", "--all")
    git(office, "-c", f"user.name={name}", "commit", "--quiet", "--message", "train", f"--author={name} <{address}>")
    return git(office, "rev-parse", "HEAD")


# ---------------------------------------------------------------- the author of the commit


def test_the_author_of_the_commit_does_not_sign(repository: Path, call: Call) -> None:
    """The record names Anna, and Vera has written the commit; the committer is nobody's author."""
    for author, expected in ((("Anna", "anna@corp.example"), 0), (("Vera", "vera@corp.example"), 3)):
        changed(repository, code=f"{{commit: {trained(repository, *author)}}}")
        assert call(*ASK, "--key", "bob")[0] == 0
        outs = [call(*SIGN, key)[1] for key in ("vera", "vito")]
        enacted(call)

        code, out, _ = call(*CHECK)
        assert (code, OWN_NOTE in outs[0], OWN_NOTE in outs[1]) == (expected, expected == 3, False)
    assert "1 of 2 sign-offs; without vera@corp.example, who made it or asks for it" in out


def test_a_mailmap_renames_no_author(repository: Path, call: Call) -> None:
    """Whoever writes the tree writes it."""
    changed(repository, code=f"{{commit: {trained(repository, 'Vera', 'vera@corp.example')}}}")
    write(repository / ".mailmap", "Anna <anna@corp.example> Vera <vera@corp.example>\n")
    commit(repository)
    git(repository, "config", "log.mailmap", "true")
    assert call(*ASK, "--key", "bob")[0] == 0

    assert OWN_NOTE in call(*SIGN, "vera")[1]


@pytest.mark.parametrize("written", ["whole", "beginning", "capitals"])
def test_a_commit_is_found_by_its_id_in_every_spelling(repository: Path, call: Call, written: str) -> None:
    """Whole, or as much of it as names it."""
    id_ = trained(repository, "Vera", "vera@corp.example")
    changed(
        repository, code=f"{{commit: '{ {'whole': id_, 'beginning': id_[:9], 'capitals': id_.upper()}[written] }'}}"
    )
    assert call(*ASK, "--key", "bob")[0] == 0

    assert OWN_NOTE in call(*SIGN, "vera")[1]


def test_a_branch_or_tag_that_is_called_like_a_commit_is_none(repository: Path, call: Call) -> None:
    """Whoever may push one would choose the author."""
    hers, annas = trained(repository, "Vera", "vera@corp.example"), trained(repository, "Anna", "anna@corp.example")
    for name in (hers, hers[:9]):
        git(repository, "update-ref", f"refs/heads/{name}", annas)
        git(repository, "update-ref", f"refs/tags/{name}", annas)
        git(repository, "replace", "--force", hers, annas)
        changed(repository, code=f"{{commit: '{name}'}}")
        assert call(*ASK, "--key", "bob")[0] == 0

        assert OWN_NOTE in call(*SIGN, "vera")[1]


@pytest.mark.parametrize("written", ["HEAD", "main", "0" * 40, "abc", "-h", "4f1c0de2"])
def test_a_commit_that_is_not_here_excludes_nobody(repository: Path, call: Call, written: str) -> None:
    """It may be another repository's; the record's author is told all the same."""
    trained(repository, "Vera", "vera@corp.example")
    changed(repository, code=f"{{commit: '{written}'}}")
    assert call(*ASK, "--key", "bob")[0] == 0
    for key in ("vera", "vito"):
        assert "note:" not in call(*SIGN, key)[1]
    enacted(call)

    assert call(*CHECK)[0] == 0


def test_a_commit_by_nobody_whom_the_file_knows_keeps_every_signoff_from_counting(repository: Path, call: Call) -> None:
    """The report names the commit and its author."""
    id_ = trained(repository, "Mallory", "mallory@evil.example")
    changed(repository, code=f"{{commit: {id_}}}")
    out = call(*ASK, "--key", "bob")[1]

    said = f"the author of commit {id_[:12]}: `Mallory <mallory@evil.example>` is nobody of the trust file"
    assert f"note: gate/signed counts no sign-off yet: {said}" in out
    assert f"note: gate/signed counts no sign-off yet: {said}" in call(*SIGN, "vera")[1]
    assert "UNKNOWN[GATE407]  gate/signed" in call(*CHECK)[1]


def test_a_decision_with_a_commits_author_replays_without_the_repository(
    repository: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git said is in the inputs."""
    changed(repository, code=f"{{commit: {trained(repository, 'Vera', 'vera@corp.example')}}}")
    for step in ((*ASK, "--key", "bob"), (*SIGN, "vera"), (*SIGN, "vito")):
        assert call(*step)[0] == 0
    code, out, _ = call(*CHECK, "-o", "json")
    assert (code, json.loads(out)["inputs"]["dossier"]["made"]["author"]) == (3, "Vera <vera@corp.example>")
    elsewhere = write(tmp_path / "elsewhere/decision.json", out)
    monkeypatch.chdir(elsewhere.parent)

    assert call("replay", "decision.json")[0] == 0


# ---------------------------------------------------------------- a service that asks


def by_service(call: Call) -> None:
    """A version of Anna's for whose promotion the service ci asks, and both validators have signed."""
    enacted(call)
    assert call(*ASK, "--key", "ci.pem", "--requester", "bob@corp.example")[0] == 0
    for key in ("vera", "vito"):
        assert call(*SIGN, key)[0] == 0


def test_a_service_asks_where_it_may_and_says_for_whom(office: Path, call: Call) -> None:
    """Each error says what to do, and doing it works."""
    code, _, err = call(*ASK, "--key", "ci.pem", "--requester", "bob@corp.example")
    assert (code, "the service `ci` may not ask for moves" in err) == (2, True)
    assert "`policy trust add service ci --may request`" in err
    trusts(call, "add", "service", "ci", "--may", "request")

    code, _, err = call(*ASK, "--key", "ci.pem")
    assert (code, "the service `ci` asks for somebody: name them with --requester" in err) == (2, True)
    code, _, err = call(*ASK, "--key", "ci.pem", "--requester", "team-ml")
    assert (code, "for whom does it ask? `team-ml` is no name of a person of the trust file" in err) == (2, True)

    code, out, _ = call(*ASK, "--key", "ci.pem", "--requester", "bob@corp.example")
    assert (code, "  service      ci" in out) == (0, True)
    assert "note: gate/signed counts no sign-off yet: author is claimed, and only the service `ci` asks" in out


def test_what_a_service_asks_for_counts_once_the_author_is_attested(office: Path, call: Call) -> None:
    """By a service that may say who made a version; evidence of one that may not is refused before it is signed."""
    trusts(call, "add", "service", "ci", "--may", "request")
    write(office / "author.yaml", "author: anna@corp.example\n")
    code, _, err = call("attest", MODEL, "author.yaml", "--key", "ci.pem")
    assert (code, "the service `ci` may not say who made a version" in err) == (2, True)

    trusts(call, "add", "service", "ci", "--may", "author")
    by_service(call)
    assert call(*CHECK)[0] == 3
    assert 'attested: `author` "anna@corp.example"' in call("attest", MODEL, "author.yaml", "--key", "ci.pem")[1]
    by_service(call)

    code, out, _ = call(*CHECK)
    assert (code, "counts    request by bob@corp.example, for whom the service ci asks" in out) == (0, True)


def test_what_a_service_asks_for_counts_where_the_commit_is_on_the_protected_branch(
    repository: Path, call: Call
) -> None:
    """`--policy-ref` names it; a commit of a branch that anybody may push vouches for nobody."""
    trusts(call, "add", "service", "ci", "--may", "request")
    changed(repository, code=f"{{commit: {trained(repository, 'Anna', 'anna@corp.example')}}}")
    by_service(call)
    commit(repository)
    git(repository, "update-ref", PROTECTED, "HEAD")
    git(repository, "checkout", "--quiet", "-b", "change")
    commit(repository)

    assert call(*CHECK)[0] == 3
    assert call(*CHECK, "--policy-ref", PROTECTED)[0] == 0

    tree = git(repository, "rev-parse", "HEAD^{tree}")
    git(repository, "update-ref", PROTECTED, git(repository, "commit-tree", tree, "-m", "another history"))
    code, out, _ = call(*CHECK, "--policy-ref", PROTECTED)
    assert (code, "author is claimed, and only the service `ci` asks" in out) == (3, True)


def test_who_made_a_version_is_not_written_into_the_record_as_evidence(office: Path, call: Call) -> None:
    """Evidence confirms it, signed; a claim of it would only rename the author."""
    write(office / "author.yaml", "author: bob@corp.example\n")
    before = (office / MODEL).read_text()

    code, _, err = call("evidence", "add", "fraud@4", "author.yaml")
    assert (code, "who made a version is its record's to say" in err) == (2, True)
    assert (office / MODEL).read_text() == before


# ---------------------------------------------------------------- before somebody signs


def test_signing_ones_own_model_warns_however_that_is_known(office: Path, call: Call) -> None:
    """By address, alias, or as the author of the commit; and who asks is told, too."""
    trusts(call, "add", "person", "vera@corp.example", "--alias", "Vera V.")
    for fields in (
        {"author": "vera@corp.example"},
        {"author": "Vera V."},
        {"author": "Vee <VERA@corp.example>"},
        {"author": "anna@corp.example", "code": '{author: "Vera V. <vera@corp.example>"}'},
    ):
        changed(office, **fields)
        assert call(*ASK, "--key", "bob")[0] == 0
        assert OWN_NOTE in call(*SIGN, "vera")[1]
        assert OWN_NOTE in call("sign", asked_among(office), "--role", "validator", "--key", "vera")[1]
        assert "note:" not in call(*SIGN, "vito")[1]

    changed(office, author="anna@corp.example")
    assert call(*ASK, "--key", "vito")[0] == 0
    assert "note: you ask for this move; a rule with `other than author` does not count" in call(*SIGN, "vito")[1]


def test_a_request_says_at_once_what_keeps_signoffs_from_counting(office: Path, call: Call) -> None:
    """And the command that it names mends it."""
    _, out, _ = call(*ASK, "--requester", "bob@corp.example")
    step = "ask with a key, and let people sign that: `policy request models/fraud/4.yaml --to production --key KEY`"
    said = "the request: nobody has signed it, so that `bob@corp.example` asks is only claimed"
    assert f"note: gate/signed counts no sign-off yet: {said}; {step}" not in out  # Bob's own signed one counts still

    changed(office, author="anna@corp.example")
    _, out, _ = call(*ASK, "--requester", "bob@corp.example")
    assert f"note: gate/signed counts no sign-off yet: {said}; {step}" in out
    assert f"{said}; {step}" in call("pending", MODEL)[1]

    _, out, _ = call(*ASK, "--key", "bob")
    assert "note:" not in out


def test_a_request_says_where_nobody_else_can_sign(office: Path, call: Call) -> None:
    """The author asks, and is the only one in the role that is left."""
    trusts(call, "remove", "member", "validator", "rosa@corp.example")
    trusts(call, "remove", "member", "validator", "vito@corp.example")
    changed(office, author="vera@corp.example")

    out = call(*ASK, "--key", "bob")[1]
    assert (
        "note: gate/signed: role `validator`: 0 of 2 sign-offs; vera@corp.example made it or asks for it; nobody else"
        in out
    )


# ---------------------------------------------------------------- who counted, in the log


def test_history_and_the_proof_say_who_counted_and_who_did_not(office: Path, call: Call) -> None:
    """The author signed too; a report on separation of duties that was made from this found a breach that was none."""
    changed(office, author="vera@corp.example")
    enacted(call)
    assert call(*ASK, "--key", "bob")[0] == 0
    for key in ("vera", "vito", OWN):
        assert call(*SIGN, key)[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0

    out = call("history", "fraud")[1]
    rows = [line.strip().partition(", key ")[0] for line in out.splitlines() if "sign-off by" in line]
    assert rows == [
        "sign-off by rosa@corp.example as validator for gate/signed",
        "sign-off by vito@corp.example as validator for gate/signed",
        "sign-off by vera@corp.example as validator (not counted: made the version)",
    ]
    assert "allow; signed by rosa@corp.example as validator, vito@corp.example as validator; sha256:" in out

    from letpass.gate.verification import decision_of

    made, envelope = decision_of(proof_of(office))
    own = statements.from_envelope("", envelope).predicate[summary.EXTENSION]["people"]
    assert [(p["person"], p.get("countedFor"), p.get("notCounted")) for p in own] == [
        ("rosa@corp.example", ["gate/signed"], None),
        ("vito@corp.example", ["gate/signed"], None),
        ("vera@corp.example", None, "author"),
    ]
    assert all(p["key"].startswith("SHA256:") and p["role"] == "validator" and p["signedAt"] for p in own)
    names = {p.name for p in (office / "models/fraud/4").glob("*.json")}
    used = {f"{d.partition(':')[2][:16]}.json" for d in made.inputs}
    vera = next(
        p.name
        for p in (office / "models/fraud/4").glob("*.json")
        if not p.name.endswith(".decision.json")
        and statements.read("", p.read_bytes()).text("signer").startswith("vera")
    )
    assert (vera in names, vera in used, len(used & names)) == (True, False, 3)  # the request and two sign-offs


# ---------------------------------------------------------------- of several requests the one that can be signed


def test_of_a_used_up_promotion_and_a_new_rollback_the_rollback_is_signed(office: Path, call: Call) -> None:
    """In an incident the old request stood in the way, and the advice led back to itself."""
    write(
        office / "policies/back.policy",
        'policy back: "Back"\n  on rollback to production\nrequire two: signed by role "validator" other than author\n',
    )
    enacted(call)
    assert call(*ASK, "--key", "bob")[0] == 0
    for key in ("vera", "vito"):
        assert call("sign", MODEL, "--role", "validator", "--key", key)[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    assert call("retire", "fraud@4", "--reason", "an incident")[0] == 0
    time.sleep(1.1)
    assert call("request", "fraud@4", "--to", "production", "--rollback", "--key", "bob")[0] == 0

    for more in ((), ("--to", "production"), ("--rollback",), ("--to", "production", "--rollback")):
        code, out, err = call("sign", "fraud@4", "--role", "validator", "--key", "vera", *more)
        assert (code, "rollback to production" in out) == (0, True), err
    code, _, err = call("sign", "fraud@4", "--role", "validator", "--key", "vera", "--on", "promotion")
    assert (code, "no request for `fraud@4` counts" in err) == (2, True)
    assert call("promote", "fraud@4", "--to", "production")[0] == 0


def test_of_two_requests_that_can_be_signed_one_is_named_as_the_advice_says(office: Path, call: Call) -> None:
    """Each of the options that it lists selects one."""
    write(
        office / "policies/deployment.policy",
        'policy deployment: "D"\n  on deployment\nrequire two: signed by role "validator" other than author\n',
    )
    enacted(call)
    assert call(*ASK, "--key", "bob")[0] == 0
    assert call("request", MODEL, "--on", "deployment", "--key", "bob")[0] == 0

    code, _, err = call(*SIGN, "vera")
    assert (code, "name one with `--on deployment` or `--to production --on promotion`" in err) == (2, True), err
    for options, move in (
        (("--on", "deployment"), "deployment"),
        (("--to", "production", "--on", "promotion"), "promotion"),
    ):
        code, out, _ = call(*SIGN, "vera", *options)
        assert (code, f"  move         {move}" in out) == (0, True)
    code, _, err = call(*SIGN, "vera", "--to", "staging")
    assert (code, "; there are some for deployment, promotion to production" in err) == (2, True), err
    assert "`policy request fraud@4 --to staging` makes one" in err
