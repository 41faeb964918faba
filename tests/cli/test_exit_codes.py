"""Exit codes: only an allow is 0, and the worst of several answers counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import POLICY, Call, write

TO = ("--to", "production")
BROKEN = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accurracy >\n'

VERDICTS = {
    "one allowed": (["models/fraud/1.yaml"], 0),
    "one denied": (["models/fraud/2.yaml"], 1),
    "one undecided": (["models/fraud/3.yaml"], 3),
    "allowed and undecided": (["models/fraud/1.yaml", "models/fraud/3.yaml"], 3),
    "undecided and denied": (["models/fraud/3.yaml", "models/fraud/2.yaml"], 1),
    "a folder of all three": (["models"], 1),
    "denied and missing": (["models/fraud/2.yaml", "models/fraud/9.yaml"], 2),
    "allowed and broken": (["models/fraud/1.yaml", "half.yaml"], 2),
    "by name and version": (["fraud@1"], 0),
    "by an unknown version": (["fraud@9"], 2),
    "by a name that leaves the registry": (["../models/fraud@1"], 2),
    "a missing path": (["models/fraud/9.yaml"], 2),
    "a name too long for a file": (["x" * 5000], 2),
    "standard input twice": (["-", "-"], 2),
    "no model": ([], 2),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_the_worst_answer_is_the_exit_code(project: Path, call: Call, case: str) -> None:
    """Of several models and faults: usage before denied before undecided before allowed."""
    write(project / "half.yaml", "model: fraud\nversion: [")
    models, expected = VERDICTS[case]

    assert call("check", *models, *TO)[0] == expected


USAGE = {
    "an unknown option": ["check", "fraud@1", "--too", "production"],
    "an unknown command": ["chek", "fraud@1"],
    "no command": [],
    "two moves": ["check", "fraud@1", *TO, "--on", "review"],
    "an empty stage": ["check", "fraud@1", "--to", ""],
    "a rollback without a stage": ["check", "fraud@1", "--rollback"],
    "an unknown kind of move": ["check", "fraud@1", "--on", "promotion"],
    "an unknown format": ["check", "fraud@1", *TO, "-o", "yaml"],
    "two formats for standard output": ["check", "fraud@1", *TO, "-o", "text", "-o", "json"],
    "no time": ["check", "fraud@1", *TO, "--at", "yesterday"],
    "a missing champion": ["check", "fraud@1", *TO, "--champion", "fraud@9"],
    "a folder as champion": ["check", "fraud@1", *TO, "--champion", "models"],
    "a missing policy": ["check", "fraud@1", *TO, "-p", "nowhere"],
    "an expression cut short": ["eval", "accuracy >=", "fraud@1"],
    "a missing decision": ["replay", "nowhere.json"],
    "something else than a decision": ["replay", "models/fraud/1.yaml"],
    "an unknown document": ["schema", "policy"],
    "an unknown code": ["explain", "GATE999"],
}


@pytest.mark.parametrize("case", USAGE)
def test_usage_errors_are_2(project: Path, call: Call, case: str) -> None:
    """What cannot be understood is told on standard error, and nothing else is printed."""
    code, out, err = call(*USAGE[case])

    assert (code, out) == (2, "")
    assert err


def test_a_broken_policy_is_2(project: Path, call: Call) -> None:
    """Nothing is judged by policies one of which does not read."""
    write(project / "policies/broken.policy", BROKEN.replace("policy gate", "policy broken"))

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert "policies/broken.policy:3" in err


def test_an_empty_policy_folder_is_2(project: Path, call: Call) -> None:
    """No policy is not the same as a policy that allows."""
    (project / "policies/gate.policy").unlink()

    code, out, err = call("check", "fraud@1", *TO)

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE011]: no policy below `policies`\n")


def test_a_folder_of_something_else_is_2(project: Path, call: Call) -> None:
    """A folder without any model judged nothing."""
    write(project / "texts/notes.md", "model: none")

    code, out, err = call("check", "texts", *TO)

    assert (code, out) == (2, "")
    assert err.startswith("error[GATE307]: no model below `texts`: 1 file, none of them a record\n")


def test_the_only_governed_move_needs_no_name(project: Path, call: Call) -> None:
    """Where the policies govern one move, it is the one that is meant."""
    assert call("check", "fraud@1")[0] == 0


def test_one_of_several_moves_has_to_be_named(project: Path, call: Call) -> None:
    """Where they govern several, nobody guesses; all are listed."""
    write(
        project / "policies/second.policy",
        POLICY.replace("gate", "second").replace("promotion to production", "registration"),
    )

    code, out, err = call("check", "fraud@1")

    assert (code, out) == (2, "")
    assert err.endswith(
        "Error: which move? the policies govern promotion to production, registration; name one with --to STAGE or --on MOVE\n"
    )


def test_a_move_that_no_policy_governs_is_denied(project: Path, call: Call) -> None:
    """What nobody governs does not move, and the report says so."""
    code, out, err = call("check", "fraud@1", "--to", "attic")

    assert (code, err) == (1, "")
    assert out.splitlines()[:2] == [
        "DENIED  fraud@1 → promotion to attic",
        "no policy governs promotion to attic, and what nobody governs does not move",
    ]


@pytest.mark.parametrize("path", ["nowhere/report.txt", "models", "/dev/full"])
def test_a_report_that_cannot_be_written_is_2_and_a_full_disk_4(project: Path, call: Call, path: str) -> None:
    """An allow whose report is lost is no allow; what stood there is not replaced; a full disk is worth another try."""
    if path == "/dev/full" and not Path(path).exists():
        pytest.skip("this system has no device that is always full")
    kind = Path(path).is_dir(), Path(path).is_char_device()

    code, out, err = call("check", "fraud@1", *TO, "-o", f"text={path}")

    assert (code, out) == (4 if path == "/dev/full" else 2, "")
    assert f"cannot write `{path}`: " in err
    assert (Path(path).is_dir(), Path(path).is_char_device()) == kind
    assert not list(project.rglob(".*.part"))


def test_a_link_to_a_report_stays_a_link(project: Path, call: Call) -> None:
    """The file behind it is written."""
    write(project / "reports/real.txt", "old")
    (project / "latest.txt").symlink_to("reports/real.txt")

    assert call("check", "fraud@1", *TO, "-q", "-o", "concise=latest.txt") == (0, "", "")
    assert (project / "latest.txt").is_symlink()
    assert (
        (project / "reports/real.txt")
        .read_text(encoding="utf-8")
        .startswith("fraud@1: allow promotion to production: ")
    )
