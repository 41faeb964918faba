"""`policy history` and `show`: what they tell, to the word, and that nothing hostile speaks through them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from letpass.lifecycle import execution
from tests.cli.conftest import signed
from tests.lifecycle.conftest import RECORD, Call, steps, write

BY = ("--as", "ops@corp.example")
TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")


def plain(out: str) -> list[str]:
    """Lines without their times and digests."""
    return [re.sub(r"sha256:\S+|no digest", "DIGEST", TIME.sub("TIME", line)) for line in out.splitlines()]


def moment_of(index: int) -> str:
    """When an entry was logged."""
    from letpass.facts.values import moment

    return next(moment(s.at) for s in steps() if s.index == index)


# ---------------------------------------------------------------- history


def test_history_tells_who_was_where_who_let_it_and_what_was_refused(project: Path, call: Call) -> None:
    """Stays with their decisions, deployments, refusals with who asked."""
    policy = 'policy serve: "Serve"\n  on deployment\nrequire known: author is recorded\n'
    write(project / "policies/serve.policy", policy)
    for arguments in (
        ("promote", "fraud@1", "--to", "production", *BY),
        ("deploy", "fraud@1", "--endpoint", "https://a.corp.example", *BY),
        ("promote", "fraud@2", "--to", "production", *BY),
        ("deploy", "fraud@2", "--endpoint", "https://a.corp.example", "--environment", "eu", *BY),
        ("deploy", "fraud@2", "--endpoint", "https://a.corp.example", *BY),
        ("retire", "fraud@2", "--reason", "too slow", *BY),
    ):
        assert call(*arguments)[0] == 0, arguments
    assert call("promote", "fraud@3", "--to", "production", "--as", "bob@corp.example")[0] == 1

    code, out, err = call("history", "fraud")

    assert (code, err) == (0, "")
    assert plain(out) == [
        "production   fraud@1        TIME – TIME  promotion by ops@corp.example",
        "             decision in entry 0: allow; DIGEST",
        "production   fraud@2        TIME – TIME  promotion by ops@corp.example",
        "             decision in entry 6: allow; DIGEST",
        "archived     fraud@1        TIME – now  archived by fraud@2",
        "             decision in entry 6: allow; DIGEST",
        "archived     fraud@2        TIME – now  retirement by ops@corp.example",
        "             because: too slow",
        "deployed     fraud@1        TIME – TIME  at https://a.corp.example by ops@corp.example",
        "             decision in entry 3: allow; DIGEST",
        "deployed     fraud@2        TIME – TIME  at https://a.corp.example (eu) by ops@corp.example",
        "             decision in entry 9: allow; DIGEST",
        "deployed     fraud@2        TIME – TIME  at https://a.corp.example by ops@corp.example",
        "             decision in entry 12: allow; DIGEST",
        "refused      fraud@3  TIME  promotion to production: deny (entry 17), asked by bob@corp.example",
    ]


def test_history_tells_who_was_in_production_at_a_time(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second in which one came counts for it, the second in which it left does not."""
    from letpass.cli import people

    real = people.now()
    for version, hours in (("1", 1), ("2", 2)):
        monkeypatch.setattr(people, "now", lambda hours=hours: real + hours * 3_600_000_000)
        assert call("promote", f"fraud@{version}", "--to", "production", *BY)[0] == 0
    first, second = moment_of(2), moment_of(5)

    def there(at: str, *more: str) -> list[str]:
        return [line.split()[1] for line in call("history", "fraud", "--at", at, *more)[1].splitlines() if "@" in line]

    assert there(first, "--stage", "production") == ["fraud@1"]
    assert there(second, "--stage", "Production") == ["fraud@2"]
    assert there(second) == ["fraud@2", "fraud@1"]
    assert there("2020-01-01") == []
    code, out, _ = call("history", "fraud", "--at", "2020-01-01", "--stage", "production")
    assert (code, out) == (0, "the ledger `.letpass/ledger.db` shows nobody of fraud in production at that time\n")
    assert call("history", "fraud", "--at", "yesterday")[0] == 2


def test_history_names_those_whose_signatures_counted(office: Path, call: Call) -> None:
    """With the role in which they signed."""
    signed(call, office)
    assert call("promote", "fraud@4", "--to", "production", *BY)[0] == 0

    line = call("history", "fraud", "--stage", "production")[1].splitlines()[1]

    who, _, digest = line.partition("; signed by ")[2].partition("; ")
    assert sorted(who.split(", ")) == ["vera@corp.example as validator", "vito@corp.example as validator"]
    assert digest.startswith("sha256:")


