"""With LETPASS_LOG a command leaves a line on standard error for each decision that it logs, and for each that it could not make."""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from letpass import Gate
from letpass.diagnostics import UnreachableError
from letpass.registries.folder import Folder
from tests.cli.conftest import Call, write
from tests.lifecycle.conftest import PROMOTION, kinds

BY = ("--as", "ops@corp.example")


@pytest.fixture(name="lines")
def _lines(call: Call, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command with lines in JSON: its exit code, and each line without what is another every time."""
    monkeypatch.setenv("LETPASS_LOG", "json")

    def lines(*words: str) -> tuple[int, list[dict[str, Any]]]:
        code, _, err = call(*words)
        found = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        for line in found:
            assert line.pop("at").endswith("Z")
            assert 0 < line.pop("ms") < 60_000
            assert line.pop("level") == ("warning" if line["verdict"] == "error" else "info")
        return code, found

    return lines


def test_a_command_says_what_it_said_before_where_nobody_asks_for_lines(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with them they stand behind it, on standard error alone."""
    silent = call("check", "fraud@3", "--to", "production", "--log")
    monkeypatch.setenv("LETPASS_LOG", "text")
    _, out, err = call("check", "fraud@3", "--to", "production", "--log")

    assert silent[2] == "logged: fraud@3 as entry 0\n"
    assert out.splitlines()[0] == silent[1].splitlines()[0]
    told, line = err.splitlines()
    assert told.startswith("logged: fraud@3 as entry ")
    assert (
        ' letpass info decision door="policy check" verdict=deny what=fraud@3 move="promotion to production" entry='
        in line
    )
    monkeypatch.delenv("LETPASS_LOG")
    assert "verdict" not in call("check", "fraud@3", "--to", "production", "--log")[2]


def test_a_word_that_is_no_form_decides_nothing(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETPASS_LOG", "yaml")

    assert call("promote", "fraud@1", "--to", "production") == (
        2, "", "error: `LETPASS_LOG` is text or json, and not `yaml`\n",
    )  # fmt: skip
    assert kinds() == []


def test_a_denied_move_is_told_with_who_asked_and_the_decision_that_a_build_server_names(
    project: Path, lines: Any, tmp_path: Path
) -> None:
    """Its entry, its id, its exit code."""
    code, (line,) = lines("promote", "fraud@3", "--to", "production", *BY, "-o", f"json-line={tmp_path}/made.json")

    made = json.loads((tmp_path / "made.json").read_text())
    assert (code, line) == (1, {
        "door": "policy promote", "verdict": "deny", "who": "ops@corp.example", "what": "fraud@3",
        "move": "promotion to production", "entry": 0, "decision_id": made["decision_id"], "code": 1,
    })  # fmt: skip


def test_an_allowed_move_is_one_line_and_a_departure_another(project: Path, lines: Any) -> None:
    code, (line,) = lines("promote", "fraud@1", "--to", "production", *BY)
    assert (code, line.pop("decision_id")[:7]) == (0, "sha256:")
    assert line == {
        "door": "policy promote", "verdict": "allow", "who": "ops@corp.example", "what": "fraud@1",
        "move": "promotion to production", "entry": 0, "code": 0,
    }  # fmt: skip

    assert lines("promote", "fraud@1", "--to", "production", *BY) == (0, []), "it is there already: nothing was decided"
    code, found = lines("retire", "fraud@1", "--reason", "it is over", *BY)
    assert (code, found) == (0, [{
        "door": "policy retire", "verdict": "free", "who": "ops@corp.example", "what": "fraud@1", "move": "retirement",
        "entry": kinds().index("move", 4), "code": 0,
    }])  # fmt: skip


def test_a_check_that_logs_has_a_line_for_each_version_and_one_that_does_not_has_none(
    project: Path, lines: Any
) -> None:
    code, found = lines("check", "fraud@1", "fraud@3", "--to", "production", "--log")

    assert (code, [(line["what"], line["verdict"], line["entry"], line["code"]) for line in found]) == (
        1, [("fraud@1", "allow", 0, 1), ("fraud@3", "deny", 1, 1)],
    )  # fmt: skip
    assert lines("check", "fraud@1", "--to", "production") == (0, [])
    assert lines("lint") == (0, [])
    assert lines("show", "fraud@9")[1] == []


def test_a_review_tells_of_what_it_denies_and_archives(project: Path, lines: Any) -> None:
    """The departure has its decision, and needs no line of its own."""
    assert lines("promote", "fraud@1", "--to", "production")[0] == 0
    write(project / "policies/review.policy", 'policy look: "Look"\n  on review\nrequire better: accuracy >= 0.99\n')

    code, found = lines("review", "--apply", *BY)

    assert (code, [(line["what"], line["move"], line["verdict"], line["who"]) for line in found]) == (
        0, [("fraud@1", "review", "deny", "ops@corp.example")],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "move"), [
        (("promote", "fraud@1", "--to", "production", *BY), "promotion to production"),
        (("check", "fraud@1", "--to", "production", "--log"), "promotion to production"),
        (("deploy", "fraud@1", "--endpoint", "eu", *BY), ""),
    ],
)  # fmt: skip
def test_what_could_not_be_decided_is_told_with_the_code_of_the_fault(
    project: Path, lines: Any, words: tuple[str, ...], move: str
) -> None:
    """The ledger is not what it was."""
    assert lines(*words)[0] in {0, 1}
    with sqlite3.connect(project / ".letpass/ledger.db") as connection:
        connection.execute("DROP TRIGGER head_grows")
        connection.execute("UPDATE head SET size = 9")
    connection.close()

    code, (line,) = lines(*words)

    who = {"who": "ops@corp.example"} if BY[0] in words else {}
    assert (code, line) == (4, {
        "door": f"policy {words[0]}", "verdict": "error", **who, "what": "fraud@1", **({"move": move} if move else {}), "code": 4,
        "error": "GATE421",
    })  # fmt: skip


def test_an_allow_whose_move_was_not_made_says_by_which_code(
    project: Path, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision stands in the ledger; the move was overtaken."""

    def overtaken(*_: Any) -> None:
        raise UnreachableError.of("GATE431", "somebody else was faster")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "move", overtaken)
        code, (line,) = lines("promote", "fraud@1", "--to", "production")
    assert (code, line["verdict"], line["entry"], line["code"], line["error"]) == (4, "allow", 0, 4, "GATE431")

    code, (line,) = lines("promote", "fraud@1", "--to", "production")
    assert (code, line["verdict"], line["code"], line.get("error")) == (0, "allow", 0, None)


def test_policies_that_do_not_read_are_told_before_anything_was_asked(project: Path, lines: Any) -> None:
    write(project / "policies/gate.policy", PROMOTION + "require\n")

    for words in (("check", "fraud@1", "--to", "production", "--log"), ("promote", "fraud@1", "--to", "production")):
        code, (line,) = lines(*words)
        assert (code, line["verdict"], line["what"], line["code"], line["error"][:5]) == (
            2,
            "error",
            "fraud@1",
            2,
            "GATE0",
        )


def test_a_version_with_a_hostile_name_forges_no_line(project: Path, lines: Any) -> None:
    """It stands in its record; the line stays one."""
    name = 'x\\n{\\"verdict\\": \\"allow\\"}'
    write(project / "bad.yaml", f'model: "{name}"\nversion: "1"\nmetrics: {{accuracy: 0.1}}\n')

    code, found = lines("check", "bad.yaml", "--to", "production", "--log")

    assert (code, [line["verdict"] for line in found]) == (1, ["deny"])
    assert found[0]["what"] == 'x\\u000a{"verdict": "allow"}@1'


def test_a_program_of_ones_own_reads_lines_of_decisions_that_are_logged(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As its own logging is configured; a decision that is not logged has none."""
    gate = Gate()
    with caplog.at_level(logging.INFO, "letpass"):
        assert not gate.decide("fraud@3", "promotion to production").allowed
        made = gate.decide("fraud@3", "promotion to production", log=True)
        with pytest.raises(ValueError, match="not one version"):
            gate.decide("models", "promotion to production", log=True)
        with sqlite3.connect(project / ".letpass/ledger.db") as connection:
            connection.execute("DROP TRIGGER head_grows")
            connection.execute("UPDATE head SET size = 9")
        connection.close()
        with pytest.raises(UnreachableError):
            gate.decide("fraud@1", "promotion to production", log=True)

    said = [{k: v for k, v in r.letpass.items() if k != "ms"} for r in caplog.records]  # type: ignore[attr-defined]
    to = {"door": "Gate.decide", "move": "promotion to production"}
    assert said == [
        {**to, "verdict": "deny", "what": "fraud@3", "entry": 0, "decision_id": made.id},
        {**to, "verdict": "error", "what": "models"},
        {**to, "verdict": "error", "what": "fraud@1", "error": "GATE421"},
    ]
