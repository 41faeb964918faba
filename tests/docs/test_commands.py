"""Every command that a page shows runs, and every command that it names is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from letpass.cli import variables
from letpass.cli.main import GROUPS, run
from tests import warm
from tests.cli import office
from tests.cli.conftest import environ
from tests.docs.blocks import (
    DOCS,
    MLFLOW,
    PAGES,
    PIPELINES,
    ROOT,
    RUNBOOKS,
    WALKS,
    Block,
    Command,
    blocks,
    commands,
    prose,
)

pytestmark = pytest.mark.once

SIGNING = {
    *("request", "sign", "reject", "withdraw", "pending", "waive", "trust", "attest", "ledger", "verify"),
    *("register", "promote", "deploy", "observe", "review", "retire", "show", "history", "runs", "doctor"),
    *("lift", "revoke", "adopt", "ungate", "renew", "standing", "reconcile"),
}
"""Commands for a project of their own; where a page shows one outside a walk, it is the one of the command's help."""
SHOWN = [c for page in PAGES if page not in (*WALKS, MLFLOW, RUNBOOKS) for c in commands(page)]
COMMANDS = [c for c in SHOWN if c.line.split()[1] not in SIGNING]
PREPARED = {
    "docs/policies.md": """mkdir -p models/loans
for v in 6 7; do printf 'model: loans\\nversion: "%s"\\n' $v > models/loans/$v.yaml; done""",
    "examples/model-zoo/README.md": """for name in mmdetection mmsegmentation
do mkdir -p PATH/TO/$name; printf '%s\\n' 'Models:' "- Name: $name" > PATH/TO/$name/metafile.yml; done""",
    """policy evidence remove fraud@4 --metric accuracy --reason "it was read from another model's file\"""": """mkdir -p wrong/models/fraud
cd wrong; printf 'registry = "models"\\n' > policy.toml
printf 'model: fraud\\nversion: "4"\\nmetrics: {accuracy: 0.95}\\n' > models/fraud/4.yaml""",
    'policy evidence add fraud@4 results.xml --suite "Fairness Check" --dry-run': """mkdir -p dry/models/fraud
cd dry; printf 'registry = "models"\\n' > policy.toml; printf 'model: fraud\\nversion: "4"\\n' > models/fraud/4.yaml
printf '<testsuite timestamp="2026-11-20T10:00:00Z"><testcase name="a"/></testsuite>' > results.xml""",
    "policy events deliver": """mkdir -p told; cd told; printf '[[events]]\\ncommand = ["true"]\\n' > policy.toml""",
}
"""What the commands of a page find, or one command, where that is made up."""
GROUPED = {"trust", "ledger", "evidence", "events"}


def _shell(lines: str, folder: Path, codes: set[int], **environment: str) -> str:
    """Standard output of lines of a shell in which `policy` is this checkout's; nothing may be said beside it."""
    if shutil.which("bash") is None:
        pytest.skip("the blocks are for a shell")
    script = f"{warm.function()}\n{lines}\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ(**environment), capture_output=True, timeout=100, check=False
    )
    assert (done.returncode in codes, done.stderr.decode()) == (True, ""), lines
    return done.stdout.decode()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.place)
def test_a_command_answers(command: Command, checkout: Path) -> None:
    """Every `policy …` line is a real command: its answer is yes, no or undecided; what is shown is what it prints."""
    before = PREPARED.get(command.place.partition(":")[0], "") or PREPARED.get(command.line, "")

    printed = iter(_shell(f"{before}\n{command.line}", checkout, {0, 1, 3}).splitlines())

    missing = [line for line in command.output if line.strip("… ") and not any(_shows(line, p) for p in printed)]
    assert missing == []


def _shows(line: str, printed: str) -> bool:
    """Is a shown line a printed one, `…` standing for what was left out."""
    return re.fullmatch(".*".join(re.escape(part) for part in line.split("…")), printed) is not None


def test_what_people_sign_with_is_shown_as_in_its_help() -> None:
    """Commands that need a project of their own stand on every page as in `--help`, where a test runs them."""
    shown = [c for c in SHOWN if c.line.split()[1] in SIGNING]
    helps = {name: import_module(f"letpass.cli.commands.{name}").command.help for name in SIGNING}

    in_commands = {c.line.split()[1] for c in shown if c.place.startswith("docs/commands.md")}
    assert in_commands == SIGNING
    assert [c.place for c in shown if c.line not in helps[c.line.split()[1]]] == []


def test_every_command_has_its_section() -> None:
    """docs/commands.md speaks of all commands, and of no other."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")

    assert {name for group in GROUPS.values() for name in group} == set(
        re.findall(r"^## policy (\w+)$", text, re.MULTILINE)
    )


def test_every_command_says_what_its_0_says() -> None:
    """The table of exit codes has them all."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^\| command \| what its 0 says \|\n\| --- \| --- \|\n((?:\|.*\n)+)", text, re.MULTILINE)
    named = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert sorted(named) == sorted(name for group in GROUPS.values() for name in group)


