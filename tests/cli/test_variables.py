"""Variables of the environment: a short list that stands for options or says where the platform keeps things, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from letpass.cli import buildserver, variables
from letpass.reports.interface import Report
from tests.cli.conftest import ROOT, Call, write
from tests.cli.tree import ALL

TO = ("--to", "production")
KNOWN = {*variables.PLATFORM, *variables.OPTIONS, *variables.OTHERS, *variables.HANDED_ON}
CHOOSING = {
    *("--policy", "--policy-ref", "--to", "--on", "--champion", "--rollback", "--statements", "--artifact", "--at"),
    *("--help", "--version"),
}


def _conceivable() -> Iterator[str]:
    """What an option's variable could be called: by command and option, in either spelling, or by the option alone."""
    for path, command in ALL.items():
        for parameter in [*command.params, click.Option(["-h", "--help"]), click.Option(["--version"])]:
            for name in {parameter.name or "", *[o.lstrip("-") for o in parameter.opts]}:
                spelled = name.upper().replace("-", "_")
                yield "_".join(["LETPASS", *[p.upper() for p in path], spelled])
                yield f"LETPASS_{spelled}"
                yield f"POLICY_{spelled}"


CONCEIVABLE = sorted({*_conceivable()} - KNOWN)
CALLS = {
    "a denied check": ["check", "fraud@2", *TO],
    "an allowed check": ["check", "fraud@1", *TO],
    "a check of what is left to say": ["check", "fraud@2"],
    "a denied promotion": ["promote", "fraud@2", *TO],
    "a verification without a decision": ["verify", "fraud@2", *TO],
    "a value": ["eval", "accuracy >= 0.9", "fraud@2"],
    "a version that is not there": ["show", "fraud@9"],
    "nothing": [],
}
VALUES = ("1", "true", "production", "none", "models/fraud/1.yaml", "0")


def _same(said: str) -> str:
    """What was said, without how long it took and the time at which it was logged."""
    return re.sub(r"in \d+ ms|entry \d+", "", said)


@pytest.mark.parametrize("value", VALUES)
def test_no_variable_but_those_of_the_list_says_anything(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Every name that an option's variable could have is set: answers stay, and each of ours is named."""
    expected = {case: call(*words) for case, words in CALLS.items()}
    for name in CONCEIVABLE:
        monkeypatch.setenv(name, value)

    for case, words in CALLS.items():
        code, out, err = call(*words)
        told = {line.split("`")[1] for line in err.splitlines() if line.startswith("warning: the program has")}
        said = "".join(
            line for line in err.splitlines(keepends=True) if not line.startswith("warning: the program has")
        )
        assert (code, _same(out), _same(said)) == (expected[case][0], *map(_same, expected[case][1:])), case
        assert told == {n for n in CONCEIVABLE if n.startswith("LETPASS_")}, case


@pytest.mark.parametrize("name", ["LETPASS_VERSION", "LETPASS_HELP", "LETPASS_CHECK_HELP", "LETPASS_CHECK_VERSION"])
@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "t", "0.1.0"])
def test_no_variable_asks_for_help_or_the_version(project: Path, forked: Call, name: str, value: str) -> None:
    """A denied version stays denied."""
    expected = forked("check", "fraud@2", *TO, "-q")

    found = forked("check", "fraud@2", *TO, "-q", **{name: value})

    assert expected == (1, "", "")
    assert found == (1, "", f"warning: the program has no variable `{name}`\n")


def test_the_variables_of_options_are_those_of_the_list() -> None:
    """Each is declared where its option is, by name; no command makes up names."""
    declared: dict[str, set[str]] = {}
    for path, command in ALL.items():
        assert command.context_settings.get("auto_envvar_prefix") is None, path
        for parameter in command.params:
            if parameter.envvar is not None:
                assert isinstance(parameter, click.Option)
                assert parameter.show_envvar
                declared.setdefault(str(parameter.envvar), set()).add(parameter.opts[-1])

    assert declared == {name: {option} for name, option in variables.OPTIONS.items()}
    assert set(variables.OPTIONS.values()) & CHOOSING == set()


def test_the_source_reads_the_variables_of_the_list() -> None:
    """And names no other."""
    text = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "src").rglob("*.py")))
    named = set(re.findall(r"\bLETPASS_[A-Z_]*[A-Z]", text))
    read = set(re.findall(r'environ(?:ment)?(?:\.get\(|\[)"(LETPASS_\w+)"', text))

    assert named == {*KNOWN, variables.EVENT.rstrip("_")}
    assert read == {*variables.PLATFORM, *variables.OTHERS}


def test_what_is_handed_on_is_what_a_build_server_is_given() -> None:
    """The outputs of a step are variables of later ones, and no reason to warn."""
    given = buildserver.said(Report(()))

    assert tuple(f"LETPASS_{name.upper().replace('-', '_')}" for name in given) == variables.HANDED_ON
    assert list(variables.ignored(["check"], dict.fromkeys([*KNOWN, "LETPASS_EVENT_TYPE", "PATH"], "x"))) == []


