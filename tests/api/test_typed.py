"""What a checker of types says of a user's program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

RIGHT = """
from pathlib import Path
from typing import assert_type

import letpass
from letpass import Decision, Gate, Holder, LetpassError, Record, RuleResult, capture_environment, judge, load_policies, write_record

gate = Gate("project")
decision = gate.decide({"model": "m", "version": "1"}, "promotion to production", None)
assert_type(decision, Decision)
assert_type(decision.allowed, bool)
assert_type(decision.blocking, tuple[RuleResult, ...])
assert_type(decision.report("html"), str)
assert_type(write_record({"environment": capture_environment()}, Path("8.yaml"), overwrite=True), Record)
policies = load_policies("policies")
record = letpass.parse_record("model: m")
assert_type(judge(policies, record, letpass.promotion("production"), 0, Holder.NOBODY), Decision)
try:
    gate.decide(record, letpass.REGISTRATION)
except LetpassError as error:
    assert_type(error.message, str)
    print(error.diagnostics[0].help)
"""
WRONG = """
import letpass

letpass.Gate().decide(3, "promotion to production")
letpass.Gat()
letpass.write_record({}, "8.yaml", overwrite="yes")
letpass.load_policies("policies").polcies
decision: str = letpass.Gate().decide("m@1", "review")
"""


SETTINGS = """[mypy]
mypy_path = {}
[mypy-letpass.*]
ignore_errors = True
[mypy-click.*,cryptography.*,jinja2.*,lark.*,mlflow.*,psycopg.*,pydantic.*,yaml.*]
follow_imports = skip
"""
"""What a program does not see is not read: bodies of functions, and other libraries."""


@pytest.mark.once
def test_a_checker_takes_a_right_program_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    """As `mypy --strict` reads it: what is returned is known, and each slip is found."""
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    settings = tmp_path / "mypy.ini"
    settings.write_text(SETTINGS.format(ROOT / "src"), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", str(settings), "--cache-dir", str(tmp_path / "cache"), "right.py", "wrong.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    found = [line.partition(": error: ")[::2] for line in done.stdout.splitlines() if ": error: " in line]
    assert [place for place, _ in found if place.startswith("right.py")] == [], done.stdout
    assert [place for place, _ in found] == [f"wrong.py:{line}" for line in (4, 5, 6, 7, 8)], done.stdout + done.stderr
