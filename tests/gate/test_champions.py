"""The champion is whoever holds the stage, else whoever held it last: nobody is rid of one by taking it away."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, write
from tests.lifecycle.conftest import state

POLICY = """policy gate: "Gate"
  on promotion to production
metric accuracy: ratio, higher is better, on "holdout"
require sane: accuracy >= 0.5
require no-regression: accuracy >= champion.accuracy
  when there is a champion
"""
RECORD = (
    "model: m\nversion: '{v}'\nauthor: anna@corp.example\nmetrics: {{accuracy: {{value: {a}, data_set: holdout}}}}\n"
)
WEAK = ("promote", "m@2", "--to", "production")


@pytest.fixture(name="models")
def _models(project: Path, call: Call) -> Path:
    """Version 1 (0.95) came into production by a decision; version 2 (0.6) is worse, 3 (0.96) and 4 (0.97) are better."""
    write(project / "policies/gate.policy", POLICY)
    for version, accuracy in ((1, 0.95), (2, 0.6), (3, 0.96), (4, 0.97)):
        write(project / f"models/m/{version}.yaml", RECORD.format(v=version, a=accuracy))
    assert call("promote", "m@1", "--to", "production")[0] == 0
    assert call(*WEAK)[0] == 1
    return project


def champion(call: Call, version: str = "m@2") -> tuple[int, dict[str, object], str]:
    """The verdict's code, how the champion is known, and the report."""
    code, out, _ = call("check", version, "--to", "production", "-o", "json")
    return code, json.loads(out)["decision"]["tenure"], call("check", version, "--to", "production")[1]


def test_retiring_the_champion_does_not_take_it_away(models: Path, call: Call) -> None:
    """`there is a champion` was false then, and the weaker version went into production."""
    code, out, _ = call("retire", "m@1", "--reason", "it is too slow", "--as", "olga@corp.example")
    assert (code, "nothing holds production of m now, and m@1 stays its champion" in out) == (0, True)

    assert call(*WEAK)[0] == 1

    code, tenure, report = champion(call)
    assert (code, tenure["known"], tenure["version"], tenure["by"]) == (1, "held", "1", "olga@corp.example")
    assert "against m@1: it held the stage last: away since " in report
    assert "taken out by olga@corp.example: it is too slow" in report


def test_a_stage_that_is_called_like_the_champions_version_makes_nobody_the_champion(models: Path, call: Call) -> None:
    """Where its record was gone, `m@1` was whoever was in a free stage called `1`, and the weaker version went into production."""
    write(models / "models/m/5.yaml", RECORD.format(v=5, a=0.55))
    (models / "models/m/1.yaml").unlink()
    write(models / "models/m/state.yaml", "{}\n")
    assert champion(call)[0] == 1

    assert call("promote", "m@5", "--to", "1")[0] == 0
    assert "m@5  in 1" in call("show", "m@1")[1]

    code, tenure, report = champion(call)
    assert (code, tenure["known"], tenure["version"]) == (1, "held", "1")
    assert "against m@1: it held the stage last" in report
    assert call(*WEAK)[0] == 1
    assert call("promote", "m@5", "--to", "production")[0] == 1


@pytest.mark.parametrize(
    "how", ["its stage is gone", "the state file is gone", "its record is gone", "all of it is gone"]
)
def test_taking_the_champion_away_in_the_registry_does_not_help(models: Path, call: Call, how: str) -> None:
    """Whoever can write the folder could have done as much as `policy retire` does."""
    if how in {"its stage is gone", "the state file is gone", "all of it is gone"}:
        (models / "models/m/state.yaml").unlink()
    if how == "its stage is gone":
        write(models / "models/m/state.yaml", "'1': {stage: archived}\n")
    if how in {"its record is gone", "all of it is gone"}:
        shutil.rmtree(models / "models/m/1", ignore_errors=True)
        (models / "models/m/1.yaml").unlink()

    assert call(*WEAK)[0] != 0
    assert "2" not in state_of(models)
    if how == "all of it is gone":  # its record is in what its own decision was made of
        code, tenure, report = champion(call)
        assert (code, tenure["known"], "against m@1: it held the stage last" in report) == (1, "held", True)


