"""What a shell is told that completes a command, by the protocol of each shell, and one real bash."""

from __future__ import annotations

import os
import re
import select
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from letpass.cli import completion
from letpass.cli.main import cli, run
from letpass.reports import FORMATS
from tests.cli.conftest import ROOT, environ, write

BREAKS = " \t\n\"'@><=;|&(:"
"""Where bash takes a line apart, unless it is told otherwise."""
Complete = Callable[..., list[str]]
POLICY = """policy gate: "Gate"
  on promotion to production
  on promotion to staging
metric recall: ratio
require good: accuracy >= 0.9
require signed: signed by 1 in role "validator"
advise quick: recall >= 0.5
"""


@pytest.fixture(name="complete")
def _complete(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Complete:
    """What is told to a shell behind a line: in bash `TYPE,VALUE` of what takes the place of the word's last part."""

    def complete(line: str, shell: str = "bash", **more: str) -> list[str]:
        words = line.split(" ")
        told = {
            "bash": {"COMP_LINE": line, "COMP_POINT": str(len(line.encode())), "COMP_WORDBREAKS": BREAKS},
            "zsh": {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)},
            "fish": {"COMP_WORDS": line, "COMP_CWORD": words[-1]},
            "words": {"COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)},
        }[shell]
        shell = "bash" if shell == "words" else shell
        with monkeypatch.context() as patch:
            for name, value in {**told, "_POLICY_COMPLETE": f"{shell}_complete", **more}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["policy"])
            assert run([]) == 0
        out, err = capfdbinary.readouterr()
        assert err == b""
        return out.decode().splitlines()

    return complete


def _values(lines: list[str]) -> list[str]:
    return [line.removeprefix("plain,") for line in lines if line.startswith("plain,")]


@pytest.fixture(name="full")
def _full(project: Path) -> Path:
    """A project with names of every kind that files tell."""
    write(project / "policies/gate.policy", POLICY)
    write(project / "policy.toml", 'aliases = {production = ["champion"]}\nenvironments = {eu-west = "production"}\n')
    write(project / "models/corp/churn/7.json", '{"model": "corp/churn", "version": "7"}')
    write(project / "models/fraud/state.yaml", "'1': {stage: production}\n")
    write(project / "models/fraud/1.decision.json", "{}")
    write(project / "models/fraud/1/0123.json", "{}")
    return project


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("policy check ", ["corp/churn@7", "fraud@1", "fraud@2", "fraud@3"]),
        ("policy check fr", ["fraud@1", "fraud@2", "fraud@3"]),
        ("policy check fraud@", ["@1", "@2", "@3", "@champion", "@production", "@staging"]),
        ("policy check fraud@1 corp/", ["corp/churn@7"]),
        ("policy check --champion n", ["none"]),
        ("policy check --champion=fraud@1", ["@1"]),
        ("policy eval accuracy fraud@2", ["@2"]),
        ("policy show fr", ["fraud", "fraud@1", "fraud@2", "fraud@3"]),
        ("policy history ", ["corp/churn", "fraud"]),
        ("policy promote fraud@1 --to ", ["champion", "production", "staging"]),
        ("policy promote fraud@1 --to=pro", ["production"]),
        ("policy ungate ", ["champion", "production", "registration", "staging"]),
        ("policy deploy fraud@1 --environment ", ["eu-west"]),
        ("policy sign fraud@1 --role ", ["validator"]),
        ("policy sign pol", ["policies"]),
        ("policy waive ", ["gate/good", "gate/quick", "gate/signed"]),
        ("policy waive gate/good fraud@3", ["@3"]),
        ("policy explain --formula gate/q", ["gate/quick"]),
        ("policy explain GATE30", [f"GATE30{n}" for n in range(10)]),
        ("policy check fraud@1 -o ", sorted(FORMATS)),
        ("policy check fraud@1 --output=ht", ["html"]),
        ("policy reconcile -o ", ["json", "text"]),
        ("policy waive gate/good fraud@1 -o ", ["concise", "json", "markdown", "text"]),
        ("policy check fraud@1 -o html=pol", ["policies/", "policy.toml"]),
        ("policy evidence add fraud@1 x --from metric", ["metric-frame"]),
        ("policy evidence remove fraud@1 --metric ", ["recall"]),
        ("policy ledger list --kind re", ["recovery", "refusal", "request", "revocation"]),
        ("policy trust add ro", ["role"]),
        ("policy review --ci gi", ["github", "gitlab"]),
        ("policy ch", ["check"]),
        ("policy evidence ", ["add", "begin", "formats", "remove"]),
        (
            "policy check 'fraud@",
            ["fraud@1", "fraud@2", "fraud@3", "fraud@champion", "fraud@production", "fraud@staging"],
        ),
        ("policy check --at ", []),
        ("policy check fraud@1 --suite", []),
    ],
)
def test_names_are_completed_where_they_are_asked_for(
    full: Path, complete: Complete, line: str, values: list[str]
) -> None:
    """Behind `@`, `=` and `:` bash takes the last part of a word alone, an `@` with it; within quotation marks the whole of it."""
    assert _values(complete(line)) == values


