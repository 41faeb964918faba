"""Every fenced block of every page is of a kind that a test looks at, and what is no policy, Python or walk is tried here.

Policies and Python are run by test_docs.py; `policy …` lines by test_commands.py; walks by test_walkthroughs.py; the page
of the MLflow example and the runbooks by tests/integration; those of pipelines by tests/pipelines, that of watching by
test_watching.py; the pages of the codes by tests/corpus.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

import letpass
from letpass import plugins
from letpass.authoring.cases import judging, reading
from letpass.diagnostics import Source
from letpass.events.messages import Event
from letpass.project.configuration import load
from letpass.registries import files
from letpass.reports.words import noticed
from tests.docs.blocks import (
    DOCS,
    GUIDES,
    MLFLOW,
    PAGES,
    PIPELINES,
    ROOT,
    RUNBOOKS,
    WALKS,
    WATCHING,
    Block,
    blocks,
    prose,
)

pytestmark = pytest.mark.once

ALL = [b for page in PAGES if page not in {*PIPELINES, WATCHING} for b in blocks(page)]
LINES = {
    "python -m pip install -r examples/arrests/requirements.txt": "minutes; the example's records are committed",
    "pip install 'letpass[mlflow]'": "it is not on an index of packages",
    "mlflow server --registry-store-uri gate:sqlite:///mlflow.db": "tests/integration starts such servers",
    "mlflow server --backend-store-uri sqlite:///mlflow.db --registry-store-uri gate:sqlite:///mlflow.db": "the same",
    'export PATH="$PWD/.venv/bin:$PATH"': "whoever runs the walk has done it",
    "mkdir ../my-gate && cp -r examples/arrests/models ../my-gate && cd ../my-gate": "the same",
    "cp -r examples/arrests ../signing && cd ../signing": "whoever runs the walk has done it",
}
"""Lines of a shell that no test runs, each with the reason.  `make …` names a target, and bench/ lies elsewhere."""
BENCH = re.compile(r"PYTHONPATH=src:\. python \.\./shared/bench/bench\.py \w+ ")
KEYGEN = [b for b in blocks(DOCS / "trust.md", "sh") if "ssh-keygen -Y verify" in b.text]
"""Lines that belong together; test_commands.py runs them as one."""
TEXTS = {
    "HTTP 403  PERMISSION_DENIED": "the MLflow example shows it again, and is run",
    "policies/*.policy ── parse": "a drawing",
    " experiment        registration": "a drawing",
    "models/fraud/3.yaml  ": "a list of files; tests/registries looks for each",
    "ok   the gate of `mlflow+http": "the MLflow example shows it again, and is run",
}
"""How a `text` block begins that is nobody's output, each with what it is."""


def _of(*kinds: str) -> list[Block]:
    return [b for b in ALL if b.kind in kinds]


def _shell_lines(block: Block) -> list[str]:
    """The commands of a shell block that are none of `policy`."""
    if block.kind == "console":
        return [c for c in re.findall(r"^\$ (.+)$", block.text, re.MULTILINE) if not c.startswith("policy ")]
    return [line for line in block.text.splitlines() if line and not line.startswith("policy ")]


def _below_python(block: Block) -> bool:
    beside = blocks(block.page)
    at = beside.index(block)
    return at > 0 and beside[at - 1].kind == "python"


def _unseen(block: Block) -> list[str]:
    """What of a block no test looks at."""
    if block.kind in {"policy", "python"}:
        return [] if block.page in GUIDES else [block.kind]
    if block.kind in {"yaml", "toml", "json", "py", "bash"}:
        return []
    if block.kind == "text":
        return [] if _below_python(block) or block.text.startswith(tuple(TEXTS)) else [block.text]
    if block in KEYGEN or (block.kind == "console" and block.page in (*WALKS, MLFLOW, RUNBOOKS)):
        return []
    if block.kind in {"sh", "console"}:
        return [x for x in _shell_lines(block) if x not in LINES and not BENCH.match(x) and not x.startswith("make ")]
    return [f"a block of kind `{block.kind}`"]


