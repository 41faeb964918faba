"""A stored decision replays anywhere, and a forged one is found out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from letpass import __version__
from letpass.canonical import digest
from letpass.cli.reporting import FORMATS
from letpass.frozen import replace
from letpass.ledger import proofs
from tests.cli.conftest import ARRESTS, ROOT, Call, ledger_of, proof_file, write
from tests.reports.reading import verdict

TO = ("--to", "production", "--champion", f"{ARRESTS}/1.yaml", "--at", "2026-11-23T12:00:00Z")


def _stored(call: Call, path: Path, *models: str) -> Any:
    call("check", *models, *TO, "-q", "-o", f"json={path}")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_decision_replays(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file alone suffices: in another place, without policies and records, it says the same."""
    monkeypatch.chdir(ROOT)
    _stored(call, tmp_path / "one.json", f"{ARRESTS}/3.yaml")
    _stored(call, tmp_path / "all.json", ARRESTS)
    monkeypatch.chdir(tmp_path)

    assert call("replay", "one.json") == (0, "same  arrests@3: deny\n", "")
    assert call("replay", "all.json")[:2] == (
        0,
        "".join(f"same  arrests@{v}: {'deny' if v in {3, 4} else 'undecided'}\n" for v in range(1, 6)),
    )


def test_a_decision_by_policies_of_several_folders_replays(call: Call, project: Path) -> None:
    """However policy.toml lists them, and where a file's name begins like a folder's."""
    write(project / "policy.toml", 'policies = ["second", "first"]\n')
    rule = "on promotion to production\nrequire good: accuracy >= 0."
    for name in ("second/a.policy", "first/a-b.policy", "first/a/b.policy", "first/c.policy"):
        title = name.replace("/", "-", 1).replace("/", "-x").removesuffix(".policy")
        write(project / name, f'policy {title}: "P"\n  {rule}{len(name)}\n')
    code, out, _ = call("check", "fraud@2", "--to", "production", "-o", "json")
    write(project / "stored.json", out)

    assert (code, [p["name"] for p in json.loads(out)["decision"]["policies"]]) == (
        0,
        ["first-a-b", "first-a-xb", "first-c", "second-a"],
    )
    assert call("replay", "stored.json") == (0, "same  fraud@2: allow\n", "")


def test_a_number_is_an_entry_of_the_ledger_whatever_file_is_called_so(call: Call, project: Path, spawn: Call) -> None:
    """A file of that name in the folder where the command runs told another decision in its place."""
    assert call("check", "fraud@1", "--to", "production", "-q", "-o", "json=good.json")[0] == 0
    assert call("check", "fraud@2", "--to", "production", "--log", "-q")[0] == 1
    assert call("replay", "0") == (0, "same  fraud@2: deny\n", "")
    (project / "good.json").rename(project / "0")

    assert call("replay", "0") == (0, "same  fraud@2: deny\n", "")
    assert call("replay", "./0") == (0, "same  fraud@1: allow\n", "")


def _forge_verdict(stored: Any) -> None:
    stored["decision"]["verdict"] = "allow"


def _forge_outcome(stored: Any) -> None:
    stored["decision"]["policies"][1]["rules"][0]["outcome"] = "pass"


def _forge_policy(stored: Any) -> None:
    name = next(n for n in stored["inputs"]["policies"] if n.endswith("production.policy"))
    stored["inputs"]["policies"][name] = stored["inputs"]["policies"][name].replace(
        "fairness >= 0.9", "fairness >= 0.1"
    )


def _forge_record(stored: Any) -> None:
    stored["inputs"]["record"]["text"] = stored["inputs"]["record"]["text"].replace("version: '3'", "version: '4'")


