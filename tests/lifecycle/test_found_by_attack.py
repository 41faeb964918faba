"""Ways past the folder registry's gate that were found by attack, and answers of hostile servers."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from letpass.registries.folder import Folder
from tests.lifecycle.conftest import RECORD, Call, state, write

PROMOTE = ("promote", "fraud@3", "--to", "production")


def test_two_files_of_one_version_are_none(project: Path, call: Call) -> None:
    """A JSON twin was judged, and the YAML record was in production when it had gone."""
    twin = {"model": "fraud", "version": "3", "metrics": {"accuracy": 0.99}}
    write(project / "models/fraud/3.json", json.dumps(twin))

    for model in ("fraud@3", "models/fraud/3.json", "models/fraud/3.yaml"):
        code, _, err = call("promote", model, "--to", "production")
        assert (code, "are one version" in err) == (2, True), model
    assert state(project) == {}


@pytest.mark.parametrize("version", ["production", "Production", "champion", "archived"])
def test_no_version_is_called_like_a_stage(project: Path, call: Call, version: str) -> None:
    """`fraud@production` must mean the version that is there."""
    write(project / "policy.toml", '[aliases]\nproduction = ["champion"]\n')
    write(project / "new.yaml", RECORD.format(version=version, accuracy=0.99, year=2024))

    assert call("register", "new.yaml")[0] == 2
    assert not (project / f"models/fraud/{version}.yaml").exists()


@pytest.mark.parametrize("word", ["production", "Production", "champion", "lab"])
def test_a_version_that_is_called_like_a_stage_is_not_taken_for_who_holds_it(
    project: Path, call: Call, word: str
) -> None:
    """One that was written by hand took the words that were meant for the champion: the champion stayed, and exit 0 said that it had left."""
    write(project / "policy.toml", '[aliases]\nproduction = ["champion"]\n')
    write(project / "models/fraud/state.yaml", '"3": {stage: lab}\n' if word == "lab" else '"3": {stage: production}\n')
    assert "fraud@3" in call("show", f"fraud@{word}")[1]
    write(project / f"models/fraud/{word}.yaml", RECORD.format(version=word, accuracy=0.99, year=2024))

    for command in (("show",), ("check", "--to", "production"), ("retire", "--reason", "x"), ("verify",)):
        code, _, err = call(command[0], f"fraud@{word}", *command[1:])
        assert (code, "is not one version: one is called so, and fraud@3 holds the stage" in err) == (2, True), command
    assert "fraud@3" in call("show", "fraud@3")[1]
    assert "in no stage" in call("show", f"models/fraud/{word}.yaml")[1]


def test_a_name_is_of_one_model_and_one_version(project: Path, call: Call) -> None:
    """`fraud@x@1` was the version `x@1` of one model where it was registered, and `1` of another where it was asked for."""
    write(project / "new.yaml", RECORD.format(version="x@1", accuracy=0.99, year=2024))
    write(project / "other.json", json.dumps({"model": "fraud@x", "version": "1"}))
    assert call("register", "other.json")[0] == 0
    assert "fraud@x@1" in call("show", "fraud@x@1")[1]

    code, _, err = call("register", "new.yaml")
    assert (code, "`x@1` has an `@`" in err) == (2, True)
    write(project / "models/fraud/x@1.yaml", (project / "new.yaml").read_text())
    assert Folder(project / "models", "models", {}).kept("fraud", "x@1") is None


@pytest.mark.parametrize("name", ["x.json", "x.decision.json", "x.standing.json"])
def test_what_lies_beside_a_new_version_and_is_no_file_is_told(project: Path, call: Call, name: str) -> None:
    """A link for a decision was called a ledger that cannot be written, exit 4, and left the registration without an end."""
    write(project / "new/7.yaml", RECORD.format(version=7, accuracy=0.99, year=2024))
    (project / "new/7").mkdir()
    (project / "new/7" / name).symlink_to("/etc/hostname")

    code, _, err = call("register", "new/7.yaml")
    assert (code, f"cannot read `new/7/{name}`: it is a link" in err) == (2, True)
    assert not (project / "models/fraud/7.yaml").exists()
    (project / "new/7" / name).unlink()
    assert call("register", "new/7.yaml")[0] == 0


@pytest.mark.parametrize("field", ["deployments: [{endpoint: e}]", "observations: {error_rate: 0}", "stage: lab"])
def test_a_new_version_says_nothing_that_only_moves_say(project: Path, call: Call, field: str) -> None:
    """Where it is served, and how it behaves there."""
    write(project / "new.yaml", RECORD.format(version=9, accuracy=0.99, year=2024) + field + "\n")

    code, _, err = call("register", "new.yaml")

    assert (code, "` itself" in err) == (2, True)


@pytest.mark.parametrize(
    "stage", ["production ", "production\n", " production", "productıon", "prod\u00aduction", "a/b", ""]
)
def test_a_stage_that_only_looks_like_one_is_refused(project: Path, call: Call, stage: str) -> None:
    """Nobody who reads a listing could tell them apart."""
    assert call("promote", "fraud@3", "--to", stage)[0] == 2
    assert state(project) == {}


def test_a_model_does_not_lie_where_the_statements_of_a_version_do(project: Path, call: Call) -> None:
    """A record there was taken for a decision or a statement."""
    write(project / "new.json", json.dumps({"model": "fraud/1", "version": "abc.decision"}))

    code, _, err = call("register", "new.json")

    assert (code, "is where the statements of `fraud@1` lie" in err) == (2, True)


def test_a_decision_on_a_record_without_bytes_is_readable(project: Path, call: Call) -> None:
    """It ended `history`, `verify` and every later promotion with a defect."""
    write(
        project / "policies/serve.policy",
        'policy serve: "S"\n  on deployment from any stage\nrequire known: author is recorded\n',
    )
    write(project / "models/m/1.yaml", "model: m\nversion: '1'\nauthor: anna\nmetrics: {accuracy: 0.99}\n")
    assert call("deploy", "m@1", "--endpoint", "e")[0] == 0

    assert call("history", "m")[0] == 0
    assert call("verify", "m@1", "--on", "deployment")[0] == 0
    assert call("promote", "m@1", "--to", "production")[0] == 0


def test_a_version_without_known_bytes_was_never_anywhere(project: Path, call: Call) -> None:
    """Another record under its name would come back under the rollback's shorter rules."""
    write(
        project / "policies/back.policy",
        'policy back: "B"\n  on rollback to production\nrequire k: author is recorded\n',
    )
    record = "model: m\nversion: '1'\nauthor: anna\nmetrics: {{accuracy: {}}}\n"
    write(project / "models/m/1.yaml", record.format(0.99))
    assert call("promote", "m@1", "--to", "production")[0] == 0
    assert call("retire", "m@1", "--reason", "it is over")[0] == 0
    write(project / "models/m/1.yaml", record.format(0.1))

    code, out, _ = call("promote", "m@1", "--to", "production")

    assert (code, out.startswith("DENIED  m@1 → promotion to production")) == (1, True)


