"""Which format a file is of is told by its content; what nobody knows is refused with the nearest reader."""

from __future__ import annotations

import json
from typing import Any

import pytest

from letpass.evidence import detecting
from letpass.evidence.detecting import chosen, smaller
from letpass.evidence.interface import FORMATS
from letpass.evidence.sources import Content
from tests.evidence import evaluations as made
from tests.evidence.reading import SAMPLES, sample
from tests.fuzz.corpus import JUNIT, SARIF

KNOWN = {
    "evidently": made.dumped(made.report("SUCCESS")),
    "garak": made.lined(made.garak(made.attack())),
    "great-expectations": made.dumped(made.validation(made.expectation())),
    "inspect": made.dumped(made.log()),
    "junit": JUNIT[0].encode(),
    "lm-eval": made.dumped(made.lm_results()),
    "metric-frame": sample("frame.json"),
    "modelscan": sample("modelscan-clean.json"),
    "picklescan": sample("picklescan-clean.txt"),
    "clamav": sample("clamscan-clean.txt"),
    "promptfoo": made.dumped(made.foo_results([made.foo_test()])),
    "sarif": json.dumps(SARIF).encode(),
    "test-result": sample("test-result-passed.json"),
    "record": b'{"metrics": {"f1": 0.5}}',
}
OTHERS: dict[str, Any] = {
    "a checkpoint of Great Expectations": {"success": True, "statistics": {}, "validation_results": []},
    "a run of deepeval": {"test_results": [], "confident_link": None},
    "a suite of deepchecks": {"name": "s", "results": [], "type": "SuiteResult"},
    "a bill of materials of CycloneDX": {"bomFormat": "CycloneDX", "specVersion": "1.6"},
    "a document of SPDX": {"@context": "c", "@graph": []},
    "a provenance of SLSA": {"_type": "t", "predicateType": "https://slsa.dev/provenance/v1"},
    "a signature of sigstore": {"mediaType": "m", "verificationMaterial": {}},
    "logs of OpenTelemetry": {"resourceLogs": []},
    "constraints of whylogs": [{"name": "n", "passed": 1, "failed": 0, "summary": None}],
    "the hitlog of garak": {"goal": "g", "prompt": "p", "trigger": "t", "run_id": "r"},
    "results of promptfoo in JSON Lines": {"promptIdx": 0, "testIdx": 1},
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("called", ["a", "a.txt", "a.json", "a.JSONL", "a.xml", "a.yaml"])
def test_content_tells_whatever_a_file_is_called(name: str, called: str) -> None:
    """Also behind a byte order mark and white space."""
    assert chosen(called, Content(KNOWN[name])) == name
    if name not in {"clamav", "picklescan"}:
        assert chosen(called, Content(b"\xef\xbb\xbf \r\n" + KNOWN[name])) == name


def test_every_format_but_three_is_told_by_content() -> None:
    """A card is Markdown, MLflow's numbers are a flat mapping, and a record may be YAML."""
    assert set(FORMATS) - set(KNOWN) == {"mlflow-evaluation", "model-card"}


def test_a_log_packed_into_an_archive_is_told_by_its_first_bytes() -> None:
    """Whatever method it is packed with."""
    for method in (0, 8, 93):
        assert chosen("log.eval", Content(made.archive(made.log(), method))) == "inspect"


def test_what_has_no_mark_goes_by_its_name() -> None:
    """YAML, Markdown, XML of another root, and a broken JSON, whose reader says where it is broken."""
    for called, format_ in {
        "a.yaml": "record",
        "a.md": "model-card",
        "a.xml": "junit",
        "a.sarif": "sarif",
        "a.json": "record",
    }.items():
        assert chosen(called, Content(b"x")) == format_
    assert chosen("a.json", Content(b'{"results": ')) == "record"
    with pytest.raises(ValueError, match="what format is it"):
        chosen("a.csv", Content(b"x,y"))


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_known_and_not_read_is_named_with_what_to_hand_in(name: str) -> None:
    """No other reader takes it."""
    value = OTHERS[name]
    with pytest.raises(ValueError, match=rf"it looks like {name}, which is not read; hand in .+"):
        chosen("a.json", Content(made.dumped(value)))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b':::MLLOG {"key": "a"}', "a log of MLPerf"),
        (b"GGUF\3\0\0\0", "weights in GGUF"),
        (b"\2\0\0\0\0\0\0\0{}", "weights in safetensors"),
        (b"<promptfoo><evalId/></promptfoo>", "results of promptfoo in XML"),
        (made.lined(made.lm_samples()), "samples of lm-eval"),
    ],
)
def test_files_that_are_no_json_are_named_too(data: bytes, name: str) -> None:
    """By their first bytes, or by the keys of their first line."""
    with pytest.raises(ValueError, match=f"it looks like {name}, which is not read; hand in "):
        chosen("a.json", Content(data))


def test_a_file_of_two_formats_is_asked_about() -> None:
    """One that has the marks of both is neither without a word of the caller."""
    both = made.log() | made.validation(made.expectation(), results=[]) | {"results": []}
    with pytest.raises(ValueError, match="it may be `inspect` or `great-expectations`; say which one with --from"):
        chosen("a.json", Content(made.dumped(both)))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"version": 2, "eval": {}, "x": 1}, r"with the keys `version`, `eval`, `x`, which no reader knows; the nearest is `inspect`, which has `status` besides"),
        ({"success": True, "results": []}, r"the nearest is `great-expectations`, which has `statistics` besides"),
        ({"a": 1, "b": 2, "c": 3, "d": "x", "e": 5}, r"with the keys `a`, `b`, `c`, `d` …, which no reader knows; the nearest is `record`"),
        ({"accuracy": 0.5}, "the nearest is `mlflow-evaluation`"),
        ([1, 2], "it looks like a list in JSON"),
    ],
)  # fmt: skip
def test_an_unknown_file_is_refused_with_the_nearest_reader(value: Any, said: str) -> None:
    """And what it lacks of that one's marks."""
    with pytest.raises(ValueError, match=said):
        chosen("a.json", Content(made.dumped(value)))


@pytest.mark.parametrize(
    ("begin", "how"),
    [
        (made.dumped(made.log()), "`inspect log dump --header-only"),
        (b"PK\x03\x04\0\0", "`inspect log dump --header-only"),
        (made.lined(made.garak()), "grep -v"),
        (made.lined(made.lm_samples()), "jq -c"),
        (b"{}", ""),
    ],
)
def test_what_is_too_large_can_be_made_smaller(begin: bytes, how: str) -> None:
    """By a command of the tool, or one that leaves out what is not read."""
    assert (how in smaller(begin), bool(smaller(begin))) == (True, bool(how))


def test_no_sample_is_taken_for_another_format() -> None:
    """Each of the files that tools made here is of its own, or asked about."""
    for path in SAMPLES.iterdir():
        try:
            found = chosen(path.name, Content(path.read_bytes()))
        except ValueError:
            continue
        assert path.name.startswith(
            {"sarif": "bandit", "clamav": "clamscan", "metric-frame": "frame"}.get(found, found)
        ), found


def test_marks_do_not_depend_on_what_is_decoded() -> None:
    """A file that does not read as JSON has no marks."""
    assert detecting.marks(Content(b'{"version": 2, "status": "success", "eval": {}')) == []