def state_of(folder: Path) -> dict[str, object]:
    """The state file of model m, nothing where there is none."""
    import yaml

    path = folder / "models/m/state.yaml"
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def test_a_record_that_nobody_has_any_more_makes_the_champion_unknown(models: Path, call: Call) -> None:
    """The material of its decision is gone too."""
    import sqlite3

    call("retire", "m@1", "--reason", "x")
    (models / "models/m/1.yaml").unlink()
    with sqlite3.connect(models / ".letpass/ledger.db") as db:
        db.execute("DELETE FROM material")

    code, tenure, report = champion(call)

    assert (code, tenure["known"]) == (3, "unknown")
    assert "neither the registry nor the ledger has its record any more" in report


def test_of_several_the_one_that_held_it_last_counts(models: Path, call: Call) -> None:
    """Not the best, and not the first."""
    assert call("promote", "m@3", "--to", "production")[0] == 0
    call("retire", "m@3", "--reason", "x")

    assert champion(call)[1]["version"] == "3"
    assert champion(call, "m@4")[0] == 0


def test_there_is_no_champion_only_where_nobody_ever_was(models: Path, call: Call) -> None:
    """A new model has none; a version is none over itself."""
    write(models / "models/n/1.yaml", RECORD.format(v=1, a=0.6).replace("model: m", "model: n"))
    code, tenure, _ = champion(call, "n@1")
    assert (code, tenure["known"], tenure["vouched"]) == (0, "never", True)

    call("retire", "m@1", "--reason", "x")
    assert champion(call, "m@1")[1]["known"] == "never"
    assert call("promote", "m@1", "--to", "production")[0] == 0


# ---------------------------------------------------------------- unfit


def test_a_revoked_version_is_no_champion_and_the_one_before_counts(models: Path, call: Call) -> None:
    """`revoke` is the word for unfit; without a trust file it is logged with its reason."""
    assert call("promote", "m@3", "--to", "production")[0] == 0
    assert call("verify", "m@3", "--to", "production")[0] == 0

    code, out, _ = call("revoke", "m@3", "--reason", "trained on leaked labels", "--as", "olga@corp.example")

    assert (code, "m@3 still holds production; next: `policy retire m@3 --reason TEXT`" in out) == (0, True)
    code, out, _ = call("verify", "m@3", "--to", "production")
    assert (code, "NO   nothing has ended it: revocation: by olga@corp.example at " in out) == (1, True)
    assert champion(call)[1]["version"] == "1"
    assert champion(call, "m@3")[0] == 1  # it stands against every move
    assert call("retire", "m@3", "--reason", "it was revoked")[0] == 0
    assert call("promote", "m@1", "--to", "production")[0] == 0


def test_a_version_that_the_owners_revoked_is_no_champion_until_they_lift_it(office: Path, call: Call) -> None:
    """With a trust file as many of them sign both as their role needs; nobody else's word takes a champion away."""
    rule = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.5\n'
    write(office / "policies/gate.policy", rule)
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    for version in (3, 4):
        assert call("promote", f"fraud@{version}", "--to", "production")[0] == 0
    write(office / "models/fraud/9.yaml", (office / "models/fraud/4.yaml").read_text().replace("'4'", "'9'"))

    other = (office / "models/fraud/3.yaml").read_text().replace("'3'", "'8'")
    write(office / "models/fraud/8.yaml", re.sub("sha256:[0-9a-f]{64}", f"sha256:{'8' * 64}", other))

    def known() -> object:
        return champion(call, "fraud@8")[1].get("version")

    assert known() == "4"
    assert call("revoke", "fraud@4", "--reason", "leaked labels", "--key", OWN, "--log")[0] == 0
    assert known() == "3"
    assert call("check", "fraud@9", "--to", "production")[0] == 1
    assert call("lift", "fraud@4", "--reason", "another data set was meant", "--key", OWN, "--log")[0] == 0
    assert known() == "4"


def test_a_revocation_that_is_lifted_is_as_if_it_had_not_been_said(models: Path, call: Call) -> None:
    """And both stay in the log and in the report."""
    call("promote", "m@3", "--to", "production")
    call("revoke", "m@3", "--reason", "leaked labels")
    assert call("lift", "m@3", "--reason", "another data set was meant", "--as", "olga@corp.example")[0] == 0

    assert champion(call)[1]["version"] == "3"
    assert call("verify", "m@3", "--to", "production")[0] == 0
    assert "lifted by olga@corp.example at " in call("check", "m@3", "--to", "production")[1]


