"""lm-eval, Inspect and promptfoo make their files here, and these come to what they measured, or to nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from letpass.evidence.detecting import chosen
from letpass.evidence.sources import Content
from tests.evidence.reading import read

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-evaluations" / "bin" / "python"
MAKERS = Path(__file__).parent / "evaluations"

pytestmark = pytest.mark.once


def _made(tool: str, folder: Path) -> Path:
    """The folder in which a tool has made its files, in its own environment and with this program beside it."""
    if not PYTHON.exists():
        pytest.skip("there is no lm-eval and no Inspect: `make evaluations` installs them")
    found = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "LANG", "TMPDIR"}}
    found |= {
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HOME": str(folder / "hub"),
        "HOME": str(folder),
    }
    command = [PYTHON, MAKERS / f"make_{tool}.py", folder / "made"]
    done = subprocess.run(command, env=found, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "made"


def _read(path: Path, **asked: Any) -> Any:
    """The part that a file comes to, its format told by its content, or why it comes to none."""
    data = path.read_bytes()
    try:
        return read(chosen(path.name, Content(data)), data, **asked)
    except ValueError as error:
        return str(error)


def test_runs_of_lm_eval_are_read_as_they_were_run(tmp_path: Path) -> None:
    """Two models on one list of cases can be compared case by case; other shots and a limit cannot; the objects say the same."""
    made = _made("lm_eval", tmp_path)
    found = {}
    for run in ("champion", "candidate", "shots", "limited"):
        (results,) = (made / run).rglob("results_*.json")
        samples = {path.name: path.read_bytes() for path in (made / run).rglob("samples_*.jsonl")}
        assert len(samples) == 3
        found[run] = _read(results, samples=samples, data_set="parity")["metrics"]
    assert {run: {"metrics": metrics} for run, metrics in found.items()} == json.loads(
        (made / "objects.json").read_text()
    )

    champion, candidate, shots, limited = found.values()
    assert set(champion) == {
        "choose/acc",
        "choose_again/acc",
        "say/exact_match/strict",
        "say/exact_match/lenient",
        "parity/acc",
    }
    for name in champion.keys() - {"parity/acc"}:
        one, other, third = champion[name], candidate[name], shots[name]
        assert (one["protocol"], one["outcomes"]["cases"], one["samples"]) == (
            other["protocol"],
            other["outcomes"]["cases"],
            40,
        )
        assert (third["protocol"] != one["protocol"], third["outcomes"]["cases"]) == (True, one["outcomes"]["cases"])
        assert str(limited[name]["value"]).endswith("(5 of 40 cases)")
    assert (champion["choose/acc"]["successes"], candidate["choose/acc"]["successes"]) == (26, 36)
    assert (champion["parity/acc"]["samples"], "standard_error" in champion["parity/acc"]) == (80, True)
    assert "standard_error" not in shots["parity/acc"]  # `N/A` without a bootstrap


def test_logs_of_inspect_are_read_as_they_ended(tmp_path: Path) -> None:
    """JSON, archive and object of one run come to the same; what is partial, limited or errored to no number."""
    made = _made("inspect", tmp_path)
    objects = json.loads((made / "objects.json").read_text())
    for run, said in objects.items():
        assert (_read(made / f"{run}.json"), _read(made / f"{run}.eval")) == (said, said)

    plain = {
        run: said["metrics"]["plain/match/accuracy"]
        for run, said in objects.items()
        if run not in {"topics", "error", "epochs"}
    }
    assert plain["champion"]["protocol"] == plain["candidate"]["protocol"]
    assert (plain["champion"]["outcomes"], plain["champion"]["successes"]) == (plain["candidate"]["outcomes"], 26)
    shown = [plain[run]["value"].partition("(")[2] for run in ("partial", "limited")]
    assert shown == ["36 of 40 cases)", "7 of 40 cases)"]
    assert objects["error"] == "the run did not end well: its status is `error`"
    topics = objects["topics"]["metrics"]
    assert (topics["topics/by_topic/accuracy"]["clusters"], topics["topics/silent/accuracy"]["value"]) == (
        2,
        "1 (38 of 40 cases)",
    )
    assert [s["samples"] for s in topics["topics/by_topic/accuracy"]["slices"]] == [20, 20]
    assert objects["epochs"]["metrics"]["plain/match/accuracy"]["samples"] == 40


@pytest.mark.long
def test_a_run_of_promptfoo_is_read_as_it_ended(tmp_path: Path) -> None:
    """A test that asserts nothing is no case, and an error leaves no result."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("there is no npm: install Debian's packages npm and libnode-dev")
    environment = {
        **os.environ, "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_CONFIG_DIR": str(tmp_path / "home"),
        "npm_config_nodedir": str(Path(node).resolve().parents[1]),  # its database is built here, with the headers beside node
    }  # fmt: skip
    # no script of a package runs but the one that builds its database
    for step in (
        ["install", "--no-audit", "--no-fund", "--ignore-scripts", "promptfoo@0.118.17"],
        ["rebuild", "better-sqlite3"],
    ):
        subprocess.run(
            [npm, *step, "--silent"], cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=900
        )
    shutil.copy(MAKERS / "provider.js", tmp_path)
    for name, broken in (("whole", False), ("broken", True)):
        tests: list[dict[str, Any]] = [
            {"vars": {"x": "apple"}, "assert": [{"type": "contains", "value": "apple"}]},
            {"vars": {"x": "pear"}, "assert": [{"type": "contains", "value": "apple"}]},
            {"vars": {"x": "plum"}},
            *([{"vars": {"x": "throw"}, "assert": [{"type": "contains", "value": "apple"}]}] if broken else []),
        ]
        config = {"description": "fruit", "prompts": ["say {{x}}"], "providers": ["file://provider.js"], "tests": tests}
        (tmp_path / f"{name}.json").write_text(json.dumps(config))
        command = [
            "node",
            "node_modules/promptfoo/dist/src/main.js",
            "eval",
            "--no-cache",
            "-c",
            f"{name}.json",
            "-o",
            f"{name}.out.json",
        ]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert (tmp_path / f"{name}.out.json").exists(), done.stderr[-2000:]
    whole, part = (_read(tmp_path / f"{name}.out.json", data_set="fruit-tests") for name in ("whole", "broken"))
    assert [(s["name"], s["passed"], s["cases"]) for s in whole["suites"]] == [("fruit", False, 2)]
    rate = whole["metrics"]["fruit/success_rate"]
    assert (rate["successes"], rate["samples"], rate["protocol"][:7]) == (1, 2, "sha256:")
    assert ("metrics" in part, part["suites"][0]["unread"]) == (
        False,
        "did not end well: 1 of 3 tests ended in an error",
    )
