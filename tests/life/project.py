"""The real thing: a project on disk, whose commands run in this process with the people's keys and a clock of its own."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import io
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from letpass.cli import options, people
from letpass.cli.main import run
from letpass.ledger import note
from letpass.project.configuration import load
from letpass.project.project import Project as Opened
from letpass.trust import signing, statements
from tests.cli.conftest import write
from tests.life.values import ANNA, BOB, ENVIRONMENTS, OWNERS, RITA, SIGNERS, Policies
from tests.trust.keys import SshKey

BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOCUMENTED = {0, 1, 2, 3, 4}
"""The exit codes of docs/commands.md that a command may end with here: neither a defect nor an interrupt."""

RECORD = """model: fraud
version: '{number}'
author: {author}
risk: {risk}
hyperparameters: {{depth: 3}}
metrics: {{accuracy: {{value: {accuracy}, data_set: holdout}}}}
artifact: {{uri: bytes-{bytes}.onnx, digest: "sha256:{digest}"}}
"""
METRIC = 'metric accuracy: ratio, higher is better, on "holdout"\n'
TEXTS = {
    "gate": """policy gate: "Gate"
  on promotion to production
{metric}require good: accuracy >= {gate}
  waivable by role "risk" for 14 days
require better: accuracy >= champion.accuracy
  when there is a champion
require signed: signed by 2 in role "validator" other than author
  when risk >= high
""",
    "rollback": """policy rollback: "Rollback"
  on rollback to production
{metric}require sane: accuracy >= 0.5
""",
    "staging": """policy staging: "Staging"
  on promotion to staging
{metric}require staged: accuracy >= 0.6
""",
    "registration": """policy registration: "Registration"
  on registration
{metric}require trained: accuracy >= 0.5
""",
    "deployment": """policy deployment: "Deployment"
  on deployment
require serving: stage is production or stage is staging
require checked: passed "Fairness Check"
""",
    "review": """policy review: "Review"
  on review
require reliable: observations.error_rate <= 1%
""",
}
LISTED = "".join(("[environments]\n", *(f'{name} = "{stage}"\n' for name, stage in ENVIRONMENTS.items())))
JUNIT = """<testsuites><testsuite name="pytest" tests="2" failures="{failures}" errors="0" timestamp="{at}">
<testcase name="a" classname="t"/><testcase name="b" classname="t">{failure}</testcase></testsuite></testsuites>
"""


ONCE: tuple[tuple[Any, str, Any], ...] = tuple(
    (owner, name, functools.lru_cache(5000)(getattr(owner, name)))
    for owner, name in (
        (note, "parse"), (note, "read"), (note, "signed_by"), (statements, "read"),
    )
)  # fmt: skip
"""Functions of texts alone, each with what it has found."""


class Killed(BaseException):
    """What ends the process between two steps of a move: no `except Exception` of the program sees it."""


def key_of(name: str) -> SshKey:
    """The key of a name, the same in every run, so that a failure is found again."""
    key = SshKey()
    key.private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"life of {name}".encode()).digest())
    return key


KEYS = {name: key_of(name) for name in (*OWNERS, *SIGNERS, RITA, BOB)}
BY_LINE = {key.line: key for key in KEYS.values()}


class Clock:
    """The clock of the project, which stands still but for `pass_`."""

    def __init__(self) -> None:
        self.at = BEGIN

    def now(self, zone: object = None) -> datetime:
        return self.at

    def pass_(self, **much: float) -> None:
        self.at += timedelta(**much)

    @property
    def text(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def days(self, many: int) -> str:
        return (self.at + timedelta(days=many)).strftime("%Y-%m-%d")


def sign_here(path: Path, key: Any, message: bytes, namespace: str) -> bytes:
    """A person's signature as `ssh-keygen` makes it, without its process."""
    return BY_LINE[key.line].sign(namespace, message)