def test_a_copy_of_a_revoked_version_under_another_number_is_denied(project: Path, call: Call) -> None:
    """The bytes are the same."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    write(project / "models/fraud/9.yaml", (project / "models/fraud/1.yaml").read_text().replace("'1'", "'9'"))
    assert call("check", "fraud@9", "--to", "production")[0] == 0

    assert call("revoke", "fraud@1", "--reason", "leaked labels")[0] == 0

    assert call("check", "fraud@9", "--to", "production")[0] == 1
    assert call("check", "fraud@2", "--to", "production")[0] == 0


def test_words_against_another_version_are_not_lifted_with_this_one(models: Path, call: Call) -> None:
    """Of the same model."""
    call("revoke", "m@3", "--reason", "leaked labels")

    code, _, err = call("lift", "m@4", "--reason", "it was nothing")

    assert (code, "nothing stands against `m@4`" in err) == (2, True)
    assert call("check", "m@3", "--to", "production")[0] == 1


@pytest.mark.parametrize("word", ["revoke", "lift", "retire"])
def test_such_words_need_a_reason(models: Path, call: Call, word: str) -> None:
    """For everybody to read."""
    assert call(word, "m@1")[0] == 2
    assert call(word, "m@1", "--reason", "  ")[0] == 2
    assert state_of(models) == {"1": {"stage": "production"}}


# ---------------------------------------------------------------- who holds a stage without a decision


def put_in_place(folder: Path, version: str) -> None:
    """Put a version into production by hand, as whoever can write the registry could."""
    write(folder / "models/m/state.yaml", f"'{version}': {{stage: production}}\n")


def test_a_holder_that_no_decision_put_there_makes_the_champion_unknown(models: Path, call: Call) -> None:
    """A worse version in its place made a bad one look good."""
    put_in_place(models, "2")

    code, tenure, report = champion(call, "m@4")

    assert (code, tenure["known"]) == (3, "unknown")
    assert "m@2 holds production, and no decision of the ledger brought it there" in report
    assert "`policy adopt m@2 --to production --reason TEXT` takes it in" in report
    assert call("promote", "m@4", "--to", "production")[0] == 3


def test_it_is_adopted_with_a_reason(models: Path, call: Call) -> None:
    """The command that the report names, when it is obeyed."""
    put_in_place(models, "3")
    assert champion(call, "m@4")[0] == 3

    assert call("adopt", "m@3", "--to", "production", "--reason", "it served before")[0] == 0

    code, tenure, report = champion(call, "m@4")
    assert (code, tenure["known"], tenure["version"], tenure["vouched"]) == (0, "holds", "3", True)
    assert "against m@3: since " in report
    assert champion(call)[0] == 1


def test_nobody_adopts_what_does_not_hold_the_stage(models: Path, call: Call) -> None:
    """A list is of what is."""
    code, _, err = call("adopt", "m@4", "--to", "production", "--reason", "x")
    assert (code, "`m@4` does not hold `production`, but no stage" in err) == (2, True)


def test_other_bytes_than_the_ledger_brought_there_are_no_champion(project: Path, call: Call) -> None:
    """The version has the right name, and other bytes."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    write(
        project / "policies/gate.policy",
        'policy g: "G"\n  on promotion to production\nrequire known: there is a champion\n',
    )
    assert champion(call, "fraud@2")[0] == 0

    write(project / "models/fraud/1.yaml", (project / "models/fraud/1.yaml").read_text().replace("uri: fraud-1.onnx", 'digest: "sha256:' + "ab" * 32 + '"'))  # fmt: skip

    code, tenure, report = champion(call, "fraud@2")
    assert (code, tenure["known"]) == (3, "unknown")
    assert "holds production with other bytes than entry" in report


def test_without_a_ledger_the_registrys_holder_counts_and_nothing_vouches_for_it(project: Path, call: Call) -> None:
    """A project may begin with `check` alone; the report says so."""
    write(project / "policies/gate.policy", POLICY)
    for version, accuracy in ((1, 0.95), (2, 0.6)):
        write(project / f"models/m/{version}.yaml", RECORD.format(v=version, a=accuracy))
    put_in_place(project, "1")

    code, tenure, report = champion(call)

    assert (code, tenure["known"], tenure["vouched"]) == (1, "holds", False)
    assert "against m@1: the registry says so, and no ledger vouches for it" in report


def test_the_champion_is_part_of_what_replays(models: Path, call: Call) -> None:
    """Who it was, and how that was known, is an input of the decision."""
    call("retire", "m@1", "--reason", "x")
    _, out, _ = call("check", "m@2", "--to", "production", "-o", "json")
    write(models / "decision.json", out)
    shutil.rmtree(models / "models")
    shutil.rmtree(models / ".letpass")

    assert call("replay", "decision.json")[0] == 0


