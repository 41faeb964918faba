"""The life of a small company that leaves a file of each format: what it signs, logs, decides and moves.

Its keys are made for it and thrown away: no file that stays holds one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli import office
from tests.cli.office import policy, write
from tests.formats import reading

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "policies"
OWNER = "home/.ssh/id_ed25519"
LAB = 'policy lab: "Lab"\n  on promotion to lab\nrequire there: accuracy >= 0.5\n'
JUDGED = datetime(2026, 3, 2, 12, tzinfo=UTC)


def folder(version: str) -> Path:
    """Where the files of a version are kept."""
    return HERE / version


def make(version: str) -> Path:
    """Make the files of a version, and what is read of them; the folder."""
    with tempfile.TemporaryDirectory() as temporary, alone(Path(temporary)):
        made = Path(temporary, version)
        company(made / "company")
        records(made / "records")
        time.sleep(1.1)  # so that the second of now is behind all that was signed
        at = datetime.now(UTC)
        write(made / "at.txt", f"{at:%Y-%m-%dT%H:%M:%SZ}\n")
        found = reading.read(made, Path(temporary, "read"))
        write(made / "read.json", json.dumps(found, indent=1, sort_keys=True) + "\n")
        shutil.copytree(made, folder(version))
    return folder(version)


def company(project: Path) -> None:
    """A project with a trust file, a ledger, each kind of statement that a person or a service signs, and a model in production."""
    office.build(project)
    with contextlib.chdir(project):
        os.environ["HOME"] = str(project / "home")
        for number, accuracy in ((1, 0.93), (2, 0.92), (5, 0.96)):
            _version(number, accuracy)
        write(Path("models/fraud/state.yaml"), '"1": {stage: production}\n')
        policy("attest", "models/fraud/4.yaml", "results.xml", "--suite", "Fairness Check", "--key", "ci.pem")
        _policies()
        _words()
        _signed("fraud@4")
        policy("promote", "fraud@4", "--to", "production")
        _signed("fraud@5")
        policy("check", "fraud@5", "--to", "production", "--log")
        policy("promote", "fraud@3", "--to", "production")
        policy("revoke", "fraud@2", "--reason", "trained on leaked labels", "--key", OWNER, "--log")
        policy("standing", "--all")
        _another_key()
    _without_keys(project)


def records(project: Path) -> None:
    """Records of every section, judged by the library's policies of the time; what was decided, in each form for programs."""
    for name in ("promotion", "shared"):
        shutil.copytree(LIBRARY / name, project / "policies" / name, ignore=shutil.ignore_patterns("*.yaml"))
    for name, source in (("7.yaml", "shared/candidate.base.yaml"), ("6.yaml", "promotion/champion.base.yaml")):
        text = (LIBRARY / source).read_text(encoding="utf-8")
        write(project / "models" / name, text)
    words = ("check", "models/7.yaml", "--champion", "models/6.yaml", "--to", "production", f"--at={JUDGED:%FT%TZ}")
    with contextlib.chdir(project):
        policy(*words, "-o", "json=decision.json", "-o", "json-line=decision.line")


def _version(number: int, accuracy: float) -> None:
    data = write(Path(f"fraud-{number}.onnx"), f"bytes {number}").read_bytes()
    text = office.RECORD.format(version=number, accuracy=accuracy, digest=hashlib.sha256(data).hexdigest())
    write(Path(f"models/fraud/{number}.yaml"), text)


def _signed(model: str) -> None:
    """Asked for, and signed by as many as the policies ask for."""
    policy("request", model, "--to", "production", "--key", "bob")
    for name in ("vera", "vito"):
        policy("sign", model, "--role", "validator", "--key", name)


def _policies() -> None:
    """Two sets are signed one after the other; what the first one gated besides is ungated."""
    lab = write(Path("policies/lab.policy"), LAB)
    policy("sign", "policies", "--key", OWNER)
    lab.unlink()
    policy("sign", "policies", "--key", OWNER, "--because", "the lab has gone")
    policy("ungate", "lab", "--reason", "the lab has gone", "--key", OWNER, "--log")


def _words() -> None:
    """What people and services say of versions before the move."""
    until = f"{datetime.now(UTC) + timedelta(days=9):%F}"
    why = ("--reason", "it served before the gate was there")
    policy("adopt", "fraud@1", "--to", "production", *why, "--key", OWNER, "--log")
    policy("evidence", "begin", "fraud@4", "--suite", "Load Test", "--key", "ci.pem", "--log")
    policy("evidence", "add", "fraud@4", "results.xml", "--suite", "Unit Tests")
    policy(
        "waive", "gate/good", "fraud@3", "--to", "production", "--until", until, "--reason", "a pilot", "--key", OWNER
    )
    against = ("--to", "production", "--role", "validator", "--reason", "a gap between groups")
    policy("reject", "fraud@4", *against, "--key", "vera", "--log")
    policy("withdraw", "fraud@4", "--key", "vera")
    policy("reject", "fraud@3", *against, "--key", "vito", "--log")
    policy("lift", "fraud@3", "--reason", "it was another data set", "--key", OWNER, "--log")


def _another_key() -> None:
    """The gate signs with another key from here on."""
    policy("trust", "add", "ledger", policy("ledger", "key", "--next").strip())
    policy("trust", "sign", "--key", OWNER)
    policy("ledger", "rotate-key", "--reason", "a new machine")


def _without_keys(project: Path) -> None:
    """Take away keys and what they were made of; the ledger is copied, with what SQLite holds beside it, to where git keeps it."""
    with (
        closing(sqlite3.connect(project / ".letpass/ledger.db")) as old,
        closing(sqlite3.connect(project / "ledger.db")) as new,
    ):
        old.backup(new)
    text = (project / "policy.toml").read_text(encoding="utf-8")
    write(project / "policy.toml", f'ledger = "ledger.db"\n{text}')
    for name in ("home", ".letpass"):
        shutil.rmtree(project / name)
    for name in ("bob", "vera", "vito", "vera-2027", "ci"):
        for path in (project / name, project / f"{name}.pub", project / f"{name}.pem"):
            path.unlink(missing_ok=True)
    (project / "people.csv").unlink()


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nothing of this machine's settings reaches the commands, and they change none."""
    before = dict(os.environ)
    for name in [n for n in os.environ if n.startswith("LETPASS_")]:
        del os.environ[name]
    os.environ["HOME"] = str(home)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
