"""Named pipes where files are wanted: nobody may ever write into them, and no command waits."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm
from tests.cli.conftest import Call, write

POLICY = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
RECORD = "model: fraud\nversion: '{}'\nmetrics: {{accuracy: 0.95}}\n"
EVIDENCE = '{"facts": {"domain": "credit"}}'
CHECK = ("check", "fraud@1", "--to", "production", "--champion", "none")
SECONDS = 20


@pytest.fixture(name="fraud")
def _fraud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one version that is allowed, and what its commands read."""
    for name, text in {
        "policy.toml": 'registry = "models"\npolicies = ["policies"]\n', "policies/gate.policy": POLICY,
        "models/fraud/1.yaml": RECORD.format(1), "new.json": EVIDENCE,
    }.items():  # fmt: skip
        write(tmp_path / name, text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _policy(*words: str) -> tuple[int, str]:
    """What a command of its own process ends with; it is given some seconds."""
    done = subprocess.run([*warm.command(), *words], capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("record.yaml", ("check", "record.yaml", "--to", "production")),
        ("models/fraud/1.yaml", CHECK),
        ("models/fraud/state.yaml", CHECK),
        ("policies/gate.policy", CHECK),
        ("policies/gate.policy", ("lint", "policies/gate.policy")),
        ("policy.toml", CHECK),
        ("trust.json", CHECK),
        ("new.json", ("evidence", "add", "fraud@1", "new.json")),
        ("decision.json", ("replay", "decision.json")),
        ("a.cases.yaml", ("test", "a.cases.yaml")),
        ("bytes", (*CHECK, "--artifact", "bytes")),
        ("key", ("evidence", "add", "fraud@1", "new.json", "--key", "key")),
        ("champion.yaml", (*CHECK[:-1], "champion.yaml")),
    ],
)
@pytest.mark.parametrize("linked", [False, True], ids=["a pipe", "a link to one"])
def test_a_pipe_is_refused_and_not_waited_for(fraud: Path, place: str, words: tuple[str, ...], linked: bool) -> None:
    """The command had waited for ever, and the pipeline with it."""
    assert _policy(*CHECK)[0] == 0
    path = fraud / place
    path.unlink(missing_ok=True)
    os.mkfifo(fraud / "elsewhere" if linked else path)
    if linked:
        path.symlink_to(fraud / "elsewhere")

    code, said = _policy(*words)

    assert (code, "error" in said.lower(), "Traceback" in said) == (2, True, False), said


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: os.mkfifo(path), "no file"),
        (lambda path: path.mkdir(), "a folder"),
        (lambda path: path.symlink_to("nowhere"), "a link that leads nowhere"),
        (lambda path: path.symlink_to("."), "a linked folder"),
    ],
    ids=["pipe", "folder", "dangling", "linked folder"],
)  # fmt: skip
@pytest.mark.parametrize("folder", ["models", "elsewhere"])
def test_what_is_named_like_a_record_and_is_none_is_told(
    fraud: Path, call: Call, make: object, what: str, folder: str
) -> None:
    """A folder check had passed over it, and the others were allowed."""
    write(fraud / folder / "fraud/1.yaml", RECORD.format(1))
    words = ("check", folder, "--to", "production", "--champion", "none")
    assert call(*words)[0] == 0
    make(fraud / folder / "fraud/2.yaml")  # type: ignore[operator]

    code, out, err = call(*words)

    assert (code, f"`{folder}/fraud/2.yaml` is {what}" in out + err) == (2, True), out + err


def test_in_the_own_folder_of_a_version_anything_may_stand(fraud: Path, call: Call) -> None:
    """Its artifact may hold a folder that is called so."""
    (fraud / "models/fraud/1/parts.yaml").mkdir(parents=True)

    assert call("check", "models", "--to", "production", "--champion", "none")[0] == 0


def test_what_a_shell_puts_in_the_place_of_a_file_is_read(fraud: Path) -> None:
    """`<(…)` is a pipe whose other end is there."""
    policy = shlex.join([sys.executable, "-m", "letpass"])
    for words, code in {
        "check <(cat models/fraud/1.yaml) --to production --champion none": 0,
        "evidence add fraud@1 <(cat new.json) --from record": 0,
        "check <(echo) --to production": 2,
    }.items():
        done = subprocess.run(
            ["bash", "-c", f"{policy} {words}"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