# ---------------------------------------------------------------- taking a registry over


def test_an_existing_registry_is_taken_over_in_two_commands(project: Path, call: Call) -> None:
    """The list names each holder with its digest, and one signature takes it in."""
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")
    write(project / "policies/gate.policy", POLICY.replace(', on "holdout"', ""))

    code, out, _ = call("doctor", "--holders", "holders.json")
    assert (code, "`policy adopt --from holders.json --reason TEXT` takes them in" in out) == (0, True), out
    assert call("adopt", "--from", "holders.json", "--reason", "they served before the gate")[0] == 0

    listed = json.loads((project / "holders.json").read_text())["holders"]
    assert [(h["model"], h["version"], h["stage"], h["artifact"][:7]) for h in listed] == [
        ("fraud", "1", "production", "sha256:")
    ]
    assert champion(call, "fraud@2")[1] == champion(call, "fraud@3")[1]
    assert champion(call, "fraud@2")[1]["vouched"] is True
    assert call("doctor")[0] == 0


def test_a_list_that_is_not_so_any_more_is_not_adopted(project: Path, call: Call) -> None:
    """Between the list and the signature somebody else took the place, or other bytes."""
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")
    call("doctor", "--holders", "holders.json")
    adopt = ("adopt", "--from", "holders.json", "--reason", "x")

    write(project / "fraud-1.onnx", "other bytes")
    assert "the list says that the bytes of `fraud@1` are" in call(*adopt)[2]
    write(project / "models/fraud/state.yaml", "'2': {stage: production}\n")
    assert "`fraud@1` does not hold `production`" in call(*adopt)[2]
    for text in ("", "{}", '{"holders": []}', '{"holders": [{"model": "fraud"}]}', '{"holders": "all"}'):
        write(project / "holders.json", text)
        assert call(*adopt)[0] == 2


def test_adoption_is_the_owners_word(office: Path, call: Call) -> None:
    """With a trust file somebody else's key takes nobody in, nor does a file that nobody has signed."""
    write(office / "models/fraud/3.yaml", (office / "models/fraud/3.yaml").read_text() + "stage: production\n")
    adopt = ("adopt", "fraud@3", "--to", "production", "--reason", "it served before", "--log")

    assert "vera@corp.example is not in the role `policy-owner`" in call(*adopt, "--key", "vera")[2]
    assert "which key signs?" in call(*adopt)[2]

    assert call(*adopt, "--key", OWN)[0] == 0
    assert champion(call, "fraud@4")[1]["known"] == "holds"
    assert state(office) == {}


# ---------------------------------------------------------------- found by attack


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value: 0.95", "value: 0.55"),
        ("data_set: holdout", "data_set: another"),
        ("accuracy: {value: 0.95", "recall: {value: 0.95"),
    ],
)
def test_a_champions_record_that_was_edited_is_no_bar(models: Path, call: Call, old: str, new: str) -> None:
    """It was believed as it was now, and the weaker version went into production; what is added since is no change."""
    path = models / "models/m/1.yaml"
    text = path.read_text(encoding="utf-8")
    write(path, text + "tags: {reviewed: yes}\n")
    assert champion(call)[1]["known"] == "holds"

    write(path, text.replace(old, new))

    code, tenure, _ = champion(call)
    assert (code, tenure["known"]) == (3, "unknown")
    assert " of the ledger decided upon it, and is " in str(tenure["why"])
    assert call(*WEAK)[0] == 3
    call("retire", "m@1", "--reason", "another took its place")  # its record of then is what counts
    assert champion(call)[0] == 1


def test_an_adopted_champions_record_is_the_one_that_was_adopted(models: Path, call: Call) -> None:
    """The owners sign what it says; edited, it is unknown until they take it in again."""
    put_in_place(models, "3")
    assert call("adopt", "m@3", "--to", "production", "--reason", "served before")[0] == 0
    assert champion(call)[1]["version"] == "3"

    path = models / "models/m/3.yaml"
    write(path, path.read_text(encoding="utf-8").replace("0.96", "0.55"))

    assert champion(call)[1]["known"] == "unknown"


def test_who_was_written_out_and_back_in_by_hand_is_no_champion(models: Path, call: Call) -> None:
    """The stay of the old holder was never closed, since the next move did not see it."""
    write(models / "models/m/state.yaml", "'1': {stage: archived}\n")
    assert call("promote", "m@4", "--to", "production")[0] == 0

    put_in_place(models, "1")

    assert champion(call)[1]["known"] == "unknown"


