"""What the program tells people to run, it takes: in messages, reports, pages and help.

The fixture `call` looks at everything that any test makes it print; here is what no test prints.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import office as offices
from tests.cli import spoken, tree
from tests.cli.conftest import OWN, ROOT, Call, signed, write

SOURCE = ROOT / "src/letpass"
UNKNOWN = "\0"


def _texts(path: Path) -> Iterator[str]:
    """Every text in a source file; what is put into it when it runs is UNKNOWN."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else UNKNOWN for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_command_in_the_source_is_one_that_the_program_takes() -> None:
    """A page had named `policy promote … --at TIME`, which promote does not take."""
    found = {c: str(p.relative_to(SOURCE)) for p in SOURCE.rglob("*.py") for t in _texts(p) for c in spoken.commands(t)}
    # what is put in stands for a word, for several, or for none
    refused = {
        command: where
        for command, where in found.items()
        if all(spoken.fault(command.replace(UNKNOWN, filled)) for filled in ("X", ""))
    }

    assert len(found) > 80
    assert refused == {}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("policy promote fraud@4 --to production", ""),
        ("policy promote", ""),
        ("policy check --log", ""),
        ("policy trust add service NAME --may request", ""),
        ("policy ledger show N --material", ""),
        ("policy promote fraud@4 --to production --at 2026-11-29", "No such option '--at'."),
        ("policy promote fraud@4", "without STAGE"),
        ("policy demote fraud@4", "no command `demote`"),
        ("policy trust mend", "no command `mend`"),
        ("policy pending --role", ""),
        ("policy pending x --role", "Option '--role' requires an argument."),
        ("policy ledger verify x", "with ['x'] left over"),
        ("policy check a.yaml --on promotion", "Invalid value for '--on'"),
        ("policy show 'x", "No closing quotation"),
    ],
)
def test_a_command_that_would_not_be_taken_is_found(command: str, why: str) -> None:
    """The twin that would be is let through."""
    found = spoken.fault(command)

    assert found.startswith(why)
    assert bool(found) == bool(why)


@pytest.mark.parametrize("path", tree.ALL, ids=lambda p: " ".join(p) or "none")
def test_every_command_of_a_help_is_taken(call: Call, path: tree.Path) -> None:
    """Its lines are those of a paragraph, broken anywhere."""
    said = " ".join(call(*path, "--help")[1].split())

    assert [c for c in spoken.commands(said) if spoken.fault(c)] == []


# ---------------------------------------------------------------- the decision page


@pytest.fixture(name="ready")
def _ready(office: Path, call: Call) -> Path:
    """A project in which each kind of move is allowed, with a version that may be registered."""
    write(office / "policies/deployment.policy", 'policy d: "D"\n  on deployment\nrequire x: model is fraud\n')
    write(office / "policies/review.policy", 'policy r: "R"\n  on review\nrequire x: model is fraud\n')
    text = (office / "models/fraud/4.yaml").read_text(encoding="utf-8")
    write(office / "new/5.yaml", text.replace("'4'", "'5'"))
    offices.policy("request", "fraud@4", "--to", "production", "--key", "bob")
    for name in ("vera", "vito"):
        offices.policy("sign", "fraud@4", "--role", "validator", "--key", name)
    offices.policy("sign", "policies", "--role", "policy-owner", "--key", OWN)
    assert call("promote", "fraud@4", "--to", "production", "-q")[0] == 0
    return office


@pytest.mark.parametrize(
    "words",
    [
        "check fraud@4 --to production",
        "check fraud@4 --to production --log",
        "check models --on review -v",
        "check fraud@4 --to production --at 2026-01-01",
        "promote fraud@4 --to production",
        "register new/5.yaml",
        "deploy fraud@4 --endpoint https://f.corp.example --environment live",
        "renew fraud@4",
        "review",
    ],
)
def test_every_command_of_a_page_is_taken_when_it_is_obeyed(ready: Path, call: Call, words: str) -> None:
    """Also behind a decision that was logged, which `--at` does not go with; none of them is an error."""
    if words.startswith("promote"):  # where it is there already nothing is decided
        assert call("retire", "fraud@4", "--reason", "its time to live is over")[0] == 0
    if words.startswith("register"):
        write(ready / "policies/registration.policy", 'policy e: "E"\n  on registration\nrequire x: model is fraud\n')
        offices.policy("sign", "policies", "--role", "policy-owner", "--key", OWN)
    call(*words.split(), "-o", "html=page.html", "-o", "json=decision.json")
    page = (ready / "page.html").read_text(encoding="utf-8")
    told = [c for c in spoken.commands(page) if not c.startswith("policy explain")]

    assert told
    assert ("--at" in page.partition("What this rests on")[2]) == words.startswith("check")
    for command in told:
        assert call(*shlex.split(command.replace("--key KEY", f"--key {OWN}"))[1:])[0] in {0, 1, 3}, command