@contextlib.contextmanager
def fast(clock: Clock) -> Iterator[None]:
    """The program with this clock, keys in memory, names that are the same in every run, and no wait for disks.

    What one command reads anew that another has read, texts that say the same whenever they are read, is read once.
    """
    number = iter(range(10**9))

    def named(size: int = 16) -> str:
        return hashlib.sha256(f"life {next(number)}".encode()).hexdigest()[: 2 * size]

    class Shim:
        now = staticmethod(clock.now)

    with contextlib.ExitStack() as stack:
        patches: tuple[tuple[Any, str, Any], ...] = (
            (options, "datetime", Shim), (people, "mail", lambda: "ops@corp.example"), (signing, "by_person", sign_here),
            (secrets, "token_hex", named), (os, "fsync", lambda _: None),
        )  # fmt: skip
        for owner, name, value in patches:
            stack.enter_context(patched(owner, name, value))
        for owner, name, value in ONCE:
            stack.enter_context(patched(owner, name, value))
        yield


@contextlib.contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """An attribute that is another one for a while."""
    real = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, real)


@contextlib.contextmanager
def before(owner: Any, name: str, act: Callable[..., object]) -> Iterator[None]:
    """Something happens once, right before a function runs; it is told with what the function was called."""
    real, left = getattr(owner, name), [act]

    def then(*args: Any, **kwargs: Any) -> Any:
        if left:
            left.pop()(*args, **kwargs)
        return real(*args, **kwargs)

    with patched(owner, name, then):
        yield


def kill(*_: Any, **__: Any) -> None:
    """End the process here."""
    raise Killed


