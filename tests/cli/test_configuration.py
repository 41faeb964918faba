"""Where a command takes its settings from: policy.toml, pyproject.toml, the environment, the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import RECORD, Call, write

TO = ("--to", "production")


@pytest.fixture(name="elsewhere")
def _elsewhere(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose policies and registry have other names; the working directory lies deep in it."""
    (project / "policies").rename(project / "rules")
    (project / "models").rename(project / "registry")
    write(project / "policy.toml", 'policies = ["rules"]\nregistry = "registry"\n')
    (project / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep/er")
    return project


def test_policy_toml_is_found_upwards(elsewhere: Path, call: Call) -> None:
    """Its paths are relative to it, and shown relative to where the reader stands."""
    code, out, _ = call("check", "fraud@2", *TO, "-o", "concise")

    assert code == 1
    assert out.startswith("../../rules/gate.policy:3:1: fail[GATE300] gate/good fraud@2: ")


def test_pyproject_toml_will_do(elsewhere: Path, call: Call) -> None:
    """The same keys stand below `[tool.letpass]`."""
    (elsewhere / "policy.toml").unlink()
    write(elsewhere / "pyproject.toml", '[tool.letpass]\npolicies = ["rules"]\nregistry = "registry"\n')

    assert [call("check", f"fraud@{v}", *TO, "-q")[0] for v in (1, 2, 3)] == [0, 1, 3]


def test_the_environment_names_another_file(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """`LETPASS_CONFIG` wins over what is found upwards."""
    write(project / "policy.toml", "policies = []\n")
    write(project / "other/settings.toml", 'policies = ["../policies"]\nregistry = "../models"\n')
    monkeypatch.setenv("LETPASS_CONFIG", "other/settings.toml")

    assert call("check", "fraud@1", *TO, "-q") == (0, "", "")


def test_a_named_file_that_is_missing_is_2(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other one is taken instead."""
    monkeypatch.setenv("LETPASS_CONFIG", "nowhere.toml")

    assert call("check", "fraud@1", *TO) == (
        2,
        "",
        "error[GATE011]: cannot read `nowhere.toml`: no such file or directory\n\n",
    )


FAULTS = {
    "an unknown key": (
        'policys = ["policies"]\n',
        'error[GATE013]: unknown key `policys`\n --> policy.toml:1:1\n1 | policys = ["policies"]\n  | ^^^^^^^\n  = help: a name like it exists: `policies`\n\n',
    ),
    "a name that is none": (
        '[environments]\n"eu/west" = "production"\n',
        (
            "error[GATE013]: `environments.eu/west`: `eu/west` is no plain name; letters, digits, and ` ._-` between them\n"
            ' --> policy.toml:2:2\n2 | "eu/west" = "production"\n  |  ^^^^^^^\n\n'
        ),
    ),
    "a key whose name stands in a comment before": (
        "# the registry of the team\nregistry = 3\n",
        "error[GATE013]: `registry`: input should be a valid string\n --> policy.toml:2:1\n2 | registry = 3\n  | ^^^^^^^^\n\n",
    ),
    "an element of a list": (
        'plugins = [] # protected = [1]\nprotected = [\n  "staging",\n  7,\n]\n',
        "error[GATE013]: `protected.1`: input should be a valid string\n --> policy.toml:4:3\n4 |   7,\n  |   ^\n\n",
    ),
    "an alias of two stages": (
        '[aliases]\nproduction = ["live"]\nstaging = ["test", "Live"]\n',
        (
            "error[GATE013]: `aliases`: `live` means both `production` and `staging`\n"
            ' --> policy.toml:3:20\n3 | staging = ["test", "Live"]\n  |                    ^^^^^^\n\n'
        ),
    ),
    "an alias that is a stage by default": (
        '[aliases]\nstaging = ["production"]\n',
        (
            "error[GATE013]: `aliases`: `production` is a stage of its own, and no other name of `staging`\n"
            ' --> policy.toml:2:12\n2 | staging = ["production"]\n  |            ^^^^^^^^^^^^\n\n'
        ),
    ),
    "a value of another type": (
        'policies = "policies"\n',
        'error[GATE013]: `policies`: input should be a valid list\n --> policy.toml:1:1\n1 | policies = "policies"\n  | ^^^^^^^^\n\n',
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_wrong_setting_is_2(project: Path, call: Call, case: str) -> None:
    """Nothing is judged under settings that nobody meant; the nearest key is offered."""
    text, expected = FAULTS[case]
    write(project / "policy.toml", text)

    assert call("check", "fraud@1", *TO) == (2, "", expected)


def test_in_pyproject_the_place_is_that_of_our_own_table(project: Path, call: Call) -> None:
    """Other tools' keys have the same names."""
    write(project / "pyproject.toml", "[tool.other]\nregistry = 3\n[tool.letpass]\nregistry = 3\n")

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert "\n --> pyproject.toml:4:1\n4 | registry = 3\n" in err


def test_settings_cut_short_are_2(project: Path, call: Call) -> None:
    """What is no TOML is told with the file's name."""
    write(project / "policy.toml", "policies = [\n")

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE013]: `policy.toml` is not TOML: ")


def test_an_empty_list_of_policies_is_2(project: Path, call: Call) -> None:
    """No policy at all allows nothing."""
    write(project / "policy.toml", "policies = []\n")

    assert call("check", "fraud@1", *TO, "-q")[0] == 2


DENIED = "\x1b[31mDENIED\x1b[0m  \x1b[1mfraud@2\x1b[0m → promotion to production"
COLORS = {
    "always": (["--color", "always"], {}, DENIED),
    "always, although": (["--color", "always"], {"NO_COLOR": "1"}, DENIED),
    "forced": ([], {"FORCE_COLOR": "1"}, DENIED),
    "forced and forbidden": ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "DENIED  fraud@2 → promotion to production"),
    "never": (["--color", "never"], {"FORCE_COLOR": "1"}, "DENIED  fraud@2 → promotion to production"),
    "no terminal": ([], {}, "DENIED  fraud@2 → promotion to production"),
}


@pytest.mark.parametrize("case", COLORS)
def test_colours(project: Path, call: Call, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Colours where they were asked for or a terminal shows them, unless NO_COLOR is set; the option wins."""
    options, environment, expected = COLORS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    code, out, _ = call("check", "fraud@2", *TO, *options)

    assert (code, out.splitlines()[0]) == (1, expected)
    assert ("\x1b" in out) == ("\x1b" in expected)


def test_a_program_without_unicode_shows_ascii(project: Path, spawn: Call) -> None:
    """Where the terminal knows ASCII only, arrows are spelt out."""
    code, out, _ = spawn("check", "fraud@2", *TO, PYTHONIOENCODING="ascii")

    assert code == 1
    assert out.splitlines()[0] == "DENIED  fraud@2 -> promotion to production"
    assert out.isascii()


def test_versions_are_no_numbers(project: Path, call: Call) -> None:
    """NAME@VERSION names a file, whatever the version looks like."""
    write(project / "models/fraud/1.10.yaml", RECORD.format("1.10", "0.99"))

    assert call("check", "fraud@1.10", *TO, "-o", "concise") == (
        0,
        "fraud@1.10: allow promotion to production: every rule in force holds\n",
        "",
    )