def test_what_a_state_file_says_makes_no_rollback_a_promotion(models: Path, call: Call) -> None:
    """A version that was there before is judged by the policies on rollback, wherever its record says that it is."""
    write(
        models / "policies/back.policy",
        'policy back: "Back"\n  on rollback to production\nrequire never: accuracy > 1\n',
    )
    for version in (5, 6):
        digest = f"artifact: {{digest: 'sha256:{str(version) * 64}'}}\n"
        write(models / f"models/m/{version}.yaml", RECORD.format(v=version, a=0.98) + digest)
        assert call("promote", f"m@{version}", "--to", "production")[0] == 0
    assert "DENIED  m@5 → rollback to production" in call("promote", "m@5", "--to", "production")[1]

    put_in_place(models, "5")

    assert "DENIED  m@5 → rollback to production" in call("promote", "m@5", "--to", "production")[1]


def test_a_holder_whom_no_decision_let_in_gets_no_yes(models: Path, call: Call) -> None:
    """`policy promote` said that it is there already, and ended with 0, whatever the policies say of it."""
    put_in_place(models, "2")
    assert call("adopt", "m@2", "--to", "production", "--reason", "served before")[0] == 0

    code, _, err = call(*WEAK)

    assert (code, "its approval has ended: no decision allowed it" in err) == (1, True)
    assert "`policy renew m@2`" in err


@pytest.mark.parametrize("name", ["m/", "./m", "m//", "x/../m", "/m"])
def test_a_model_has_one_spelling(models: Path, call: Call, name: str) -> None:
    """Paths fold them, so that a second name for one folder was a second model in it, without a champion."""
    write(models / "models/m/8.yaml", RECORD.format(v=8, a=0.6).replace("model: m", f"model: {name}"))

    for command in (
        ("check", "models/m/8.yaml", "--to", "production"),
        ("promote", "models/m/8.yaml", "--to", "production"),
    ):
        code, _, err = call(*command)
        assert (code, f"`{name}` is no name of a model" in err) == (2, True)


def test_a_digest_that_two_files_can_have_is_none(models: Path, call: Call) -> None:
    """Of MD5 anybody makes two files with one digest: the other one was verified as what had been allowed."""
    write(models / "m.onnx", "bytes")
    for algorithm, code in (("sha256", 0), ("sha512", 0), ("md5", 3), ("sha1", 3)):
        digest = hashlib.new(algorithm, b"bytes", usedforsecurity=False).hexdigest()
        text = RECORD.format(v=9, a=0.99) + f"artifact: {{uri: m.onnx, digest: '{algorithm}:{digest}'}}\n"
        write(models / "models/m/9.yaml", text)
        assert call("check", "m@9", "--to", "production")[0] == code, algorithm


@pytest.mark.parametrize("version", ["./8", "8/.", ".", "..", "../m/8", "8//"])
def test_a_version_has_one_spelling(models: Path, call: Call, version: str) -> None:
    """`./8` lay in the file of 8, was found there, and was another version to the ledger."""
    write(models / "models/m/8.yaml", RECORD.format(v=version, a=0.99))

    code, _, err = call("promote", "models/m/8.yaml", "--to", "production")

    assert (code, f"`{version}` is no name of a version" in err) == (2, True)


def test_a_version_below_another_folder_is_none(models: Path, call: Call) -> None:
    """The file of version 8 of the model m/a is not that of version a/8 of m: it is in no registry, and has no champion."""
    write(models / "models/m/a/8.yaml", RECORD.format(v="a/8", a=0.99))

    assert call("check", "models/m/a/8.yaml", "--to", "production")[0] == 3
    code, _, err = call("promote", "models/m/a/8.yaml", "--to", "production")
    assert (code, "is not in the registry" in err) == (2, True)


@pytest.mark.parametrize(
    "text",
    ['{"holders": "x"}', '{"holders": [1]}', "[]", "{}", '{"holders": [{"model": "m", "version": 3, "stage": "production"}]}',
     '{"holders": [{"model": "m", "version": "3", "stage": "production", "artifact": 5}]}'],
)  # fmt: skip
def test_a_list_of_another_shape_takes_nobody_in(models: Path, call: Call, text: str) -> None:
    """It is told in the words of the list."""
    put_in_place(models, "3")
    write(models / "list.json", text)

    code, out, err = call("adopt", "--from", "list.json", "--reason", "served before")

    assert (code, out) == (2, "")
    assert "no list of holders: it has no list `holders`" in err or "no list of holders: a holder has `model`" in err
