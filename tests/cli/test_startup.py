"""A start of the program pays only for what it uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RECORD = "examples/arrests/models/arrests/3.yaml"


def modules(*arguments: str, environment: dict[str, str] | None = None) -> set[str]:
    """The modules that a run of the program has imported when it ends."""
    import os

    code = (
        "import sys, json, io, contextlib\n"
        "from letpass.cli.main import run\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out):\n"
        f"    run({list(arguments)!r})\n"
        "sys.stdout.write(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env={**os.environ, **(environment or {})},
    )
    return set(json.loads(done.stdout))


def test_the_version_imports_no_library_but_click() -> None:
    """`--version` and completion answer before anything of the language is there."""
    loaded = modules("--version")

    assert not loaded & {
        "lark",
        "yaml",
        "jinja2",
        "pydantic",
        "dataclasses",
        "letpass.gate.judgement",
        "letpass.language.parser",
        "letpass.project.policyset",
    }


@pytest.mark.parametrize(
    "line", ["policy check ", "policy promote x --to ", "policy waive ", "policy sign x --role ", "policy check x -o "]
)
def test_completion_reads_files_and_loads_nothing_that_judges(line: str) -> None:
    """A shell waits for it behind every tabulator."""
    told = {
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_WORDBREAKS": "@:=",
        "_POLICY_COMPLETE": "bash_complete",
    }
    loaded = modules(environment=told)

    assert "letpass.cli.suggestions" in loaded
    rooms = {
        "language",
        "facts",
        "evaluation",
        "evidence",
        "registries",
        "project",
        "gate",
        "trust",
        "ledger",
        "lifecycle",
    }
    assert {m for m in loaded if m.startswith(tuple(f"letpass.{room}" for room in rooms))} == set()
    assert loaded & {"yaml", "lark", "pydantic", "jinja2", "cryptography", "sqlite3"} == set()


def test_help_imports_no_command() -> None:
    """`--help` shows every command and imports none."""
    loaded = modules("--help")

    own = {"letpass.cli.main", "letpass.cli.exits", "letpass.cli.variables"}
    assert {m for m in loaded if m.startswith("letpass.cli.")} == own


def test_check_imports_what_it_uses_and_no_more() -> None:
    """A check needs yaml; it needs no parser generator, no template engine, no model classes, no formatter, and the compiled form only for an allow."""
    loaded = modules("check", RECORD, "--to", "production")

    assert "yaml" in loaded
    assert (
        loaded
        & {
            "jinja2",
            "lark",
            "pydantic",
            "pygments",
            "jsonschema",
            "letpass.evaluation.compiled",
            "letpass.semantics",
            "letpass.language.formatter",
            "letpass.evaluation.jsonschema",
            "difflib",
            "asyncio",
            "http",
            "ssl",
            "sqlite3",
        }
        == set()
    )


def test_a_check_of_a_record_in_json_needs_no_yaml(tmp_path: Path) -> None:
    """Nor does it make the functions and load the decoder that pay only where many records are read."""
    (tmp_path / "1.json").write_text('{"model": "churn", "version": "1"}', encoding="utf-8")

    loaded = modules("check", str(tmp_path / "1.json"), "--to", "production", "--champion", "none")

    assert "letpass.facts.fast" in loaded
    assert loaded & {"yaml", "orjson", "letpass.facts.sorting", "letpass.facts.rows"} == set()


def test_check_builds_no_grammar() -> None:
    """The parse tables come from the package; the grammar itself is never read."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from letpass.language import parser\n"
        "parser.GRAMMAR = Path('gone')\n"
        "parser.grammar = None\n"
        "from letpass.cli.main import run\n"
        f"sys.exit(run(['check', {RECORD!r}, '--to', 'production', '-q']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)

    assert (done.returncode, done.stderr) == (1, "")
