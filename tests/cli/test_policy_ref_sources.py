"""`--policy-ref`: every file that a decision reads, and that a change cannot bring it; the honest twin is judged first.

The table stands in docs/ci.md.  What the working tree says of a version's state is in `test_policy_ref_state.py`, what
people signed in `test_policy_ref_trust.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from letpass.project import commits
from letpass.project.project import Project
from tests import warm
from tests.cli.conftest import RECORD, Call, write
from tests.cli.repository import PROTECTED, WEAK, change, checkout, commit, git

TO = ("--to", "production")
REF = (*TO, "--policy-ref", PROTECTED)
DENIED, ALLOWED = "models/fraud/2.yaml", "models/fraud/1.yaml"


@pytest.fixture(name="main")
def _main(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A change is checked out that has changed nothing yet."""
    main = checkout(tmp_path, monkeypatch)
    change(main)
    return main


CODE = "import sys\nfrom letpass.evaluation import decision\nsys.stderr.write('brought code ran')\nsys.exit(0)\n"
PLUGIN = "[letpass.evidence]\nevil = evil:read\n[letpass.registries]\nevil = evil:make\n"
INFO = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"
BROUGHT = {
    "policies": {"policies/gate.policy": WEAK},
    "more policies": {"policies/zz.policy": WEAK.replace("policy gate", "policy zz")},
    "policy.toml": {"policy.toml": "policies = ['easy']\n", "easy/gate.policy": WEAK},
    "pyproject.toml": {"pyproject.toml": "[tool.letpass]\npolicies = ['easy']\n", "easy/gate.policy": WEAK},
    "policies' cases": {"policies/gate.cases.yaml": "- {record: {accuracy: 0.5}, verdict: allow}\n"},
    "policies' signatures": {"policies/signatures/1.json": "{}"},
    "trust file": {"trust.json": "{}"},
    "checkpoint": {"ledger.checkpoint": "letpass/gate\n0\n"},
    "the registry's name": {"models/.registry": "registry-0000\n"},
    "state": {"models/fraud/state.yaml": "'2': {stage: production}\n"},
    "a champion": {"models/fraud/0.yaml": RECORD.format(0, "0.1"), "models/fraud/state.yaml": "'0': {stage: production}\n"},
    "statements": {"models/fraud/2/1.json": "{}", "models/fraud/2/1.objection.json": "{}"},
    "a proof": {"models/fraud/2/1.decision.json": "{}", "models/fraud/2/1.standing.json": "{}"},
    "attributes": {".gitattributes": "* export-subst filter=evil text eol=crlf\n*.policy export-ignore\n"},
    "names of authors": {".mailmap": "Anna <anna@corp.example> <vera@corp.example>\n"},
    "git's settings": {".gitconfig": "[core]\n\tfsmonitor = ./evil\n", ".gitmodules": "[submodule \"x\"]\n\tpath = policies\n"},
    "people": {"people.csv": "name,mail\nEve,eve@corp.example\n"},
    "templates": {"templates/page.html.j2": "ALLOWED\n", "reports/templates/markdown.md.j2": "ALLOWED\n"},
    "environment files": {
        ".env": "LETPASS_LEDGER=/dev/null\nLETPASS_CONFIG=easy.toml\n", ".netrc": "machine x\n", "easy.toml": "policies = ['easy']\n",
        ".pgpass": "*:*:*:*:x\n", "pg_service.conf": "[x]\n", ".pg_service.conf": "[x]\n", "setup.cfg": "[x]\n",
        "alembic.ini": "[x]\n", ".mlflow/credentials": "[x]\n", "logging.ini": "[x]\n", "openssl.cnf": "x\n",
    },
    "modules": {
        f"{name}.py": CODE
        for name in ("sitecustomize", "usercustomize", "letpass/__init__", "click", "yaml", "lark", "json", "sqlite3", "mlflow", "evil")
    },
    "a plug-in": {
        "evil.py": CODE, "evil-1.0.dist-info/METADATA": INFO, "evil-1.0.dist-info/entry_points.txt": PLUGIN,
        "evil.egg-info/PKG-INFO": INFO, "evil.egg-info/entry_points.txt": PLUGIN, "evil.pth": "import evil\n",
    },
}  # fmt: skip
"""Files of a change, by what they would decide."""