def place() -> Path:
    """A new folder, in memory where the machine has that."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="letpass-life-", dir=memory if memory.is_dir() else None)).resolve()


class Project:
    """A project with a folder registry and a ledger in SQLite, which is the working directory.

    Every method that runs a command gives its exit code; `said` is what the last one has printed, `asked` its words.
    """

    settings = ""
    registry = "models"
    files = True
    """Does the registry lie in files, which a training run, and whoever can write them, brings there."""

    def __init__(self, owners: int, clock: Clock) -> None:
        self.owners, self.clock, self.said, self.asked = owners, clock, "", ()
        self.folder = place()
        self.log: list[str] = []
        self._before = Path.cwd(), dict(os.environ)
        os.chdir(self.folder)
        os.environ["HOME"] = str(self.folder)
        for name in [n for n in os.environ if n.startswith("LETPASS_") or n in {"NO_COLOR", "FORCE_COLOR"}]:
            del os.environ[name]

    @staticmethod
    def clocks(clock: Clock) -> contextlib.AbstractContextManager[object]:
        """What else goes by the project's clock."""
        return contextlib.nullcontext(clock)

    def close(self) -> None:
        """Go back to where the tests are, and take the project away."""
        os.chdir(self._before[0])
        os.environ.clear()
        os.environ.update(self._before[1])
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------ commands

    def run(self, *arguments: str) -> int:
        """The exit code of a command, which is a documented one."""
        self.clock.pass_(seconds=30)
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = int(run(list(arguments)))
            except Exception as error:
                raise AssertionError(f"exit code 70 of `policy {' '.join(arguments)}`: {error!r}") from error
        self.said, self.asked = said.getvalue(), arguments
        self.log.append(f"{code}  policy {' '.join(arguments)}")
        assert code in DOCUMENTED, self.told(code)
        return code

    def done(self, *arguments: str) -> None:
        """Run a command that must end with 0."""
        code = self.run(*arguments)
        assert code == 0, self.told(code)

    def told(self, code: int) -> str:
        """The last command with all that it said, and what came before it, for people who read a failure."""
        before = "\n".join(self.log)
        return f"`policy {' '.join(self.asked)}` ended with {code} at {self.clock.text}:\n{self.said}\n{before}"

    # ------------------------------------------------------------ the project's files

    def begin(self) -> None:
        """Make the project, with a trust file in force where somebody owns its policies."""
        write(self.folder / "policy.toml", f'registry = "{self.registry}"\n{self.settings}{LISTED}')
        if not self.owners:
            return
        for name, key in KEYS.items():
            private = key.private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            write(self.folder / f"keys/{name}", private)
            write(self.folder / f"keys/{name}.pub", f"{key.line}\n")
        root = OWNERS[0]
        self.done("trust", "init", "--bare", "--root", f"{root}=keys/{root}.pub", "--key", f"keys/{root}")
        for name in (*OWNERS[1:], *SIGNERS, RITA, BOB):
            self.done("trust", "add", "person", name, "--key", f"keys/{name}.pub")
        self.done("trust", "add", "person", ANNA)
        self.done("trust", "add", "role", "validator", *[f"--member={n}" for n in SIGNERS])
        self.done("trust", "add", "role", "risk", f"--member={RITA}")
        owners = [f"--member={n}" for n in OWNERS[: self.owners]]
        self.done("trust", "add", "role", "policy-owner", *owners, "--threshold", str(self.owners))
        self.done("ledger", "key")
        self.done("trust", "add", "ledger", self.said.strip())
        self.sign_trust()

    def copied(self, of: Path) -> None:
        """Begin as a copy of a project that was begun."""
        shutil.copytree(of, self.folder, dirs_exist_ok=True)

    def sign_trust(self) -> None:
        """Put the next version of the trust file in force."""
        self.done("trust", "sign", "--key", f"keys/{OWNERS[0]}")

    def write_policies(self, policies: Policies) -> None:
        """The policies of the project, as files; what is not among them is deleted."""
        for name, text in TEXTS.items():
            path = self.folder / f"policies/{name}.policy"
            if policies.has(name):
                write(path, text.format(metric=METRIC, gate=policies.gate))
            else:
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def tampered(self, file: str, text: str | None) -> Iterator[None]:
        """A file of the project that says something else for a while, or is not there."""
        path = self.folder / file
        kept = path.read_bytes()
        if text is None:
            path.unlink()
        else:
            path.write_text(text)
        try:
            yield
        finally:
            path.write_bytes(kept)

    @contextlib.contextmanager
    def tampering(self, what: str, bytes_: int) -> Iterator[None]:
        """Something that decides is another thing for a while: nothing may be allowed then."""
        file, text = {
            "trust": ("trust.json", "{}"),
            "trust is gone": ("trust.json", None),
            "policy.toml": ("policy.toml", f'registry = "{self.registry}"\npolicies = ["nowhere"]\n{self.settings}'),
            "bytes": (self.artifact(bytes_), "something else"),
            "registry is gone": (f"{self.registry}/.registry", None),
            "another registry": (f"{self.registry}/.registry", f"registry-{'0' * 32}\n"),
            "a policy": ("policies/deployment.policy", "policy deployment: \n"),
            "ledger": (".letpass/ledger.db", None),
        }[what]
        with self.tampered(file, text):
            yield

    @contextlib.contextmanager
    def killed(self, *, moved: bool) -> Iterator[None]:
        """The process ends where the registry makes its move: before it, or right behind it."""
        owner, name = self.mover()
        real = getattr(owner, name)

        def then(*args: Any, **kwargs: Any) -> Any:
            if moved:
                real(*args, **kwargs)
            raise Killed

        with patched(owner, name, then):
            yield

    def report(self, *, failed: bool) -> str:
        """A report of a test suite that has just run; its file."""
        failure = '<failure message="x"/>' if failed else ""
        write(self.folder / "results.xml", JUNIT.format(failures=int(failed), failure=failure, at=self.clock.text))
        return "results.xml"

    def observed(self, rate: float) -> str:
        """What was measured in production until now; its file."""
        since = (self.clock.at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        said = {"observations": {"error_rate": {"value": rate, "since": since, "until": self.clock.text}}}
        write(self.folder / "observed.yaml", json.dumps(said))
        return "observed.yaml"

    # ------------------------------------------------------------ the registry, by hand

    def _record(self, number: int) -> Path:
        return self.folder / f"models/fraud/{number}.yaml"

    def create(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> str:
        """A record that a training run has written, outside of the registry; what registers it."""
        digest = hashlib.sha256(self._bytes(bytes_)).hexdigest()
        text = RECORD.format(number=number, accuracy=accuracy, risk=risk, author=author, bytes=bytes_, digest=digest)
        write(self.folder / f"new/{number}.yaml", text)
        return f"new/{number}.yaml"

    def _bytes(self, number: int) -> bytes:
        path = self.folder / f"bytes-{number}.onnx"
        data = f"bytes {number}".encode()
        if not path.exists():
            write(path, data)
        return data

    def put(self, number: int, accuracy: float, risk: str, author: str, bytes_: int) -> None:
        """A version that somebody writes into the registry, past every command."""
        shutil.move(self.folder / self.create(number, accuracy, risk, author, bytes_), self._record(number))

    def copy(self, number: int, new: int) -> None:
        """The record of a version under another number, without what lies beside it."""
        text = self._record(number).read_text()
        write(self._record(new), text.replace(f"version: '{number}'", f"version: '{new}'", 1))

    def aside(self, number: int, old: float, new: float) -> str:
        """A copy of a version's record in another folder, which may say another accuracy; its file."""
        text = self._record(number).read_text().replace(f"value: {old}", f"value: {new}", 1)
        write(self.folder / f"aside/{number}.yaml", text)
        return f"aside/{number}.yaml"

    def edit(self, number: int, field: str, old: object, new: object) -> None:
        """Another value of a field in the record of a version, by hand."""
        path = self._record(number)
        text, wanted = path.read_text(), f"{field}: {old}"
        assert wanted in text
        path.write_text(text.replace(wanted, f"{field}: {new}", 1))

    def rebuild(self, number: int, old: int, new: int) -> None:
        """Other bytes under the name of a version, and their digest in its record."""
        path, digests = self._record(number), [hashlib.sha256(self._bytes(n)).hexdigest() for n in (old, new)]
        text = path.read_text().replace(f"bytes-{old}.onnx", f"bytes-{new}.onnx").replace(*digests)
        path.write_text(text)

    def delete(self, number: int) -> None:
        """A version's record and all that lies beside it are gone."""
        self._record(number).unlink()
        shutil.rmtree(self.folder / f"models/fraud/{number}", ignore_errors=True)

    def artifact(self, bytes_: int) -> str:
        """The file of an artifact."""
        return f"bytes-{bytes_}.onnx"

    def statement(self, path: str, number: int) -> tuple[str, ...]:
        """What names a request to `policy sign`; nothing where it lies beside the version no more."""
        return (path,) if (self.folder / path).exists() else ()

    def take_away(self, number: int) -> None:
        """What people said lies beside the version no more; the gate's own files stay."""
        for path in (self.folder / f"models/fraud/{number}").glob("*.json"):
            if path.name.split(".", 1)[1] in {"json", "objection.json"}:
                path.unlink()

    def _state(self) -> dict[str, dict[str, Any]]:
        path = self.folder / "models/fraud/state.yaml"
        return (yaml.load(path.read_text(), yaml.CSafeLoader) or {}) if path.exists() else {}

    def stages(self) -> dict[int, str]:
        """Which version is in which stage, by the registry; those that never were in one are left out."""
        return {int(n): str(said["stage"]) for n, said in self._state().items() if "stage" in said}

    def hand_move(self, number: int, stage: str) -> None:
        """Somebody writes a stage into the registry, past every gate."""
        state = self._state()
        state.setdefault(str(number), {})["stage"] = stage
        write(self.folder / "models/fraud/state.yaml", yaml.safe_dump(state))

    def mover(self) -> tuple[Any, str]:
        """The function by which the registry makes a move, as owner and name."""
        from letpass.registries.folder import Folder

        return Folder, "move"

    # ------------------------------------------------------------ the ledger

    def entries(self) -> list[Mapping[str, Any]]:
        """What the ledger holds, in order: kind, model, version, data, and of a statement what it says."""
        ledger = Opened(load()).ledger.reader()
        return [] if ledger is None else [json.loads(e.text) for e in ledger.entries()]


def template(project: type[Project], owners: int) -> Path:
    """A project that was begun, to be copied."""
    clock = Clock()
    with fast(clock):
        made = project(owners, clock)
        made.begin()
        kept = place()
        atexit.register(shutil.rmtree, kept, ignore_errors=True)
        shutil.copytree(made.folder, kept, dirs_exist_ok=True)
        made.close()
    return kept