FORGERIES = {
    "verdict": (_forge_verdict, '  verdict: "allow" then, "deny" now\n'),
    "an outcome": (_forge_outcome, '.outcome: "pass" then, "fail" now\n'),
    "a policy's text": (_forge_policy, '  digests.policies: "sha256:'),
    "the record": (_forge_record, '  version: "3" then, "4" now\n'),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_decision_differs(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Whatever was changed since, replay says where, and exits with 1."""
    monkeypatch.chdir(ROOT)
    forge, expected = FORGERIES[what]
    stored = _stored(call, tmp_path / "stored.json", f"{ARRESTS}/3.yaml")
    forge(stored)
    (tmp_path / "stored.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, err = call("replay", str(tmp_path / "stored.json"))

    assert (code, err) == (1, "")
    assert out.startswith("differs  arrests@3: ")
    assert expected in out


@pytest.mark.parametrize(
    "path",
    [
        ("inputs",),
        ("inputs", "record"),
        ("inputs", "policies"),
        ("decision",),
        ("decision", "now"),
        ("decision", "move"),
        ("decision", "as_of"),
    ],
)
def test_an_incomplete_decision_is_2(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...]
) -> None:
    """What a replay needs and is not there is named; nothing is replayed by half."""
    monkeypatch.chdir(ROOT)
    stored = _stored(call, tmp_path / "stored.json", f"{ARRESTS}/3.yaml")
    within = stored
    for step in path[:-1]:
        within = within[step]
    del within[path[-1]]
    (tmp_path / "stored.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, err = call("replay", str(tmp_path / "stored.json"))

    assert (code, out) == (2, "")
    assert err


# ---------------------------------------------------------------- shown again

STORED = ROOT / "tests/golden/stored"
OF_THE_RUN = re.compile(r"<dt>(To decide again|To judge as of then what is here now|Ledger)</dt>.*\n")
"""What only the run knows that decided: its commands, and that nothing was logged."""


def test_a_page_of_a_stored_decision_is_the_one_that_was_made_then(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last byte, but for the commands of the run that decided: of one model, and of many."""
    monkeypatch.chdir(ROOT)
    for models in ((f"{ARRESTS}/3.yaml",), (ARRESTS,)):
        call("check", *models, *TO, "-q", "-o", f"json={tmp_path / 'd.json'}", "-o", f"html={tmp_path / 'then.html'}")
        assert call("replay", str(tmp_path / "d.json"), "-o", f"html={tmp_path / 'again.html'}")[0] == 0

        then, again = [(tmp_path / name).read_text(encoding="utf-8") for name in ("then.html", "again.html")]
        assert len(OF_THE_RUN.findall(then)) == (2 if len(models[0]) > len(ARRESTS) else 10)
        assert OF_THE_RUN.sub("", then) == again


@pytest.mark.parametrize("form", FORMATS)
def test_a_stored_decision_is_shown_in_every_format(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The report alone is told; as JSON it is what was stored."""
    monkeypatch.chdir(ROOT)
    _stored(call, tmp_path / "one.json", f"{ARRESTS}/3.yaml")
    monkeypatch.chdir(tmp_path)

    code, out, err = call("replay", "one.json", "-o", form)

    assert (code, err) == (0, "")
    if form == "json":
        assert out == (tmp_path / "one.json").read_text(encoding="utf-8")
    else:
        assert verdict(form, out) == "deny"


def _page_of(call: Call, path: Path, folder: Path) -> str:
    said = f"note: decided by engine 0.1.0, replayed by {__version__}\nsame  fraud@4: deny\n"
    assert call("replay", str(path), "-o", f"html={folder / 'page.html'}")[:2] == (0, said)
    return (folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", [1, 2])
def test_decisions_of_every_form_are_replayed_and_shown(call: Call, tmp_path: Path, form: int) -> None:
    """One that was stored before pictures stood in it is the same as then, under the name that it has in its ledger."""
    path = STORED / f"format-{form}.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["decision"].get("form", 1) == form

    page = _page_of(call, path, tmp_path)

    assert f"<dt>Decision</dt><dd><code>{digest(stored['decision'])}</code></dd>" in page
    assert page.count("<svg") == 8
    assert "young: 70% seen, at least 80% required, champion 85%" in page


def test_a_decision_of_a_form_to_come_is_not_taken_for_one_of_today(call: Call, tmp_path: Path) -> None:
    """It may hold what this version does not know; nor is a form that is none."""
    stored = json.loads((STORED / "format-2.json").read_text(encoding="utf-8"))
    for form in (3, 0, True, "2", None):
        stored["decision"]["form"] = form
        (tmp_path / "d.json").write_text(json.dumps(stored), encoding="utf-8")
        code, out, err = call("replay", str(tmp_path / "d.json"), "-o", "html")
        assert (code, out, "and this version knows those up to 2" in err) == (2, "", True), form


def _row(stored: Any) -> Any:
    return stored["decision"]["policies"][0]["rules"][2]["groups"][0]["rows"][0]


FORGED_PICTURES = {
    "a group that was missed": lambda s: _row(s).update(standing="met"),
    "a group's value": lambda s: _row(s).update(value=0.99),
    "a gauge": lambda s: s["decision"]["policies"][0]["rules"][0]["gauge"].update(bound=0.1),
    "the champion's side": lambda s: s["decision"]["beside"][0].update(comparing="better"),
    "the author": lambda s: s["decision"]["about"]["author"].update(value="eve", trust="ci"),
    "the form": lambda s: s["decision"].update(form=1),
    "the program that decided": lambda s: s["decision"].update(engine="0.1.0, as the auditor saw"),
}


@pytest.mark.parametrize("what", FORGED_PICTURES)
def test_of_a_forged_picture_no_page_is_made(call: Call, tmp_path: Path, what: str) -> None:
    """What is drawn is decided again and compared like the verdict; the page of an earlier run does not stay."""
    stored = json.loads((STORED / "format-2.json").read_text(encoding="utf-8"))
    assert "Denied: fraud@4" in _page_of(call, STORED / "format-2.json", tmp_path)
    FORGED_PICTURES[what](stored)
    (tmp_path / "d.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, _ = call("replay", str(tmp_path / "d.json"), "-o", f"html={tmp_path / 'page.html'}")

    assert (code, "same" in out) == (2 if what == "the program that decided" else 1, False)
    assert "<title>Not decided</title>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_of_several_of_which_one_is_forged_nothing_is_shown(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that leaves one out would look whole."""
    monkeypatch.chdir(ROOT)
    stored = _stored(call, tmp_path / "all.json", ARRESTS)
    stored["decisions"][2]["decision"]["verdict"] = "allow"
    (tmp_path / "all.json").write_text(json.dumps(stored), encoding="utf-8")

    code, out, err = call("replay", str(tmp_path / "all.json"), "-o", "html")

    assert (code, out) == (1, "")
    assert "differs  arrests@3: allow then, deny now" in err


# ---------------------------------------------------------------- from the ledger


def _told(text: str) -> dict[str, str]:
    found = re.findall(r"<dt>(Ledger|Signed by the gate|Head of the log)</dt><dd>(.*?)</dd>", text)
    return {name: re.sub("<[^>]*>", "", value) for name, value in found}


def test_a_decision_is_shown_by_its_entry_and_by_the_proof_beside_its_model(call: Call, allowed: Path) -> None:
    """The page of a decision that was made in March: by the number that `policy history` tells, or the file at the model."""
    project_ledger = ledger_of(allowed)
    key, head = call("ledger", "key")[1].strip(), project_ledger.checkpoint()
    expected = {"Ledger": "entry 7", "Signed by the gate": key}
    proof = proof_file(allowed)
    for decision in ("7", str(proof), f"./{proof.relative_to(allowed)}"):
        code, out, err = call("replay", decision, "-o", "html")
        assert (code, err) == (0, "")
        told = _told(out)
        assert told.pop("Head of the log").endswith(f", {head.size} entries")
        assert told == expected
    assert call("replay", "7")[:2] == (0, "same  fraud@4: allow\n")
    assert "Ledger: entry 7" in call("replay", "7", "-o", "markdown")[1]


def test_a_page_that_is_made_when_it_is_logged_says_where(call: Call, allowed: Path) -> None:
    """Entry, key and head are those of the answer; without `--log` the page says that nothing was logged."""
    check = ("check", "models/fraud/4.yaml", "--to", "production", "-o", "html")
    assert _told(call(*check)[1]) == {"Ledger": "this decision was not logged"}

    told = _told(call(*check, "--log")[1])
    last = ledger_of(allowed).checkpoint()
    assert told["Ledger"] == f"entry {last.size - 1}"
    assert told["Signed by the gate"] == call("ledger", "key")[1].strip()
    assert told["Head of the log"].endswith(f", {last.size} entries")


def test_what_is_no_decision_of_this_ledger_is_not_replayed(call: Call, allowed: Path, tmp_path: Path) -> None:
    """Another kind of entry, none at all, another ledger's proof, a proof that does not read, and a text that is gone."""
    proof = proof_file(allowed)
    assert call("replay", str(proof))[0] == 0
    value = json.loads(proof.read_text())
    told = proofs.read_tlog_proof(value["proof"])
    forged = {
        "type": value["type"],
        "proof": proofs.tlog_proof(replace(told, text=told.text.replace("fraud", "freud"))),
    }
    write(tmp_path / "forged.decision.json", json.dumps(forged))
    write(tmp_path / "odd.decision.json", json.dumps({"type": value["type"], "proof": "x"}))
    cases = {
        "4": (2, "entry 4 is no decision, but of the kind request"),
        "99": (2, "there is no entry 99"),
        str(tmp_path / "forged.decision.json"): (2, "entry 7 of this ledger is not the one that the file proves"),
        str(tmp_path / "odd.decision.json"): (2, "no stored decision: no proof after"),
    }
    for decision, (code, why) in cases.items():
        found = call("replay", decision, "-o", "html")
        assert (found[0], found[1], why in found[2]) == (code, "", True), (decision, found)

    (allowed / ".letpass/ledger.db").rename(tmp_path / "elsewhere.db")
    code, out, err = call("replay", str(proof))
    assert (code, out, "whose text lies in the ledger, and there is no ledger here" in err) == (4, "", True)