def program(folder: Path, *arguments: str, loaded: bool = False) -> tuple[int, str, str]:
    """The installed program in a folder, as a pipeline calls it: no folder of modules is named.

    `loaded`: before anything was brought to the folder, so that nothing of it can be loaded.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    source = Path(commits.__file__).parents[2]
    done = subprocess.run(
        [*(warm.command() if loaded else [Path(sys.executable).parent / "policy"]), *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**kept, "PYTHONPATH": str(source), "HOME": str(folder)},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("what", BROUGHT)
def test_a_change_brings_nothing_that_decides(main: Path, what: str) -> None:
    """Both versions are judged as before it, to the byte of the decision."""

    def told(*, loaded: bool) -> list[tuple[int, object]]:
        found = []
        for path in (ALLOWED, DENIED):
            code, out, err = program(main, "check", path, *REF, "-o", "json", loaded=loaded)
            assert "brought code ran" not in out + err
            read = json.loads(out)
            found.append((code, {**read["decision"], "now": "", "digests": {}}))
        return found

    before = told(loaded=True)
    assert [code for code, _ in before] == [0, 1]
    for name, text in BROUGHT[what].items():
        write(main / name, text)
    git(main, "add", "--all", "--force")
    commit(main)

    assert told(loaded=False) == before


def opened(folder: Path, *arguments: str, **environment: str) -> tuple[int, set[str]]:
    """The code of a command, and which files of its working directory Python opened for it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    source, seen = Path(commits.__file__).parents[2], folder.parent / "seen"
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("watched.py"), seen, *arguments], cwd=folder, capture_output=True, text=True,
        check=False, env={**kept, "PYTHONPATH": str(source), "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip
    return done.returncode, set(seen.read_text(encoding="utf-8").split("\n")) - {""}


def test_nothing_else_of_the_working_directory_is_opened(main: Path) -> None:
    """Of all that a change may bring the record, with its model's state, which the commit's replaces; else the policies too."""
    for name, text in {
        n: t for what in ("environment files", "people", "templates", "attributes") for n, t in BROUGHT[what].items()
    }.items():
        write(main / name, text)
    write(main / "models/fraud/1/1.json", "{}")
    commit(main)

    code, seen = opened(main, "check", ALLOWED, *REF, "-q")
    assert (code, seen) == (0, {ALLOWED, "models/fraud/state.yaml"})
    code, seen = opened(main, "check", ALLOWED, *TO, "-q")
    assert (code, seen) == (0, {ALLOWED, DENIED, "models/fraud/state.yaml", "policies/gate.policy"})


@pytest.mark.parametrize("kind", ["evidence", "registry"])
def test_a_plug_in_of_the_change_is_not_found(main: Path, kind: str) -> None:
    """Not even where the protected branch names one: what is installed counts, and not what lies in the checkout."""
    written = "plugins = ['evil']\n" + ("registry = 'evil://x'\n" if kind == "registry" else "")
    write(main / "policy.toml", written)
    git(main, "update-ref", PROTECTED, commit(main))
    before = program(main, "check", ALLOWED, *REF, "-q")
    for name, text in BROUGHT["a plug-in"].items():
        write(main / name, text)
    git(main, "add", "--all", "--force")
    commit(main)

    assert (before[0], program(main, "check", ALLOWED, *REF, "-q")) == (2 if kind == "registry" else 0, before)


@pytest.mark.parametrize(
    ("address", "brought"),
    [
        ("mlflow+sqlite:///m.db", "m.db"),
        ("mlflow+sqlite:///m.db?timeout=5", "m.db"),
        ("mlflow+sqlite+pysqlite:///m.db", "m.db"),
        ("mlflow+sqlite:///file:m.db?uri=true", "m.db"),
        ("mlflow+sqlite:///{top}/m.db", "m.db"),
        ("mlflow+sqlite:///m.db", "m.db-wal"),
        ("mlflow+sqlite:///kept/../m.db", "m.db"),
        ("mlflow+mlruns", "mlruns/0/meta.yaml"),
        ("mlflow+./mlruns", "mlruns/0/meta.yaml"),
        ("mlflow+file:mlruns", "mlruns/0/meta.yaml"),
        ("mlflow+file://{top}/mlruns", "mlruns/0/meta.yaml"),
    ],
)
def test_a_store_of_mlflow_that_came_with_the_change_decides_nothing(
    main: Path, call: Call, address: str, brought: str
) -> None:
    """Who holds what, and which version there is, would be the change's to say."""
    write(main / "policy.toml", f"registry = '{address.format(top=main)}'\n")
    git(main, "update-ref", PROTECTED, commit(main))
    write(main / brought, "not of the change: git does not know it")
    write(main / ".gitignore", f"{brought}\n")
    assert f"`{brought}` came with" not in call("check", DENIED, *REF, "-q")[2]
    (main / ".gitignore").unlink()
    if brought == "m.db-wal":  # MLflow makes the database that it is asked for, and takes its log away
        (main / "m.db").unlink(missing_ok=True)
        write(main / brought, "of the change")
    commit(main)

    code, out, err = call("check", DENIED, *REF)
    assert (code, out) == (2, "")
    assert f"`{brought}` came with the commit that is checked out, and the gate would believe it" in err
    assert "name MLflow's server as the registry" in err


def test_a_store_of_mlflow_behind_a_link_of_the_change_decides_nothing(main: Path, call: Call) -> None:
    """A linked folder, and a link to a file that git tracks."""
    write(main / "policy.toml", "registry = 'mlflow+sqlite:///store/m.db'\n")
    git(main, "update-ref", PROTECTED, commit(main))
    write(main / "kept/m.db", "")
    (main / "store").symlink_to("kept")
    commit(main)

    assert "came with the commit that is checked out" in call("check", DENIED, *REF)[2]


def test_a_registrys_name_is_the_commits(main: Path) -> None:
    """What the owners have signed it under; a change that writes another one changes none."""
    names = [f"registry-{digit * 32}" for digit in "12"]
    write(main / "models/.registry", f"{names[0]}\n")
    git(main, "update-ref", PROTECTED, commit(main))
    write(main / "models/.registry", f"{names[1]}\n")
    commit(main)

    with commits.opened(PROTECTED) as (_, configuration):
        assert Project(configuration).registry.identity() == names[0]


def test_the_artifacts_bytes_are_the_changes_and_must_be_those_of_the_record(main: Path, call: Call) -> None:
    """They are what is judged: other bytes than the record of the commit names are held back."""
    import hashlib

    write(main / "model.onnx", "weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    text = RECORD.format(1, "0.95") + f"artifact: {{uri: model.onnx, digest: 'sha256:{digest}'}}\n"
    write(main / ALLOWED, text)
    git(main, "update-ref", PROTECTED, commit(main))
    assert call("check", ALLOWED, *REF, "-q")[0] == 0

    write(main / "model.onnx", "other weights")
    code, out, _ = call("check", ALLOWED, *REF)
    assert (code, "GATE404" in out) == (3, True)
    write(main / ALLOWED, text.replace(digest, hashlib.sha256(b"other weights").hexdigest()))
    assert call("check", ALLOWED, *REF, "-q")[0] == 2