def test_the_variables_are_those_that_are_read() -> None:
    """docs/commands.md lists them by what they are for, each option's with its option, and no other."""
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    part = text.partition("\n## Environment\n")[2].partition("\n## ")[0]
    tables = [
        dict(re.findall(r"^\| `(\w+)`(?:, `\w+`)? \| (.*) \|$", t, re.MULTILINE)) for t in part.split("| --- |")[1:]
    ]

    assert [tuple(t) for t in tables] == [
        variables.PLATFORM, tuple(variables.OPTIONS), (*variables.OTHERS, "NO_COLOR"),
    ]  # fmt: skip
    options = {name: means.partition("`")[2].partition("`")[0] for name, means in tables[1].items()}
    assert options == variables.OPTIONS | {"LETPASS_OUTPUT": "-o"}
    assert set(re.findall(r"LETPASS_[A-Z_]*[A-Z]", part)) == {
        *variables.PLATFORM, *variables.OPTIONS, *variables.OTHERS, *variables.HANDED_ON, variables.EVENT.rstrip("_"),
    }  # fmt: skip


# ---------------------------------------------------------------- other lines of a shell


@pytest.mark.parametrize(
    "block", [b for p in PAGES if p not in PIPELINES for b in blocks(p, "bash")], ids=lambda b: b.place
)
def test_a_block_for_a_shells_profile_runs(block: Block, tmp_path: Path) -> None:
    """It prints nothing, and completion is there behind it."""
    assert _shell(f"{block.text}\ncomplete -p policy", tmp_path, {0}).endswith(" policy\n")


def test_a_statement_is_verified_with_ssh_keygen_alone(tmp_path: Path) -> None:
    """The lines for an auditor accept a sign-off with the keys of the trust file, and nothing that was changed."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("OpenSSH is not here")
    folder = office.build(tmp_path / "office")
    (lines,) = [b.text for b in blocks(DOCS / "trust.md", "sh") if "ssh-keygen -Y verify" in b.text]
    (request,) = (folder / "models/fraud/4").glob("*.json")
    _shell("policy sign models/fraud/4.yaml --role validator --key vera", folder, {0}, HOME=str(folder / "home"))
    (signoff,) = [p for p in (folder / "models/fraud/4").glob("*.json") if p != request]
    shutil.copy(signoff, folder / "signoff.json")

    found = _shell(f"policy trust show --allowed-signers > allowed_signers\n{lines}", folder, {0})
    assert 'Good "statement@letpass" signature for vera@corp.example' in found

    shutil.copy(request, folder / "other.json")
    said = _shell('sed \'s/.*"sig":"\\([^"]*\\)".*/\\1/\' signoff.json', folder, {0}).strip()
    changed = re.sub(
        r'("payload":")[^"]*', lambda m: m[1] + _payload(folder / "other.json"), signoff.read_text("utf-8")
    )
    assert said in changed
    (folder / "signoff.json").write_text(changed, encoding="utf-8")
    assert 'Good "' not in _shell(f"{{ {lines} }} 2>/dev/null", folder, {255})


def _payload(statement: Path) -> str:
    found = re.search(r'"payload":"([^"]*)', statement.read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


# ---------------------------------------------------------------- commands within sentences


def _named() -> list[tuple[str, str]]:
    """Every command that a page names or shows, the pages of the codes too."""
    found = set()
    for page in [*PAGES, *sorted((DOCS / "errors").glob("*.md"))]:
        spoken = re.findall(r"`policy ([a-z]+(?: [^`]*)?)`", prose(page))
        found |= {(str(page.relative_to(ROOT)), s) for s in spoken}
        found |= {(c.place, c.line.removeprefix("policy ")) for c in commands(page)}
    return sorted(found)


def test_commands_and_options_that_are_named_are_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Within sentences, in examples for people only, and on the pages of the codes."""
    helps: dict[str, str] = {}
    wrong = []
    for page, said in _named():
        found = re.match(r"\w+( [a-z][a-z-]*)?" if said.split()[0] in GROUPED else r"\w+", said)
        called = found[0] if found else ""
        if called not in helps:
            assert run([*called.split(), "--help"]) == 0, (page, said)
            helps[called] = capsys.readouterr().out
        asked = re.sub(r'"[^"]*"|\$\(.*?\)|[|].*', "", said)
        options = re.findall(r"(?<=\s)--?[a-z][\w-]*", asked)
        wrong += [(page, called, o) for o in options if not re.search(rf"(?<![\w-]){o}(?![\w-])", helps[called])]

    assert len(helps) > 30
    assert wrong == []