def test_history_tells_moves_that_failed_and_moves_without_an_end(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun is never silent."""
    from letpass.registries.folder import Folder

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    path = project / "models/fraud/1.yaml"
    with monkeypatch.context() as patch:
        real = execution.out
        patch.setattr(execution, "out", lambda *a: (write(path, path.read_text() + "risk: low\n"), real(*a))[1])
        assert call("promote", "fraud@1", "--to", "lab", *BY)[0] == 4
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "move", dies)
        assert call("promote", "fraud@2", "--to", "lab", *BY)[0] == 130

    why = "`models/fraud/1.yaml` was changed or taken away meanwhile"
    assert plain(call("history", "fraud")[1]) == [
        f"failed       fraud@1  TIME  promotion to lab by ops@corp.example: {why}",
        "unfinished   fraud@2  TIME  promotion to lab by ops@corp.example: its end was not logged",
    ]


def test_history_of_a_ledger_that_is_not_there_says_so(project: Path, call: Call) -> None:
    """And of a ledger that is gone it is an error: its head was kept."""
    ledger = project / ".letpass/ledger.db"
    assert call("history", "fraud") == (0, "the ledger `.letpass/ledger.db` is not begun: nothing was moved yet\n", "")

    assert call("promote", "fraud@1", "--to", "lab")[0] == 0
    code, out, err = call("history", "fraud@1")
    assert (code, out, "= help: history is of a model: name it without its version\n" in err) == (2, "", True)
    ledger.unlink()
    code, out, err = call("history", "fraud")
    assert (code, out, "GATE421" in err) == (4, "", True)


HOSTILE = "x\x1b[2J\u202e\nproduction   fraud@9  2026"


def test_no_name_speaks_for_the_program(project: Path, call: Call) -> None:
    """Controls, line ends and turned text in names, endpoints and reasons are shown as what they are, in one line."""
    write(
        project / "policies/serve.policy",
        'policy serve: "Serve"\n  on deployment from any stage\nrequire known: author is recorded\n',
    )
    write(project / "models/fraud/state.yaml", "'2': {stage: \"a\\nb\\e[2J\"}\n")
    assert call("deploy", "fraud@1", "--endpoint", HOSTILE, "--as", HOSTILE)[0] in {0, 2}
    assert call("promote", "fraud@1", "--to", "lab", "--as", HOSTILE)[0] == 0
    assert call("retire", "fraud@1", "--reason", HOSTILE, "--as", HOSTILE)[0] == 0

    for arguments in (("history", "fraud"), ("show", "fraud"), ("show", "fraud@1"), ("show", "fraud@2"), ("runs",), ("history", HOSTILE)):  # fmt: skip
        code, out, err = call(*arguments)
        assert code in {0, 2}, arguments
        assert not re.search(r"[\x1b\u202e]", out + err), arguments
        assert not [line for line in out.splitlines() if line.startswith("production   fraud@9")], arguments


def test_history_of_a_version_without_an_artifact(project: Path, call: Call) -> None:
    """Its decision is about what the record says."""
    write(project / "models/fraud/1.yaml", "model: fraud\nversion: '1'\nmetrics: {accuracy: 0.95}\n")
    assert call("promote", "fraud@1", "--to", "production", *BY)[0] == 0

    assert plain(call("history", "fraud")[1]) == [
        "production   fraud@1        TIME – now  promotion by ops@corp.example",
        "             decision in entry 0: allow",
    ]


# ---------------------------------------------------------------- show


def test_show_tells_what_is_recorded_and_what_lies_beside(office: Path, call: Call) -> None:
    """A version's facts with their units and windows, and the statements about it."""
    assert call("promote", "fraud@4", "--to", "staging")[0] == 0
    seen = "observations: {latency: {value: 30, unit: ms, since: 2026-11-19, until: 2026-11-20, source: probe}}\n"
    write(office / "seen.yaml", seen)
    assert call("observe", "fraud@4", "seen.yaml")[0] == 0
    write(next((office / "models/fraud/4").glob("*.json")).with_name("broken.json"), "{")

    code, out, _ = call("show", "fraud@4")

    lines = plain(out)
    assert (code, lines[:7]) == (0, [
        "fraud@4  in staging  (models)",
        "  author                 anna@corp.example",
        "  artifact.uri           fraud-4.onnx",
        "  artifact.digest        DIGEST",
        "  artifact.size          2000",
        "  metrics                accuracy 0.95",
        "  observations           latency 30 ms since TIME until TIME by probe",
    ])  # fmt: skip
    assert sorted(line.split()[0] for line in lines[7:]) == ["request", "unreadable"]


def test_show_of_a_model_lists_its_versions_and_the_faults_of_others(project: Path, call: Call) -> None:
    """Exit 2 where one does not read, and the others are there all the same."""
    said = "'1': {stage: production, deployments: [{endpoint: e1}]}\n'2': {stage: true}\n"
    write(project / "models/fraud/state.yaml", said)
    write(project / "models/fraud/3.yaml", "model: fraud\nversion: '3'\nmetrics: [oops\n")

    code, out, err = call("show", "fraud")

    assert (code, out.splitlines()) == (2, [
        "fraud@1                   production    no digest             served at e1",
        "fraud@2                   true (not a text)  no digest",
    ])  # fmt: skip
    assert "GATE304" in err
    assert call("show", "fraud@3")[0] == 2
    assert call("show", "froud")[0] == 2
    assert call("show", "models/fraud/1.yaml")[1] == call("show", "fraud@1")[1]


def test_show_finds_models_with_dots_and_slashes_in_their_names(project: Path, call: Call) -> None:
    """A name of the registry comes before a path that is not there."""
    for model in ("team/fraud", "resnet.v1"):
        write(
            project / f"models/{model}/1.yaml",
            RECORD.format(version=1, accuracy=0.9, year=2021).replace("fraud", model, 1),
        )

        assert call("show", model)[:2] == (0, f"{model + '@1':24}  -             no digest\n")