def test_names_move_no_cursor_in_a_listing(project: Path, call: Call) -> None:
    """An escape in a version's name forged a row."""
    write(project / "models/fraud/x.yaml", '{model: fraud, version: "a\\e[31m\\nb"}\n')

    _, out, _ = call("show", "fraud")

    assert "\x1b" not in out
    assert len([line for line in out.splitlines() if line.startswith("b")]) == 0


def test_a_begun_move_is_not_ended_by_hand_after_another_word(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after it was begun, denied since, and then written into the state file by somebody."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "move", dies)
        assert call("promote", "fraud@1", "--to", "production")[0] == 130
    policy = project / "policies/gate.policy"
    write(policy, policy.read_text().replace("0.9", "0.99"))
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")

    code, out, _ = call("promote", "fraud@1", "--to", "production")

    assert (code, out.startswith("DENIED")) == (1, True)


def test_a_linked_record_hides_no_champion(project: Path, call: Call) -> None:
    """It was not seen in its stage, and two versions were in production."""
    assert call("promote", "fraud@1", "--to", "production")[0] == 0
    record = project / "models/fraud/1.yaml"
    record.rename(project / "elsewhere.yaml")
    record.symlink_to(project / "elsewhere.yaml")

    assert call("promote", "fraud@2", "--to", "production")[0] == 0

    assert state(project) == {"1": {"stage": "archived"}, "2": {"stage": "production"}}


def test_a_linked_folder_of_a_model_is_a_fault(project: Path, call: Call) -> None:
    """A review passed it by."""
    write(project / "policies/review.policy", 'policy r: "R"\n  on review\nrequire k: author is recorded\n')
    (project / "models/fraud").rename(project / "away")
    (project / "models/fraud").symlink_to(project / "away")

    code, out, err = call("review")

    assert (code, "is a linked folder" in out + err) == (2, True)


def test_a_pipe_for_a_state_file_hangs_nobody(project: Path, call: Call) -> None:
    """Every command that read the model waited for somebody to write."""
    os.mkfifo(project / "models/fraud/state.yaml")

    assert call("check", "fraud@1", "--to", "production")[0] == 2


@pytest.mark.parametrize("model", ["fraud@" + "x" * 300, "x" * 300 + "@1"])
def test_a_name_that_no_file_can_have_names_nothing(project: Path, call: Call, model: str) -> None:
    """It was told as a full disk."""
    assert call("check", model, "--to", "production")[0] == 2


# ---------------------------------------------------------------- servers that lie


@contextmanager
def _server(answers: dict[str, tuple[int, object]]) -> Iterator[str]:
    """A server that answers every call whose path holds a key; all others with an empty mapping."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            path = self.path + self.rfile.read(size).decode()
            status, body = next((a for key, a in answers.items() if key in path), (200, {}))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"mlflow+http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


VERSION = {
    "model_version": {"name": "m", "version": "1", "creation_timestamp": 1, "current_stage": "None", "source": "x"}
}
GATE = {"error_code": "PERMISSION_DENIED", "message": "gate: x", "letpass": {"gate": "1", "stages": ["production"]}}


def _asked(project: Path, call: Call, alias: tuple[int, object]) -> tuple[int, str, str]:
    answers: dict[str, tuple[int, object]] = {
        "letpass.gate.judgement": (403, GATE),
        "registered-models/alias": alias,
        "model-versions/get-download-uri": (200, {"artifact_uri": ""}),
        "model-versions/get": (200, VERSION),
        "registered-models/get": (200, {"registered_model": {"name": "m"}}),
    }
    with _server(answers) as name:
        write(project / "policy.toml", f'registry = "{name}"\n')
        return call("promote", "m@1", "--to", "production", "-otext", "-ojson=out.json", "-omarkdown=out.md")


def test_a_server_that_only_says_yes_is_not_believed(project: Path, call: Call) -> None:
    """Without a decision that allows this move, and the version in the stage, it is no allow."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")

    code, out, err = _asked(project, call, (200, {}))

    assert (code, out) == (4, "")
    assert "the server said yes, and `m@1` is not in `production`" in err