def test_the_next_step_of_a_check_as_of_a_time_is_as_of_that_time(ready: Path, call: Call) -> None:
    """It left `--at` out, so that whoever obeyed it got another answer: what had run too long ago by then is not by now."""
    policy = 'policy young: "Young"\n  on promotion to canary\nrequire settled: registered_at <= now - 2 days\n'
    write(ready / "young.policy", policy)
    words = "check fraud@4 --to canary -p young.policy --champion none --at 2020-01-01 -o text"
    code, out, _ = call(*words.split())
    assert code != 0
    (told,) = [c for line in out.splitlines() if line.startswith("next:") for c in spoken.commands(line)]
    assert told == words.removesuffix(" -o text").replace("check", "policy check", 1)
    again, shown, _ = call(*shlex.split(told)[1:])
    assert (again, shown.splitlines()[:3]) == (code, out.splitlines()[:3])


# ---------------------------------------------------------------- next steps


@pytest.mark.parametrize(
    "words",
    ["register 1.yaml", "promote m@1 --to production", "check 1.yaml", "lint", "test", "fmt", "doctor", "review", "renew m@1",
     "request 1.yaml --to production", "deploy m@1 --endpoint e --environment x", "ungate x --reason y"],
)  # fmt: skip
def test_before_a_project_is_begun_the_command_that_begins_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Call, words: str
) -> None:
    """`register` had asked for a policy file, and named no command."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "1.yaml", "model: m\nversion: '1'\nauthor: a\n")

    _, _, err = call(*words.split())

    assert err.startswith(
        "error[GATE011]: there is no `policies`\n --> policies\n  = help: `policy init` begins a project\n"
    )


def test_where_a_configuration_names_policies_that_are_gone_it_is_named(project: Path, call: Call) -> None:
    """`policy init` would not mend it."""
    write(project / "policy.toml", 'policies = ["polices"]\n')

    code, _, err = call("check", "fraud@1", "--to", "production")

    assert (code, "there is no `polices`" in err) == (2, True)
    assert "= help: `policies` in `" in err
    assert call("check", "fraud@1", "--to", "production", "-p", "policies")[0] == 0


def test_a_key_that_is_nobodys_is_told_with_the_whole_command(office: Path, call: Call) -> None:
    """So is one that has ended."""
    offices.key(office / "new")
    code, _, err = call("sign", "fraud@4", "--role", "validator", "--key", "new")
    assert (code, "`policy trust add person PERSON --key KEY.pub`, and let the root sign it" in err) == (2, True)

    for words in (("rotate", "vera@corp.example", "--key", "vera-2027.pub"), ("sign", "--key", OWN)):
        assert call("trust", *words)[0] == 0
    code, _, err = call("sign", "fraud@4", "--role", "validator", "--key", "vera")
    assert (code, "`policy trust rotate vera@corp.example --key KEY.pub`" in err) == (2, True)


def test_a_request_that_counts_no_more_is_told_with_the_command_that_asks_anew(office: Path, call: Call) -> None:
    """As `policy pending` lists it; it works when it is obeyed."""
    text = (office / "models/fraud/4.yaml").read_text(encoding="utf-8")
    write(office / "models/fraud/4.yaml", text.replace("accuracy: 0.95", "accuracy: 0.96"))

    code, out, _ = call("pending")

    (command,) = spoken.commands(out)
    assert out == f"fraud@4 → promotion to production: no request counts any more; `{command}` makes a new one\n"
    assert (code, command) == (0, "policy request fraud@4 --to production")
    assert call(*shlex.split(command)[1:])[0] == 0
    assert "role `validator`: 0 of 2 sign-offs" in call("pending")[1]


# ---------------------------------------------------------------- what is no record


def test_what_people_have_signed_is_no_file_that_was_passed_over(office: Path, call: Call) -> None:
    """A folder of models had ended with `19 files there are no records`, and those were the product's own statements."""
    signed(call, office)
    assert call("check", "models/fraud/4.yaml", "--to", "production", "--log")[0] == 0
    there = {p.suffix for p in (office / "models/fraud/4").iterdir()}

    _, out, _ = call("check", "models", "--to", "production")
    assert (there, out.splitlines()[-1].partition(" in ")[0]) == ({".json"}, "2 models: 1 denied, 1 allowed")

    for name in ("models/notes.yaml", "models/fraud/4/notes.json"):
        write(office / name, "{}\n")
    _, out, _ = call("check", "models", "--to", "production", "-o", "markdown")
    assert "2 files there are no records, and were not judged" in out


def test_a_record_that_is_dressed_as_a_statement_is_judged(office: Path, call: Call) -> None:
    """Nothing that names a model is passed over."""
    write(
        office / "models/fraud/4/x.json",
        '{"payload": "", "payloadType": "x", "signatures": [], "model": "fraud", "version": "9"}\n',
    )

    code, out, err = call("check", "models", "--to", "production")
    assert (code, "models/fraud/4/x.json" in out + err) == (2, True)