@pytest.mark.parametrize("block", ALL, ids=lambda b: b.place)
def test_a_block_is_looked_at_by_a_test(block: Block) -> None:
    """A block of a new kind, a new line for a shell, or a new drawing needs a test, or a reason why it has none."""
    assert _unseen(block) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_block_hides_behind_an_indentation(page: Path) -> None:
    """What is shown stands in fences, which the tests see."""
    assert re.findall(r"(?<=\n\n)    \S.*", prose(page)) == []


def test_no_exception_outlives_its_block() -> None:
    """Each line and each beginning in the lists of exceptions stands on a page."""
    lines = {line for block in _of("sh", "console") for line in _shell_lines(block)}
    texts = [b.text for b in _of("text")]

    assert [line for line in LINES if line not in lines] == []
    assert [begin for begin in TEXTS if not any(t.startswith(begin) for t in texts)] == []


def test_every_target_of_make_is_there() -> None:
    """`make X` on a page, also within a sentence, is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {line.split()[1] for block in _of("sh") for line in _shell_lines(block) if line.startswith("make ")}
    named |= {name for page in PAGES for name in re.findall(r"`make (\w+)`", prose(page))}

    assert {n for n in named if not re.search(rf"^{n}:", makefile, re.MULTILINE)} == set()
    assert {"demo", "test", "machines", "check", "soak", "docs", "bench"} <= named


# ---------------------------------------------------------------- data


@pytest.mark.parametrize("block", _of("yaml"), ids=lambda b: b.place)
def test_a_yaml_block_is_a_record_or_cases(block: Block, tmp_path: Path) -> None:
    """A record reads, with nothing in it that is unreadable; cases come to the verdict that they name."""
    if not block.text.startswith("- name:"):
        (record,) = files.parse(Source("shown.yaml", block.text))
        assert list(noticed(record)) == []
        return
    library = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    shown = library / "promotion/production.cases.yaml"
    shown.write_text(block.text, encoding="utf-8")
    tried = judging.try_out(reading.load(shown), judging.policy_of(shown, (library,)))
    assert tried.results != ()
    assert [r.case.name for r in tried.results if not r.as_expected] == []


@pytest.mark.parametrize("block", _of("toml"), ids=lambda b: b.place)
def test_a_toml_block_is_a_configuration_or_names_entry_points(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """policy.toml reads without a complaint; a plug-in's pyproject.toml names groups that are asked for."""
    data = tomllib.loads(block.text)
    if "project" in data:
        assert set(data["project"]["entry-points"]) <= {plugins.EVIDENCE, plugins.REGISTRIES}
        return
    (tmp_path / "policy.toml").write_text(block.text.replace("sha256:…", f"sha256:{'0' * 64}"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LETPASS_CONFIG", raising=False)

    found = load()

    assert found.path is not None
    assert [len(found.events)] == [len(data.get("events", ()))]


@pytest.mark.parametrize("block", _of("json"), ids=lambda b: b.place)
def test_a_json_block_is_an_event(block: Block) -> None:
    """It has the keys of an event, and no other."""
    shown = json.loads(block.text)
    made = Event("letpass-0", 0, 0, "promotion", "fraud", "4", shown["data"])

    assert json.loads(made.body(shown["source"])).keys() == shown.keys()


@pytest.mark.parametrize("block", _of("py"), ids=lambda b: b.place)
def test_code_for_other_programs_calls_what_there_is(block: Block) -> None:
    """It cannot run here, for want of the other program; its import and the names of its arguments are right."""
    tree = ast.parse(block.text)
    (imported,) = [n for n in tree.body if isinstance(n, ast.ImportFrom)]
    (call,) = [n.value for n in tree.body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)]

    assert imported.module == "letpass"
    (called,) = [getattr(letpass, each.name) for each in imported.names]
    assert called in {letpass.save_metric_frame, letpass.record_from}
    assert {k.arg for k in call.keywords} <= set(called.__annotations__)
