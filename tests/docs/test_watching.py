"""What the page on watching shows for other programs is what there is: a line, metrics, rules, a probe."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from letpass.enforcement import counts, mlflow_endpoints, watching
from letpass.enforcement.shared import Shared
from letpass.events.watch import Became, Line
from letpass.ledger.entry import Entry
from letpass.lifecycle.differences import Kind
from letpass.project.configuration import load
from letpass.project.project import Project
from tests.docs.blocks import WATCHING, blocks, prose

pytestmark = pytest.mark.once


def table(heading: str) -> list[str]:
    """The names in the first column of the first table below a heading."""
    section = prose(WATCHING).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


def shown(kind: str) -> list[Any]:
    return [yaml.safe_load(b.text) for b in blocks(WATCHING, kind)]


@pytest.fixture(name="metrics")
def _metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How many samples each metric has, of a server that has compared and whose ledger has an entry."""
    monkeypatch.chdir(tmp_path)
    project = Project(load())
    project.log([Entry("move", data={"n": 1})], watching._now())
    numbers = Shared(tmp_path / "numbers", counts._NAMES)
    with numbers.changed() as found:
        found[counts.AT] = 1.0
    families = [*counts.families(numbers.read()), *watching.Watched().gauges.answer()]
    return {f.name: len(f.samples) for f in families} | {"letpass_ready": 1}


def test_the_line_that_is_shown_has_the_fields_of_a_line() -> None:
    """And the table says what each is."""
    line, _ = shown("json")
    whole = Line("a", Became.ERROR, "a", "a", "a", 1, "a", 1, "a", 1.0, "a").fields

    assert [*line][2:] == [name for name in whole if name != "error"]
    assert sorted(whole) == sorted(table("A line for each decision"))
    assert line["decision_id"].startswith("sha256:")
    assert {f"`{b.value}`" for b in Became} <= set(re.findall(r"`\w+`", prose(WATCHING)))


def test_every_metric_is_in_the_table_and_no_other(metrics: dict[str, int]) -> None:
    """With fewer series than the page says."""
    said = [re.sub(r"\{.*", "", name).replace("…", "letpass_drift") for name in table("Metrics")]

    assert sorted(said) == sorted(metrics)
    assert sum(metrics.values()) < 150
    assert metrics["letpass_drift"] == len(Kind)


def test_the_rules_name_metrics_that_there_are(metrics: dict[str, int]) -> None:
    (rules,) = [x for x in shown("yaml") if "groups" in x]
    named = {n for rule in rules["groups"][0]["rules"] for n in re.findall(r"letpass_\w+", rule["expr"])}

    assert named <= set(metrics)
    assert len(rules["groups"][0]["rules"]) == 5


def test_the_addresses_are_those_of_the_pages() -> None:
    _, probe = shown("json")
    (scrape,) = [x for x in shown("yaml") if "scrape_configs" in x]

    assert probe["readinessProbe"]["httpGet"]["path"] == mlflow_endpoints.READY
    assert probe["readinessProbe"]["timeoutSeconds"] > watching.WAITING
    assert scrape["scrape_configs"][0]["metrics_path"] == mlflow_endpoints.METRICS
    for line in next(b.text for b in blocks(WATCHING, "text")).splitlines():
        assert re.fullmatch(r'letpass_\w+\{\w+="\w+"(,le="[\d.]+")?\} \d+', line)


@pytest.mark.parametrize(("what", "key"), [("rules", "groups"), ("config", "scrape_configs")])
def test_prometheus_own_tool_reads_them(what: str, key: str, tmp_path: Path) -> None:
    """And refuses the same with one fault in it."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("there is no promtool: install Debian's package prometheus")
    (found,) = [x for x in shown("yaml") if key in x]
    whole = json.dumps(found).replace("/etc/prometheus/mlflow", str(tmp_path / "password"))
    (tmp_path / "password").write_text("secret")
    for text, code in ((whole, 0), (whole.replace('"expr"', '"xpr"').replace('"static_configs"', '"static"'), 1)):
        (tmp_path / "file.yml").write_text(text)
        done = subprocess.run([program, "check", what, str(tmp_path / "file.yml")], capture_output=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