def test_people_and_services_are_those_of_the_trust_file(office: Path, complete: Complete) -> None:
    """Whose keys they are, nobody looks at: nothing rests on what is offered."""
    people = _values(complete("policy trust remove person "))
    roles = _values(complete("policy trust remove role "))

    assert people != []
    assert all("@" in name for name in people)
    assert "root" in roles
    assert set(people) < set(_values(complete("policy trust revoke ")))
    assert _values(complete("policy trust remove member root ")) == people


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_are_given_whole_words(full: Path, complete: Complete, shell: str) -> None:
    """They take no word apart, so that what goes on from `fraud@` and from `--to=` is told with it."""
    told = {
        line: [
            each
            for each in "\n".join(complete(line, shell)).replace("plain\n", "plain,").split("\n")
            if each.startswith("plain,")
        ]
        for line in (
            "policy check fraud@",
            "policy promote fraud@1 --to=p",
            "policy check x -o html=policy",
            "policy explain GATE201",
        )
    }

    assert [_values(found) for found in told.values()] == [
        ["fraud@1", "fraud@2", "fraud@3", "fraud@champion", "fraud@production", "fraud@staging"],
        ["--to=production"],
        ["html=policy.toml"],
        ["GATE201"],
    ]


def test_bash_is_answered_by_its_words_too(full: Path, complete: Complete) -> None:
    """As the script of click's own asks, which somebody may have kept in a file."""
    assert _values(complete("policy promote fraud@1 --to pro", "words")) == ["production"]
    assert _values(complete("policy waive gate/g", "words")) == ["gate/good"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("policy check models/fr", ["file,models/fr"]),
        ("policy check ./fraud@", ["file,./fraud@"]),
        ("policy check fraud@1 -p ", ["file,"]),
        ("policy check fraud@1 --reports ", ["dir,"]),
        ("policy lint pol", ["file,pol"]),
        ("policy evidence add fraud@1 fair", ["file,fair"]),
        ("policy sign fraud@1 --key ~/.ssh/", ["file,~/.ssh/"]),
        ("policy replay ", ["file,"]),
    ],
)
def test_files_are_left_to_the_shell_where_they_are_meant(
    full: Path, complete: Complete, line: str, told: list[str]
) -> None:
    """A shell knows better how to list and to quote them."""
    assert complete(line) == told


