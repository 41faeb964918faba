"""The runbooks: every command of docs/operations.md is run where its trouble is, and prints what the page shows."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from letpass.ledger import catalog, schema
from tests.cli import office
from tests.cli.test_ledger_root import ahead
from tests.docs.blocks import ROOT, RUNBOOKS, Block, steps
from tests.docs.test_walkthroughs import missing, walk
from tests.integration import disks, postgres
from tests.integration.writer import acknowledged
from tests.ledger.test_migration import as_before

pytestmark = pytest.mark.once

SECTIONS = steps(RUNBOOKS)
LEDGER = ".letpass/ledger.db"
SIGNED = tuple(f"policy sign models/fraud/4.yaml --role validator --key {name}" for name in ("vera", "vito"))
OWNED = "policy sign policies --role policy-owner --key ~/.ssh/id_ed25519"


class Scene:
    """A project in which two validators have signed, and what of the outside belongs to it until the test is over."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.environment: dict[str, str] = {}
        self.primary: postgres.Server | None = None

    def run(self, *commands: str) -> str:
        """Run commands, and give what they print."""
        block = Block(RUNBOOKS, 0, "console", "".join(f"$ {command}\n" for command in commands))
        return "".join(text for _, _, text in walk([block], self.folder, **self.environment))

    def log(self, version: int = 4) -> None:
        """Log a decision; the first one begins the ledger."""
        said = self.run(f"policy check models/fraud/{version}.yaml --to production --log")
        assert f"logged: fraud@{version} as entry " in said, said

    def back_up(self) -> None:
        """A copy of the ledger in `backup/`, as the runbook makes it."""
        assert self.run(f"mkdir backup; sqlite3 {LEDGER} \"VACUUM INTO 'backup/ledger.db'\"") == ""

    def bend(self, *statements: str) -> None:
        """What somebody with the file does."""
        with closing(sqlite3.connect(self.folder / LEDGER, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def obey(self, heading: str) -> None:
        """Run a section of the page: what it shows is printed, and a command below which nothing stands prints nothing."""
        done = walk(SECTIONS[heading], self.folder, 300, **self.environment)
        assert missing(done) == []
        assert [(command, text) for command, shown, text in done if not shown and text] == []

    def server(self, of: postgres.Server | None = None) -> postgres.Server:
        """A server of PostgreSQL, until the test is over."""
        if postgres.programs() is None:
            pytest.skip("there is no PostgreSQL server: install Debian's package postgresql")
        made = postgres.Server(of=of)
        self.stack.callback(made.end)
        return made


# ---------------------------------------------------------------- troubles, on SQLite


def begun(scene: Scene) -> None:
    """Entries 0 to 7, the last of them a decision."""
    scene.run(OWNED)
    scene.log()


def written_to(scene: Scene) -> None:
    """Somebody writes all the time."""
    begun(scene)
    acks = scene.folder / "acks"
    key = scene.folder / ".letpass/gate.key"
    command = [sys.executable, "-m", "tests.integration.writer", str(scene.folder / LEDGER), str(key), "w", str(acks)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    scene.stack.enter_context(_running(command, environment))
    while len(acknowledged(acks)) < 3:
        time.sleep(0.05)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield
            assert process.poll() is None, "the writer left by itself"
        finally:
            process.kill()


def gone(scene: Scene) -> None:
    """The disk is lost, and there is a backup."""
    begun(scene)
    scene.obey("Backup: SQLite")
    shutil.rmtree(scene.folder / ".letpass")


def of_an_earlier_layout(scene: Scene) -> None:
    begun(scene)
    as_before(scene.folder / LEDGER)


def of_a_later_layout(scene: Scene) -> None:
    """To this version, which is the old one here."""
    begun(scene)
    scene.back_up()
    scene.bend(f"PRAGMA user_version = {schema.VERSION + 1}")


def without_its_key(scene: Scene) -> None:
    begun(scene)
    (scene.folder / ".letpass/gate.key").unlink()


def with_an_entry_of_the_future(scene: Scene) -> None:
    begun(scene)
    assert ahead(scene.folder)[0] == 8


def on_a_full_disk(scene: Scene) -> None:
    disk = scene.stack.enter_context(disks.small(scene.folder / "disk", "400k"))
    settings = scene.folder / "policy.toml"
    settings.write_text(f'ledger = "disk/ledger.db"\n{settings.read_text()}')
    begun(scene)
    disks.fill(disk, "core.1234")


def in_a_full_project(scene: Scene) -> None:
    disk = scene.stack.enter_context(disks.small(scene.folder.parent / "small", "1m"))
    scene.environment["LETPASS_LEDGER"] = str(scene.folder.parent / "ledger.db")
    scene.folder = Path(shutil.copytree(scene.folder, disk, dirs_exist_ok=True))
    begun(scene)
    disks.fill(disk, "core.1234")


def an_older_copy(scene: Scene) -> None:
    begun(scene)
    scene.back_up()
    scene.log(3)
    shutil.copy(scene.folder / "backup/ledger.db", scene.folder / LEDGER)


def with_an_altered_list(scene: Scene) -> None:
    begun(scene)
    scene.bend("DROP TRIGGER listed_remains", "DELETE FROM listed WHERE idx = 7")


def with_an_altered_entry(scene: Scene) -> None:
    begun(scene)
    scene.back_up()
    scene.bend("DROP TRIGGER entry_stays", "UPDATE entry SET body = replace(body, 'sign-off', 'request') WHERE idx = 5")


# ---------------------------------------------------------------- troubles, on PostgreSQL


def on_a_server(scene: Scene) -> None:
    """An administrator's programs reach it."""
    scene.primary = server = scene.server()
    scene.environment |= {"PGHOST": str(server.folder), "PGUSER": "letpass", "ONE": str(server.folder)}
    scene.environment |= {
        "PATH": os.pathsep.join([str(server.bin), str(Path(sys.executable).parent), os.environ["PATH"]])
    }


def with_roles(scene: Scene) -> None:
    on_a_server(scene)
    scene.obey("Roles of PostgreSQL")


def with_roles_and_an_earlier_layout(scene: Scene) -> None:
    with_roles(scene)
    gone = [f"DROP TABLE {table}" for table in schema.DERIVED]
    older = f"COMMENT ON TABLE head IS '{catalog.MARK}2'"
    assert scene.run(*[f'psql -q -d ledger -c "{statement}"' for statement in (*gone, older)]) == ""


def on_a_full_server(scene: Scene) -> None:
    with_roles(scene)
    assert scene.primary is not None
    disk = scene.stack.enter_context(disks.small(scene.primary.folder / "small", "16m"))
    shutil.chown(disk, postgres.ACCOUNT)
    statements = (
        "ALTER SYSTEM SET autovacuum = off",  # else it might take what every connection needs, and nobody could write that anew
        "SELECT pg_reload_conf()",
        f"CREATE TABLESPACE small LOCATION '{disk}'",
        "ALTER DATABASE ledger SET TABLESPACE small",
    )
    assert scene.run(*[f'psql -q -d postgres -o /dev/null -c "{statement}"' for statement in statements]) == ""
    assert scene.run("LETPASS_LEDGER=postgresql://auditor@/ledger policy ledger verify").startswith("ok  ")
    disks.fill(disk)
    check = "LETPASS_LEDGER=postgresql://gate@/ledger policy check models/fraud/3.yaml --to production --log"
    for _ in range(60):  # what the files of the tables still have room for
        if "no space left on device" in scene.run(check):
            return
    raise AssertionError("the disk is not full")


def with_a_replica(scene: Scene) -> None:
    with_roles(scene)
    scene.environment |= {"TWO": str(scene.server(of=scene.primary).folder)}


def without_its_primary(scene: Scene) -> None:
    with_a_replica(scene)
    scene.obey("A read-only replica")
    assert scene.primary is not None
    scene.primary.crash()


TROUBLES: dict[str, Callable[[Scene], None]] = {
    "Operations": begun,
    "Backup: SQLite": written_to,
    "Restore: SQLite": gone,
    "Upgrade": of_an_earlier_layout,
    "Going back": of_a_later_layout,
    "Another key of the gate": begun,
    "The gate's key is lost": without_its_key,
    "A wrong clock": with_an_entry_of_the_future,
    "Disk full: SQLite": on_a_full_disk,
    "Disk full: the project": in_a_full_project,
    "Lost tail": an_older_copy,
    "An altered list": with_an_altered_list,
    "An altered entry": with_an_altered_entry,
    "Roles of PostgreSQL": on_a_server,
    "Backup and restore: PostgreSQL": with_roles,
    "Upgrade: PostgreSQL": with_roles_and_an_earlier_layout,
    "Disk full: PostgreSQL": on_a_full_server,
    "A read-only replica": with_a_replica,
    "Fail-over": without_its_primary,
}


@pytest.fixture(name="template", scope="module")
def _template(openssh: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, of which each section gets a copy."""
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no `sqlite3`: install Debian's package of that name")
    folder = office.build(tmp_path_factory.mktemp("runbooks") / "office")
    with ExitStack() as stack:
        Scene(folder, stack).run(*SIGNED)
    return folder


@pytest.fixture(name="scene")
def _scene(template: Path, tmp_path: Path) -> Iterator[Scene]:
    with ExitStack() as stack:
        yield Scene(Path(shutil.copytree(template, tmp_path / "office")), stack)


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_runbook_helps_when_it_is_obeyed(scene: Scene, heading: str) -> None:
    """Step by step, in the trouble that it is for."""
    TROUBLES[heading](scene)

    scene.obey(heading)


def test_there_is_no_trouble_without_a_runbook() -> None:
    """And the other way round."""
    assert list(TROUBLES) == list(SECTIONS)
