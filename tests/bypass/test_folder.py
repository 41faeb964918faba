"""Ways round the folder registry, by whoever may write its files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
import yaml

from letpass.ledger import history
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.bypass.conftest import COMPARED, MEASURED, PROMOTE, TO, VERIFY, Call, write
from tests.cli.conftest import OWN

LEFT = {
    "kind": "retirement", "stage": "archived", "nonce": "00112233", "actor": "eve", "reason": "", "holder": "", "until": "",
    "model": "fraud", "version": "1", "artifact": "", "at": "2026-11-20T10:00:00Z", "made": "",
}  # fmt: skip


def state(folder: Path) -> dict[str, dict[str, object]]:
    return yaml.safe_load((folder / "models/fraud/state.yaml").read_text("utf-8"))


def kept(folder: Path, **said: str) -> Path:
    """A file in which a version leaves its stage, as the program would keep it, with other words."""
    return write(folder / ".letpass/leaving/00112233.made.json", json.dumps({**LEFT, **said}))


def unreadable(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    """Let the system refuse to list a folder, as it does to whoever may not."""
    scandir, listdir = os.scandir, os.listdir

    def refuse(path: object) -> None:
        if str(path).endswith(folder):
            raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", lambda path=".": refuse(path) or scandir(path))
    monkeypatch.setattr(os, "listdir", lambda path=".": refuse(path) or listdir(path))


def test_the_honest_way_works(gated: Path, call: Call) -> None:
    """What is better is promoted, what is worse than the champion is not."""
    assert call("promote", "fraud@4", *TO, "-q")[0] == 1
    assert call("promote", "fraud@3", *TO, "-q")[0] == 0
    assert state(gated) == {"1": {"stage": "archived"}, "3": {"stage": "production"}}


def test_a_version_whose_name_is_hidden_holds_no_stage_unseen(gated: Path, call: Call) -> None:
    """A file that begins with a dot is in no listing, so that two held one stage: it names no version."""
    write(gated / "models/fraud/.5.yaml", MEASURED.format(".5", 0.99))
    write(gated / "new.yaml", MEASURED.format(".6", 0.99))

    assert call("promote", "models/fraud/.5.yaml", *TO)[0] == 2
    assert call("promote", "fraud@.5", *TO)[0] == 2
    assert call("register", "new.yaml")[0] == 2
    assert state(gated) == {"1": {"stage": "production"}}


def test_a_model_whose_name_is_hidden_is_not_registered(gated: Path, call: Call) -> None:
    """No review would ever look at it."""
    write(gated / "new.yaml", MEASURED.replace("fraud", ".fraud").format("1", 0.99))

    assert call("register", "new.yaml")[0] == 2
    assert not (gated / "models/.fraud").exists()


def test_versions_called_model_and_version_hide_no_state(gated: Path, call: Call) -> None:
    """A state file that speaks of both looked like the record of a version `state`, and nobody held anything any more."""
    for name in ("model", "version"):
        write(gated / "new.yaml", MEASURED.format(name, 0.9))
        assert call("register", "new.yaml", "-q")[0] == 0
        assert call("promote", f"fraud@{name}", "--to", "lab", "-q")[0] == 0

    assert state(gated)["1"] == {"stage": "production"}
    assert call("promote", "fraud@4", *TO, "-q")[0] == 1
    assert call("promote", "fraud@3", *TO, "-q")[0] == 0


def test_a_kept_departure_brings_no_version_into_a_stage(gated: Path, call: Call) -> None:
    """What left while the ledger was away is believed; a file there that says `promotion` made a weak version the champion."""
    write(gated / "models/fraud/state.yaml", '"1": {stage: archived}\n"2": {stage: production}\n')
    path = kept(gated, version="2", kind="promotion", stage="production")

    code, _, err = call("promote", "fraud@4", *TO)

    assert (code, "it lets a version do something else than leave its stage" in err) == (4, True)
    path.unlink()
    assert call("promote", "fraud@4", *TO, "-q")[0] != 0


def test_a_kept_departure_serves_no_version_and_is_no_rollback(gated: Path, call: Call) -> None:
    """Neither is any other kind of move, nor another stage under the right kind."""
    for said in (
        {"kind": "rollback", "stage": "production"},
        {"kind": "deployment", "stage": ""},
        {"stage": "production"},
    ):
        kept(gated, **said)
        assert call("promote", "fraud@3", *TO, "-q")[0] == 4, said


def test_a_forged_departure_of_the_champion_leaves_it_the_champion(gated: Path, call: Call) -> None:
    """Who writes such a file can only say that somebody left: who held the stage last is compared with all the same."""
    kept(gated)
    write(gated / "models/fraud/state.yaml", '"1": {stage: archived}\n')

    code, out, _ = call("promote", "fraud@4", *TO)

    assert (code, "against fraud@1" in out) == (1, True)


def test_an_unreadable_folder_of_departures_is_not_an_empty_one(
    gated: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in it was to be logged first."""
    kept(gated)
    unreadable(monkeypatch, "leaving")

    assert call("promote", "fraud@3", *TO, "-q")[0] == 4