def _parameters(command: click.Command, path: str = "policy") -> Iterator[tuple[str, click.Command, click.Parameter]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _parameters(found, f"{path} {name}")
        return
    for parameter in command.params:
        yield path, command, parameter


FREE = {
    *("TEXT", "TIME", "DATE", "DIGEST", "VALUE", "EXPR", "ADDRESS", "URL", "GLOB", "PERCENT", "TYPE", "RUN"),
    *("METRIC=UNIT", "METRIC=EXPR", "I/N[=PATH]", "SHA256:…", "PERSON=KEY.pub", "TOOL"),
}
"""What whoever types knows, and no list."""


def test_every_text_of_every_command_is_completed_or_free() -> None:
    """An option that is new is completed by its metavar, or says by it that nobody has a list."""
    named = {"--suite", "--tool", "--data-set", "--fact", "--field", "--name"}
    left = {
        f"{path} {'/'.join(p.opts)} {p.metavar}"
        for path, command, p in _parameters(cli)
        if isinstance(p.type, click.types.StringParamType)
        and not getattr(p, "is_flag", False)
        and completion.asks(command, p) is None
        if p.metavar not in FREE and not named & set(p.opts)
    }

    assert left == set()


# ---------------------------------------------------------------- what is broken or hostile


def _broken(project: Path, what: str) -> None:
    texts = {
        "settings": ("policy.toml", b"registry = [\n"),
        "odd": (
            "policy.toml",
            b'registry = 3\npolicies = "x"\naliases = 1\nprotected = {}\nenvironments = []\ntrust = 4\n',
        ),
        "policies": ("policies/gate.policy", b"policy \xff\xfe: require\n\0"),
        "trust": ("trust.json", b'{"versions": [{"payload": "!!"}]}'),
        "list": ("trust.json", b"[1, 2"),
    }
    if what == "gone":
        shutil.rmtree(project / "models")
        shutil.rmtree(project / "policies")
        return
    name, data = texts[what]
    write(project / name, data)


@pytest.mark.parametrize("what", ["settings", "odd", "policies", "trust", "list", "gone"])
def test_a_broken_project_completes_nothing_and_says_nothing(project: Path, complete: Complete, what: str) -> None:
    """A shell shows what is written to standard error in the middle of a line."""
    _broken(project, what)

    for line in (
        "check f",
        "promote x --to ",
        "sign x --role ",
        "waive ",
        "trust remove person ",
        "history ",
        "check x -o html=/nowhere/",
        "deploy x --environment ",
    ):
        complete(f"policy {line}")
    assert _values(complete("policy che")) == ["check"]
    assert _values(complete("policy check x -o tex")) == ["text"]


@pytest.mark.parametrize(
    "line",
    [
        "policy nosuch ",
        "policy check --nosuch ",
        "policy check 'a \"",
        "policy  ",
        "",
        "policy check \\",
        "policy check é\x00".replace("\x00", ""),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_line_that_is_none_completes_nothing(project: Path, complete: Complete, line: str, shell: str) -> None:
    """Half a line may be anything."""
    complete(line, shell)
    complete(line, shell, COMP_POINT="x", COMP_CWORD="x")


def test_a_name_that_a_shell_would_read_otherwise_is_not_offered(project: Path, complete: Complete) -> None:
    """Somebody else's folder may be called like a command: whoever completes and presses Enter would run it."""
    for name in ("$(touch x)", "a b", "a;b", "`x`", "-rf", "~root", "#x", "a\nb", "a,b", "*", "good"):
        write(project / f"models/{name}/1.yaml", "{}")
    write(
        project / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to "$(touch x)"\n  on promotion to staging\n',
    )

    assert _values(complete("policy history ")) == ["fraud", "good"]
    assert _values(complete("policy promote fraud@1 --to ")) == ["production", "staging"]


def test_many_versions_are_completed_model_by_model(project: Path, complete: Complete) -> None:
    """Nobody reads a thousand lines: the models come first, and their versions behind the `@`."""
    for number in range(150):
        write(project / f"models/many/{number}.yaml", "{}")

    assert _values(complete("policy check ")) == ["fraud@", "many@"]
    assert _values(complete("policy check many@14")) == [f"@{n}" for n in sorted(["14", *map(str, range(140, 150))])]


def test_a_server_is_not_asked(project: Path, complete: Complete) -> None:
    """A shell waits for the answer, and a registry far away may take its time."""
    write(project / "policy.toml", 'registry = "mlflow+http://127.0.0.1:9"\n')

    assert _values(complete("policy history ")) == []


def test_settings_are_those_of_the_project_around(
    full: Path, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a folder within it, from a pyproject.toml, and where LETPASS_CONFIG names it; `-p` names other policies."""
    inside, before = full / "policies", _values(complete("policy check fraud@1 --to "))
    write(full / "other.policy", 'policy other: "Other"\n  on promotion to canary\nrequire a: accuracy >= 1\n')
    assert "canary" in _values(complete("policy check -p other.policy fraud@1 --to "))
    monkeypatch.chdir(inside)
    assert _values(complete("policy check fraud@1 --to ")) == before
    monkeypatch.chdir("/")
    monkeypatch.setenv("LETPASS_CONFIG", str(full / "policy.toml"))
    assert _values(complete("policy history ")) == ["corp/churn", "fraud"]
    monkeypatch.delenv("LETPASS_CONFIG")
    (full / "policy.toml").unlink()
    (full / "models").rename(full / "registry")
    write(full / "pyproject.toml", '[tool.letpass]\nregistry = "registry"\n')
    monkeypatch.chdir(full)
    assert _values(complete("policy history ")) == ["corp/churn", "fraud"]


# ---------------------------------------------------------------- a real shell


class Typed:
    """A bash on a terminal, into which somebody types."""

    def __init__(self, folder: Path) -> None:
        import pty

        env = environ(PS1="$ ", TERM="dumb", PATH=f"{folder / 'bin'}:{os.environ['PATH']}", INPUTRC="/dev/null")
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(str(shutil.which("bash")), ["bash", "--norc", "--noprofile", "-i"], env)

    def type(self, keys: str, until: str) -> str:
        """What comes after keys, up to what a pattern finds in it."""
        os.write(self.file, keys.encode())
        found, end = "", time.monotonic() + 30
        while not re.search(until, found):
            assert time.monotonic() < end, found
            if select.select([self.file], [], [], 0.05)[0]:
                found += os.read(self.file, 65536).decode(errors="replace")
        return found

    def close(self) -> None:
        os.write(self.file, b"\x15exit\n")
        os.close(self.file)
        os.waitpid(self.pid, 0)


@pytest.mark.once
def test_a_real_bash_completes_what_is_typed(full: Path) -> None:
    """A version behind its `@`, an option's value behind its `=`, a path, and a rule: each line comes out whole when it is run."""
    script = f'#!/bin/sh\nexec "{sys.executable}" -m letpass "$@"\n'.replace(
        "-m letpass", f'"{full / "bin/policy.py"}"'
    )
    write(full / "bin/policy", script).chmod(0o755)
    write(full / "bin/policy.py", 'import sys\nsys.argv[0] = "policy"\nfrom letpass.__main__ import main\nmain()\n')
    bash = Typed(full)
    try:
        bash.type('bind "set bell-style none"\n', r"style none\"\r\n.*\$ ")
        bash.type('eval "$(_POLICY_COMPLETE=bash_source policy)"; policy() { echo "<$*>"; }\n', r"\}\r\n\$ ")
        lines = {
            "policy check fraud@3\t-q": "check fraud@3 -q",
            "policy check cor\t-q": "check corp/churn@7 -q",
            "policy check --champion=fraud@2\t-q": "check --champion=fraud@2 -q",
            "policy promote fraud@1 --to=pro\t-q": "promote fraud@1 --to=production -q",
            "policy check 'fraud@2\t-q": "check fraud@2 -q",
            "policy check models/fraud/3\t-q": "check models/fraud/3.yaml -q",
            "policy waive gate/go\t-q": "waive gate/good -q",
            "policy check x -o html=policy.\t-q": "check x -o html=policy.toml -q",
        }
        ran = {line: re.search(r"<(.*)>", bash.type(f"{line}\n", r"<.*>\r\n\$ ")) for line in lines}
    finally:
        bash.close()

    assert {line: found[1] for line, found in ran.items() if found} == lines


@pytest.mark.parametrize(
    ("shell", "begins"),
    [("bash", "_policy_completion() {"), ("zsh", "#compdef policy"), ("fish", "function _policy_completion;")],
)
def test_each_shell_is_given_its_script(
    shell: str, begins: str, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """As docs/commands.md says it is switched on; another word is an error with the three."""
    monkeypatch.setattr(sys, "argv", ["policy"])
    monkeypatch.setenv("_POLICY_COMPLETE", f"{shell}_source")
    assert run([]) == 0
    assert capfdbinary.readouterr().out.decode().startswith(begins)
    assert f"{shell}_source" in (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    monkeypatch.setenv("_POLICY_COMPLETE", "tcsh_source")
    assert run([]) == 2
    assert b"bash_source, zsh_source or fish_source" in capfdbinary.readouterr().err