@pytest.mark.parametrize(
    "decision",
    ["1e999", '{"a": "\\ud800"}', '{"k": 1' + "0" * 400 + "}", "[" * 900 + "]" * 900, "null", '"\\u001b[31m"'],
    ids=["infinite", "surrogate", "huge", "deep", "null", "escape"],
)
def test_what_a_server_says_of_its_refusal_is_a_strangers_text(project: Path, call: Call, decision: str) -> None:
    """Whatever it holds, the answer is no, and no cursor moves."""
    pytest.importorskip("mlflow", reason="the extra `mlflow` is not installed")
    reports = json.dumps({"text": "DENIED \x1b[2J\u202e", "markdown": "x\ud800"})
    body = f'{{"error_code": "PERMISSION_DENIED", "message": "gate: \\u001b[31m no", "letpass": {{"verdict": "deny", "reports": {reports}, "decision": {decision}}}}}'

    code, out, err = _asked(project, call, (403, body.encode()))

    assert code in {1, 4}
    assert not [c for c in out + err if c in "\x1b\u202e"]


def test_a_file_that_is_called_like_a_model_is_not_shown_in_its_place(project: Path, call: Call) -> None:
    """It said that a version of its own was in production."""
    shown = call("show", "fraud")[1]
    assert shown.startswith("fraud@1 ")
    write(project / "fraud", RECORD.format(version=9, accuracy=0.99, year=2024) + "stage: production\n")

    assert call("show", "fraud")[1] == shown
    assert call("show", "./fraud")[1].startswith("fraud@9  in production  (a file)")
    (project / "fraud").rename(project / "other")
    assert call("show", "other")[1].startswith("fraud@9")