def test_an_unreadable_folder_of_a_model_is_not_an_empty_one(
    gated: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`review` said that nothing serves, and a folder of records that there is nothing to judge."""
    write(gated / "policies/watch.policy", 'policy watch: "W"\n  on review\nrequire good: accuracy >= 0.99\n')
    unreadable(monkeypatch, "models/fraud")

    assert call("review", "-q")[0] == 2
    assert call("check", "models", *TO, "-q")[0] == 2


def test_an_objection_in_an_unreadable_folder_is_not_passed_over(
    signed: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about the same model, and nobody can see what it says."""
    (signed / "models/fraud/3").mkdir()
    assert call("check", "fraud@4", *TO, "-q")[0] in {0, 3}
    unreadable(monkeypatch, "models/fraud/3")

    code, _, err = call("check", "fraud@4", *TO)

    assert (code, "an objection may lie in it" in err) == (2, True)


def test_a_state_file_with_a_second_document_says_nothing(gated: Path, call: Call) -> None:
    """Of two readings of one file none is taken."""
    write(gated / "models/fraud/state.yaml", '"1": {stage: production}\n---\n"4": {stage: production}\n')

    assert call("promote", "fraud@3", *TO, "-q")[0] == 2


def test_a_state_file_that_copies_by_reference_says_nothing(gated: Path, call: Call) -> None:
    """Neither anchors nor merge keys put a version into a stage."""
    write(gated / "models/fraud/state.yaml", '"1": &a {stage: production}\n"4": {<<: *a}\n')

    assert call("promote", "fraud@3", *TO, "-q")[0] == 2


def test_a_stage_of_the_state_file_in_other_letters_is_still_held(gated: Path, call: Call) -> None:
    """Case does not matter: its holder stays the champion, and there are not two."""
    write(gated / "models/fraud/state.yaml", '"1": {stage: PRODUCTION}\n')

    assert call("promote", "fraud@4", *TO, "-q")[0] == 1
    assert call("promote", "fraud@3", *TO, "-q")[0] == 0
    assert state(gated) == {"1": {"stage": "archived"}, "3": {"stage": "production"}}


def test_a_stage_of_the_state_file_that_only_looks_like_one_frees_nobody(gated: Path, call: Call) -> None:
    """With a look-alike the registry shows nobody there; the ledger still knows whom to compare with."""
    write(gated / "models/fraud/state.yaml", '"1": {stage: "produ\u0441tion"}\n')  # a Cyrillic letter

    code, out, _ = call("promote", "fraud@4", *TO)

    assert (code, "against fraud@1" in out) == (1, True)


def test_a_state_file_under_another_ending_frees_nobody(gated: Path, call: Call) -> None:
    """Nobody reads it there, and the ledger still knows the champion."""
    (gated / "models/fraud/state.yaml").rename(gated / "models/fraud/state.yml")

    assert call("promote", "fraud@4", *TO, "-q")[0] == 1


def test_the_state_of_another_model_puts_nobody_into_a_stage(gated: Path, call: Call) -> None:
    """A copy of it beside other records is no move of theirs: who holds the stage there is unknown."""
    for version, accuracy in (("1", "0.1"), ("2", "0.9")):
        write(gated / f"models/churn/{version}.yaml", MEASURED.replace("fraud", "churn").format(version, accuracy))
    shutil.copy(gated / "models/fraud/state.yaml", gated / "models/churn/state.yaml")

    assert call("promote", "churn@2", *TO, "-q")[0] != 0
    assert yaml.safe_load((gated / "models/churn/state.yaml").read_text()) == {"1": {"stage": "production"}}


def test_a_registry_without_its_name_is_another_one(gated: Path, call: Call) -> None:
    """`.registry` taken away would be a new registry, whose models have no past."""
    (gated / "models/.registry").unlink()

    assert call("promote", "fraud@3", *TO, "-q")[0] == 4
    assert call("check", "fraud@3", *TO, "-q")[0] == 4


def test_a_registry_with_an_edited_name_is_another_one(gated: Path, call: Call) -> None:
    """So would one with another name be; an empty and a linked one too."""
    path = gated / "models/.registry"
    name = path.read_text("utf-8")
    for text in (name[:-2] + "\n", "", f"{name}{name}", name.upper()):
        write(path, text)
        assert call("promote", "fraud@3", *TO, "-q")[0] == 4, text
    path.unlink()
    path.symlink_to(write(gated / "elsewhere", name))
    assert call("promote", "fraud@3", *TO, "-q")[0] == 4


def test_a_ledger_of_another_project_knows_no_moves_of_this_one(
    gated: Path, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There everything was allowed; `.letpass` copied from it names another registry, and the head that was kept here is none of its."""
    other = tmp_path / "other"
    write(other / "policies/gate.policy", COMPARED.replace("0.85", "0.1"))
    write(other / "models/fraud/2.yaml", MEASURED.format("2", 0.5))
    monkeypatch.chdir(other)
    assert call("promote", "fraud@2", *TO, "-q")[0] == 0
    monkeypatch.chdir(gated)
    shutil.rmtree(gated / ".letpass")
    shutil.copytree(other / ".letpass", gated / ".letpass")
    write(gated / "models/fraud/state.yaml", '"2": {stage: production}\n')

    code, _, err = call("check", "fraud@4", *TO)
    assert (code, "it is not signed by a key that is believed here" in err) == (2, True)
    (gated / "ledger.checkpoint").unlink()
    code, _, err = call("check", "fraud@4", *TO)
    assert (code, "another registry than the ledger's" in err) == (4, True)


def test_a_ledger_of_no_bytes_is_no_new_begin(gated: Path, call: Call) -> None:
    """The head that was kept of it has entries."""
    for path in (gated / ".letpass").glob("ledger.db*"):
        path.unlink()
    write(gated / ".letpass/ledger.db", b"")

    assert call("promote", "fraud@3", *TO, "-q")[0] == 4


def test_an_older_copy_of_the_ledger_forgets_nothing(gated: Path, call: Call, tmp_path: Path) -> None:
    """A denial was logged since: the copy does not go on from the head that was kept."""
    shutil.copytree(gated / ".letpass", tmp_path / "older")
    assert call("promote", "fraud@4", *TO, "-q")[0] == 1
    shutil.rmtree(gated / ".letpass")
    shutil.copytree(tmp_path / "older", gated / ".letpass")

    assert call("promote", "fraud@3", *TO, "-q")[0] == 4


def test_a_version_that_was_not_let_in_is_not_allowed_while_its_record_is_away(project: Path, call: Call) -> None:
    """Registration was denied; the record was moved out, allowed as a draft, and moved back beside its proof."""
    write(project / "policies/in.policy", 'policy in: "In"\n  on registration\nrequire great: accuracy >= 0.99\n')
    away = write(project / "away/1.yaml", "")
    kept = project / "models/fraud/1.yaml"
    assert call("register", "fraud@1", "-q")[0] == 1
    kept.replace(away)

    code, out, _ = call("check", "away/1.yaml", *TO)
    assert (code, "the newest decision on its registration is deny" in out) == (3, True)
    assert call("check", "away/1.yaml", *TO, "--log")[0] == 2
    away.replace(kept)
    assert call("verify", "fraud@1", *TO)[0] == 2


def test_a_draft_that_never_asked_to_be_let_in_leaves_no_proof(project: Path, call: Call) -> None:
    """It was allowed from outside of the registry, logged, put into the registry by hand, and verified."""
    write(project / "policies/in.policy", 'policy in: "In"\n  on registration\nrequire great: accuracy >= 0.99\n')
    away = write(project / "away/1.yaml", "")
    kept = project / "models/fraud/1.yaml"
    kept.replace(away)

    code, _, err = call("check", "away/1.yaml", *TO, "--log")
    assert (code, "is in no registry, and registration is gated" in err) == (2, True)
    away.replace(kept)
    assert call("verify", "fraud@1", *TO)[0] == 2


@pytest.mark.parametrize(
    "spelt",
    ["sha256:{}", "SHA256:{}", "sha-256:{}", "sha256: {}", "sha256:{} ", "sha256:\u200b{}", "{}", ""],
    ids=repr,
)
def test_a_digest_in_another_spelling_does_not_shed_what_was_said_against_the_bytes(
    gated: Path, call: Call, spelt: str
) -> None:
    """The bytes of 5 were revoked; under another number they are denied, or held back as long as nobody can tell."""
    digest = "{}artifact: {{digest: '{}'}}\n"
    for version, said in (("5", "sha256:" + "a1" * 32), ("6", spelt.format("a1" * 32)), ("7", "sha256:" + "b2" * 32)):
        write(gated / f"models/fraud/{version}.yaml", digest.format(MEASURED.format(version, 0.97), said))
    assert call("revoke", "fraud@5", "--reason", "biased")[0] == 0

    assert call("promote", "fraud@7", *TO, "-q")[0] == 0
    assert call("promote", "fraud@6", *TO, "-q")[0] in {1, 3}


def test_a_hard_link_is_no_second_version(gated: Path, call: Call) -> None:
    """The good version's file under the bad one's name says whose it is."""
    (gated / "models/fraud/2.yaml").unlink()
    os.link(gated / "models/fraud/3.yaml", gated / "models/fraud/2.yaml")

    assert call("promote", "fraud@2", *TO, "-q")[0] == 2
    call("promote", "models/fraud/2.yaml", *TO, "-q")
    assert "2" not in state(gated)


def test_a_version_in_two_formats_is_none_whichever_is_named(gated: Path, call: Call) -> None:
    """`2.yml` says 0.99 beside the `2.yaml` that says 0.5."""
    write(gated / "models/fraud/2.yml", MEASURED.format("2", 0.99))

    for named in ("fraud@2", "models/fraud/2.yml"):
        assert call("promote", named, *TO, "-q")[0] == 2, named
    assert state(gated) == {"1": {"stage": "production"}}


def test_an_approval_copied_beside_another_version_is_none_of_it(signed: Path, call: Call) -> None:
    """Decision, standing, request and sign-offs of 4 lie beside 3, whose accuracy nobody would allow."""
    assert call(*VERIFY)[0] == 0
    shutil.copytree(signed / "models/fraud/4", signed / "models/fraud/3")

    for offline in ((), ("--offline",)):
        code, out, _ = call("verify", "models/fraud/3.yaml", *TO, "--artifact", "fraud-3.onnx", *offline)
        assert (code, "NOT VERIFIED" in out) == (1, True)
    assert call("promote", "fraud@3", *TO, "-q")[0] == 1


def test_a_request_that_was_used_moves_nothing_again(signed: Path, call: Call) -> None:
    """The version left; the sign-offs beside it were for the move that was made."""
    assert call("retire", "fraud@4", "--reason", "slow")[0] == 0

    assert call(*PROMOTE, "-q")[0] == 3
    assert state(signed)["4"]["stage"] == "archived"


def test_a_model_that_looks_like_another_has_none_of_its_approvals(signed: Path, call: Call) -> None:
    """The same bytes and sign-offs under `fr\u0430ud`: whoever reads the listing is fooled, the gate is not."""
    text = (signed / "models/fraud/4.yaml").read_text("utf-8").replace("model: fraud", "model: fr\u0430ud")
    write(signed / "models/fr\u0430ud/4.yaml", text)
    shutil.copytree(signed / "models/fraud/4", signed / "models/fr\u0430ud/4")

    assert call("promote", "fr\u0430ud@4", *TO, "-q")[0] == 3
    assert call("verify", "models/fr\u0430ud/4.yaml", *TO, "--artifact", "fraud-4.onnx")[0] == 1


def test_nothing_of_the_attacks_is_a_move_in_the_ledger(gated: Path, call: Call) -> None:
    """After a refused promotion of a version that state and file both claim, the ledger shows the honest move alone."""
    write(gated / "models/fraud/state.yaml", '"1": {stage: archived}\n"2": {stage: production}\n')
    assert call("promote", "fraud@2", *TO, "-q")[0] == 1

    project = Project(load())
    ledger = project.ledger.reader()
    assert ledger is not None
    about = ledger.about("fraud", registry=project.names.scope)
    done = [s.version for s in history.steps(about) if s.state == history.DONE]
    assert done == ["1"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("digest: 'sha256:{sha256}'", {1}),
        ("digest: 'SHA256:{sha256}'", {1}),
        ("digest: 'sha512:{sha512}', uri: unfit.onnx", {1}),
        ("uri: unfit.onnx", {1}),
        ("uri: folder", {1}),
        ("digest: 'sha512:{sha512}'", {3}),
        ("digest: '{sha256}'", {3}),
        ("digest: 'sha256:{other}'", {0}),
        ("digest: 'dirHash1:{other}'", {0}),
        ("uri: sound.onnx", {0}),
        ("format: onnx", {0}),
    ],
    ids=lambda p: str(p)[:24],
)
def test_a_copy_under_another_models_name_sheds_no_revocation(
    gated: Path, call: Call, said: str, code: set[int]
) -> None:
    """Whatever the copy says of its bytes: by digest, in another algorithm or spelling, by the file or a folder that holds it."""
    bytes_ = write(gated / "unfit.onnx", "unfit").read_bytes()
    write(gated / "folder/model.onnx", bytes_)
    write(gated / "sound.onnx", "sound")
    known = {
        "sha256": hashlib.sha256(bytes_).hexdigest(),
        "sha512": hashlib.sha512(bytes_).hexdigest(),
        "other": "b2" * 32,
    }
    record = "{}artifact: {{{}}}\n"
    write(gated / "models/fraud/5.yaml", record.format(MEASURED.format("5", 0.97), "uri: unfit.onnx"))
    assert call("revoke", "fraud@5", "--reason", "trained on leaked labels")[0] == 0

    text = MEASURED.replace("fraud", "risk").format("1", 0.97)
    write(gated / "models/risk/1.yaml", record.format(text, said.format(**known)))

    found, out, _ = call("promote", "risk@1", *TO)
    assert found in code, out
    assert ("trained on leaked labels" in out) == (found != 0), out


def test_a_copy_under_another_models_name_sheds_no_signed_revocation(signed: Path, call: Call) -> None:
    """Its owners revoked version 4; the copy has another name, author and number, and a request and signatures of its own."""
    assert call("revoke", "fraud@4", "--reason", "trained on leaked labels", "--key", OWN)[0] == 0
    text = (signed / "models/fraud/4.yaml").read_text("utf-8").replace("model: fraud", "model: risk")
    write(signed / "models/risk/1.yaml", text.replace("'4'", "'1'").replace("anna", "bob"))
    (signed / "models/fraud/4.yaml").unlink()
    shutil.rmtree(signed / "models/fraud/4")

    code, out, _ = call("check", "risk@1", *TO)

    assert (code, "rosa@corp.example" in out, "trained on leaked labels" in out) == (1, True, True), out