def test_a_name_like_one_of_the_list_is_offered(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that is misspelt pins nothing, and that is said; whatever stands in the name is shown as text."""
    monkeypatch.setenv("LETPASS_TRUSTROOT", "sha256:0")
    monkeypatch.setenv("LETPASS_\x1b[2J", "")

    code, out, err = call("check", "fraud@1", *TO, "-q")

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "warning: the program has no variable `LETPASS_\\u001b[2J`",
        "warning: the program has no variable `LETPASS_TRUSTROOT`; one like it: `LETPASS_TRUST_ROOT`",
    ]


# ---------------------------------------------------------------- those of the list


def test_a_variable_stands_for_its_option_where_that_is_not_given(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`LETPASS_OUTPUT` holds several, with blanks between them; empty it says nothing."""
    monkeypatch.setenv("LETPASS_OUTPUT", "concise json=found.json")
    code, out, err = call("check", "fraud@2", *TO)
    assert (code, out.splitlines()[-1], err) == (
        1, "fraud@2: deny promotion to production: 1 rule does not hold", "",
    )  # fmt: skip
    assert json.loads((project / "found.json").read_text("utf-8"))["decision"]["verdict"] == "deny"

    assert call("check", "fraud@2", *TO, "-o", "text")[1].startswith("DENIED  fraud@2")
    monkeypatch.setenv("LETPASS_OUTPUT", "")
    assert call("check", "fraud@2", *TO)[1].startswith("DENIED  fraud@2")
    monkeypatch.setenv("LETPASS_OUTPUT", "yaml")
    assert call("check", "fraud@1", *TO)[0] == 2


def test_a_build_server_can_be_named_once_for_all_steps(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the folder of its reports; its outputs are as with the options."""
    monkeypatch.setenv("LETPASS_CI", "jenkins")
    monkeypatch.setenv("LETPASS_REPORTS", "out/reports")

    assert call("check", "fraud@2", *TO, "-q") == (1, "", "")

    page = (project / "out/reports/decision.html").read_text("utf-8")
    assert "<code>LETPASS_CI=jenkins</code>" in page
    assert "<code>LETPASS_REPORTS=out/reports</code>" in page


REPORTED = {
    "text": "from the environment: LETPASS_CONFIG=policy.toml, LETPASS_LEDGER=.letpass/ledger.db, LETPASS_OUTPUT={}\n",
    "markdown": "From the environment: `LETPASS_CONFIG` `policy.toml`, `LETPASS_LEDGER` `.letpass/ledger.db`, `LETPASS_OUTPUT` `{}`.\n",
    "html": "<dt>From the environment</dt><dd><code>LETPASS_LEDGER=.letpass/ledger.db</code></dd>\n"
    "<dt>From the environment</dt><dd><code>LETPASS_OUTPUT={}</code></dd>\n",
    "json": '"environment":{{"LETPASS_CONFIG":"policy.toml","LETPASS_LEDGER":".letpass/ledger.db","LETPASS_OUTPUT":"{}"}}',
}


@pytest.mark.parametrize("form", REPORTED)
@pytest.mark.parametrize("words", [["check", "fraud@2"], ["check", "fraud@1", "fraud@2"], ["promote", "fraud@2"]])
def test_reports_name_what_the_environment_said(
    project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, form: str, words: list[str]
) -> None:
    """What the platform's variables say and what stands for an option; without any of them there is no word of it."""
    write(project / "policy.toml", "")
    quiet = call(*words, *TO, "-o", form)[1]
    monkeypatch.setenv("LETPASS_CONFIG", "policy.toml")
    monkeypatch.setenv("LETPASS_LEDGER", ".letpass/ledger.db")
    monkeypatch.setenv("LETPASS_OUTPUT", form)

    code, out, _ = call(*words, *TO)

    assert code == 1
    assert REPORTED[form].format(form) in out
    assert "environment" not in quiet.replace('"environment.', "")


def test_no_report_shows_the_user_of_an_address(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger's address may hold a password, in either place."""
    monkeypatch.setenv("LETPASS_LEDGER", "postgresql://gate:secret@db.example:5432/log?password=secret")

    assert variables.used(click.Context(ALL["check",])) == (("LETPASS_LEDGER", "postgresql://db.example:5432/log"),)


def test_verify_and_doctor_name_them_too(allowed: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads that a proof holds reads by which root."""
    words = ("verify", "models/fraud/4.yaml", *TO, "--artifact", "fraud-4.onnx")
    assert "from the environment" not in call(*words)[1] + call("doctor")[1]
    root = call("trust", "show", "--root")[1].strip()
    monkeypatch.setenv("LETPASS_TRUST_ROOT", root)

    for asked in (words, ("doctor",)):
        code, out, err = call(*asked)
        assert (code, err) == (0, "")
        assert f"-    from the environment: LETPASS_TRUST_ROOT={root}\n" in re.sub(r"(?m)^ +", "", out)


def test_a_key_that_the_environment_names_is_said(office: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, by commands that make no report."""
    own = "home/.ssh/id_ed25519"
    assert call("sign", "policies", "--role", "policy-owner", "--key", own)[2] == ""
    monkeypatch.setenv("LETPASS_KEY", own)
    monkeypatch.setenv("LETPASS_SERVICE_KEY", "ci.pem")
    suite = ("--suite", "Fairness Check")

    assert call("sign", "policies", "--role", "policy-owner")[::2] == (0, f"from the environment: LETPASS_KEY={own}\n")
    assert call("attest", "models/fraud/4.yaml", "results.xml", *suite)[::2] == (
        0, "from the environment: LETPASS_SERVICE_KEY=ci.pem\n",
    )  # fmt: skip
