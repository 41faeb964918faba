"""Tags of MLflow never beat what MLflow recorded itself: they add what nobody else says, and contradictions are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from letpass.diagnostics import RecordError, Source
from letpass.facts import reader
from letpass.facts.document import read
from letpass.facts.record import Record
from letpass.frozen import replace
from letpass.registries.mlflow_record import Measured, ModelVersion, Run, record, text

ENDED = 1_780_000_000_000  # 2026-05-28T20:26:40Z
SOON, LATER = "2026-05-28T20:26:00Z", "2026-05-29T00:00:00Z"
GIT = {"mlflow.source.git.commit": "4f1c0de2", "mlflow.source.git.dirty": "true"}
INPUT = {"name": "train", "digest": "mlflow:be1c2d72", "uri": "s3://train"}


def measured(key: str, value: float, data_set: str = "", digest: str = "") -> Measured:
    return Measured(key, value, ENDED - 1000, "r1", data_set, digest)


RUN = Run(
    "r1", "FINISHED", ENDED, False, {"lr": "0.1", "seed": "7"}, {**GIT, "mlflow.user": "anna"},
    (measured("accuracy", 0.2), measured("recall", 0.3, "holdout", "d1")), (INPUT,),
)  # fmt: skip
VERSION = ModelVersion(
    "fraud", "1", ENDED + 1000, "", "models:/m-1", {}, "r1", RUN,
    mlmodel={"flavors": {"python_function": {"python_version": "3.11.7"}}}, requirements="numpy==2.4.6\nold-lib==1.0\n",
)  # fmt: skip


def tagged(tags: dict[str, Any], told: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The record of the version with these tags, and with those that are `told` at its run; lists and mappings as JSON."""
    run = replace(RUN, tags={**RUN.tags, **_texts(told or {})})
    return record(replace(VERSION, **{"run": run, **changes, "tags": _texts(tags)}))


def _texts(tags: dict[str, Any]) -> dict[str, str]:
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in tags.items()}


def notices(found: dict[str, Any]) -> list[str]:
    return [n["kind"] for n in found["notices"]]


def values(found: dict[str, Any], name: str) -> list[Any]:
    return [p["value"] if isinstance(p, dict) else p for p in found["metrics"][name]]


def readable(version: ModelVersion) -> Record:
    """The record as a registry reads it."""
    return reader.read(read(Source("x", text(version)), json=True))


# ---------------------------------------------------------------- metrics


@pytest.mark.parametrize(
    "said",
    [0.99, "0.99", {"value": 0.99}, {"value": 0.99, "measured_at": SOON}, {"value": 0.99, "measured_at": LATER},
     [{"value": 0.99}, {"value": 0.98}], {"value": 0.99, "data_set": "holdout"}, {"value": 0.99, "data_set": ""},
     {"value": 0.2, "samples": 1_000_000}, {"value": 0.2, "unit": "%"}, {"value": 0.2, "interval": {"low": 0.19, "high": 0.9}},
     {"value": 0.2, "slices": [{"group": "sex=F", "value": 0.99}]}, {"value": 0.2, "successes": 99, "samples": 100}, {}],
)  # fmt: skip
@pytest.mark.parametrize("where", ["version", "run"])
def test_what_a_run_measured_stands_alone(said: Any, where: str) -> None:
    """The attack: a tag `metrics` with a later `measured_at` was the newest piece, and 0.2 became 0.99."""
    tag = {"metrics": {"accuracy": said}}
    found = tagged(tag) if where == "version" else tagged({}, tag)

    assert found["metrics"]["accuracy"] == tagged({})["metrics"]["accuracy"]
    assert set(notices(found)) == {"tag-against-run"}
    assert "and a run measured `accuracy`, which counts" in found["notices"][0]["what"]
    assert f"the {where} tag `metrics` says `accuracy` " in found["notices"][0]["what"]


@pytest.mark.parametrize("name", ["Accuracy", "ACCURACY", "\uff41ccuracy", " accuracy", "accu-racy", "acc_uracy"])
def test_another_spelling_is_the_same_metric(name: str) -> None:
    """A policy may say `recorded as "Accuracy"`, which nobody had measured under that very name."""
    found = tagged({"metrics": {name: {"value": 0.99, "data_set": "other"}}})

    assert (set(found["metrics"]), notices(found)) == ({"accuracy", "recall"}, ["tag-against-run"])


@pytest.mark.parametrize(
    "said",
    [{"data_set": "holdout"}, {"data_set": "Hold-out"}, {"data_set": " HOLDOUT"}, {"data_set": "other", "data_digest": "mlflow:d1"},
     {"data_set": " "}, {"data_set": 7}, {}],
)  # fmt: skip
def test_another_spelling_is_the_same_data_set(said: dict[str, Any]) -> None:
    """So is another name with the same digest, and none at all."""
    found = tagged({"metrics": {"recall": {"value": 0.99, **said}}})

    assert (values(found, "recall"), notices(found)) == ([0.3], ["tag-against-run"])


def test_a_tag_adds_what_no_run_measured() -> None:
    """Another metric, and the same one on a data set of its own, where every value has one; a bare number is one too."""
    tags = _texts({"metrics": {"f1": 0.8}})
    assert readable(replace(VERSION, tags=tags)).measures["metrics", "f1"][0]["value"] == 0.8
    found = tagged({"metrics": {"f1": 0.8, "recall": {"value": 0.7, "data_set": "other", "measured_at": SOON}}})

    assert (values(found, "f1"), values(found, "recall"), notices(found)) == ([0.8], [0.3, 0.7], [])


def test_what_evidence_add_writes_down_again_is_no_contradiction() -> None:
    """The tag then holds what was measured beside what is added."""
    there = tagged({})["metrics"]

    found = tagged({"metrics": {**there, "f1": 0.8}})

    assert found["metrics"] == {**there, "f1": [{"value": 0.8}]}
    assert notices(found) == []


@pytest.mark.parametrize("where", ["version", "run"])
def test_a_tag_that_is_dated_after_the_end_of_the_run_is_late(where: str) -> None:
    """As a metric of the run would be; one that is dated before is not."""
    tag = {
        "metrics": {"f1": {"value": 0.8, "measured_at": LATER, "samples": 9}, "f2": {"value": 0.7, "measured_at": SOON}}
    }
    found = tagged(tag) if where == "version" else tagged({}, tag)

    assert found["metrics"]["f1"] == [{"value": f"0.8, dated {LATER}, after its run had ended", "measured_at": LATER}]
    assert (values(found, "f2"), notices(found)) == ([0.7], ["late-metric"])


def test_a_late_value_of_a_run_is_not_mended_by_a_tag() -> None:
    """Unreadable as it is, it is what was measured."""
    late = replace(RUN, metrics=(Measured("accuracy", 0.95, ENDED + 60_000, "r1"),))
    found = tagged({"metrics": {"accuracy": 0.95}}, run=late)

    assert (len(found["metrics"]["accuracy"]), notices(found)) == (1, ["late-metric", "tag-against-run"])
    assert str(values(found, "accuracy")[0]).startswith("0.95, logged at ")


@pytest.mark.parametrize(
    "changes",
    [{"run": None}, {"run": replace(RUN, id="r2"), "run_id": "r2", "logged": {"source_run_id": "r1"}},
     {"run": None, "run_id": "", "logged": {"source_run_id": "r1"}}],
    ids=["gone", "borrowed", "not named"],
)  # fmt: skip
def test_where_the_run_is_not_looked_at_no_tag_takes_its_place(changes: dict[str, Any]) -> None:
    """Whoever could take the run away could have said what it measured."""
    found = tagged({"metrics": {"accuracy": {"value": 0.99, "samples": 9}}}, **changes)

    assert values(found, "accuracy") == ["0.99, whether run r1, which is not looked at, measured it cannot be told"]
    assert "tag-against-run" in notices(found)


def test_what_a_deleted_run_measured_is_no_gap_either() -> None:
    """Its values are known, and unreadable."""
    found = tagged({"metrics": {"accuracy": 0.99, "f1": 0.8}}, run=replace(RUN, deleted=True))

    assert values(found, "accuracy") == ["0.2, of run r1, which is gone"]
    assert notices(found) == ["deleted-run", "tag-against-run"]


def test_a_version_that_no_run_made_has_what_its_tags_say() -> None:
    """Nobody measured anything; it is claimed, as everything in MLflow is."""
    found = tagged({"metrics": {"accuracy": {"value": 0.99, "measured_at": LATER}}}, run=None, run_id="")

    assert (values(found, "accuracy"), notices(found)) == ([0.99], [])


def test_a_dotted_name_of_a_metric_is_a_free_tag() -> None:
    """`metrics.accuracy` says no field."""
    found = tagged({"metrics.accuracy": "0.99"})

    assert (values(found, "accuracy"), found["tags"]) == ([0.2], {"metrics.accuracy": "0.99"})


def test_the_rule_sees_what_was_measured() -> None:
    """Read as a registry reads it, the slot holds one piece, with the run's value."""
    tags = _texts({"metrics": {"accuracy": {"value": 0.99, "measured_at": LATER}}})
    (piece,) = readable(replace(VERSION, tags=tags)).measures["metrics", "accuracy"]

    assert piece["value"] == 0.2


# ---------------------------------------------------------------- everything else that MLflow records


@pytest.mark.parametrize(
    ("tags", "path", "value"),
    [
        ({"code.commit": "evil"}, ("code", "commit"), "4f1c0de2"),
        ({"code": {"commit": "evil"}}, ("code", "commit"), "4f1c0de2"),
        ({"code.dirty": "false"}, ("code", "dirty"), True),
        ({"hyperparameters.lr": "0.5"}, ("hyperparameters", "lr"), "0.1"),
        ({"hyperparameters": {"lr": 0.5}}, ("hyperparameters", "lr"), "0.1"),
        ({"seeds.seed": "8"}, ("seeds", "seed"), 7),
        ({"seeds": {"seed": 8}}, ("seeds", "seed"), 7),
        ({"environment.python": "3.13.0"}, ("environment", "python"), "3.11.7"),
        ({"environment": {"python": "3.13.0"}}, ("environment", "python"), "3.11.7"),
    ],
)
@pytest.mark.parametrize("where", ["version", "run"])
def test_what_mlflow_recorded_stands(tags: dict[str, Any], path: tuple[str, str], value: Any, where: str) -> None:
    """Git's commit, parameters, seeds, and the model's own files: a tag that contradicts is told and left out."""
    found = tagged(tags) if where == "version" else tagged({}, tags)

    assert (found[path[0]][path[1]], notices(found)) == (value, ["tag-against-run"])
    assert "and MLflow recorded " in found["notices"][0]["what"]


def test_a_tag_adds_fields_and_says_the_same_again() -> None:
    """What MLflow has no place for; and a number that MLflow keeps as a text."""
    found = tagged(
        {"code.author": "anna@corp.example", "code": {"commit": "4f1c0de2", "dirty": True}, "hyperparameters": {"lr": 0.1, "C": 1},
         "hyperparameters.lr": "0.10", "seeds.numpy": "3", "environment.image": "python@sha256:1", "risk": "low",
         "facts.domain": "credit"}
    )  # fmt: skip

    assert found["code"] == {"commit": "4f1c0de2", "dirty": True, "author": "anna@corp.example"}
    assert found["hyperparameters"] == {"lr": "0.1", "seed": "7", "C": 1}
    assert found["seeds"] == {"seed": 7, "numpy": 3}
    assert (found["environment"]["image"], found["risk"], found["facts"]) == (
        "python@sha256:1",
        "low",
        {"domain": "credit"},
    )
    assert notices(found) == []


def test_data_that_a_run_was_trained_on_stays() -> None:
    """A list in a tag took the place of all inputs; now it adds to them, and its versions to what has none."""
    found = tagged(
        {"data": [{"name": "Train", "version": "7", "digest": "sha256:good"}, {"name": "more", "digest": "sha256:1"}]}
    )

    assert found["data"] == [{**INPUT, "version": "7"}, {"name": "more", "digest": "sha256:1"}]
    assert notices(found) == ["tag-against-run"]


@pytest.mark.parametrize("tag", [[{"name": 7}], []])
def test_elements_without_a_readable_name_take_nothing_away(tag: list[Any]) -> None:
    """They are beside what was recorded, where rules see them."""
    assert tagged({"data": tag})["data"] == [INPUT, *tag]


@pytest.mark.parametrize("tag", [{"numpy": "9.9", "Old_Lib": "2.0", "new": "1"},
                                 [{"name": "numpy", "version": "9.9"}, {"name": "old.lib", "version": "2.0"}, {"name": "new", "version": "1"}]])  # fmt: skip
def test_packages_of_the_models_own_files_stay(tag: Any) -> None:
    """A shorter list hid the package that its makers had given up."""
    found = tagged({"environment": {"packages": tag}})

    packages = {p["name"]: p["version"] for p in found["environment"]["packages"]}
    assert packages == {"numpy": "2.4.6", "old-lib": "1.0", "new": "1"}
    assert notices(found) == ["tag-against-run", "tag-against-run"]


def test_a_tag_says_more_of_a_package() -> None:
    """What requirements.txt has no place for."""
    found = tagged({"environment.packages": [{"name": "old-lib", "deprecated": True}]})

    assert found["environment"]["packages"][1] == {"name": "old-lib", "version": "1.0", "deprecated": True}
    assert notices(found) == []


# ---------------------------------------------------------------- tags against tags


@pytest.mark.parametrize(
    ("run", "version", "gone"),
    [({"risk": "high"}, {"risk": "low"}, "risk"), ({"license": "MIT"}, {"license": "GPL-3.0"}, "license"),
     ({"expires_at": "2026-01-01"}, {"expires_at": "2030-01-01"}, "expires_at"),
     ({"author": "anna@corp.example"}, {"author": "bob@corp.example"}, "author"),
     ({"facts.domain": "credit"}, {"facts": {"domain": "ads"}}, "facts"),
     ({}, {"seeds.numpy": "1", "seeds": {"numpy": 2}}, "numpy")],
)  # fmt: skip
def test_of_two_tags_that_differ_neither_counts(run: dict[str, Any], version: dict[str, Any], gone: str) -> None:
    """Nobody knows which is right: low where it was high, or another author than the training said."""
    found = tagged(version, run)

    assert gone not in found
    assert gone not in found["seeds"]
    assert notices(found) == ["tags-differ"]
    assert found["notices"][0]["what"].endswith("; neither counts")


def test_of_two_tags_that_say_the_same_one_counts() -> None:
    """The twin."""
    found = tagged(
        {"risk": "high", "author": "anna@corp.example"}, told={"risk": "high", "author": "anna@corp.example"}
    )

    assert (found["risk"], found["author"], notices(found)) == ("high", "anna@corp.example", [])


def test_a_login_is_no_name() -> None:
    """A tag says who made a version; without one it is the login, and the gate's own mark is before both."""
    assert tagged({})["author"] == "anna"
    assert tagged({"author": "bob@corp.example"})["author"] == "bob@corp.example"
    assert tagged({"author": "bob@corp.example", "letpass.made-by": "carl"})["author"] == "carl"


def test_runs_of_suites_and_scans_are_all_there() -> None:
    """The newest counts; none takes the place of another unseen, so that a failed one is not hidden by an older."""
    failed = {"name": "Smoke", "passed": False, "ran_at": "2026-05-28"}
    passed = {"name": "Smoke", "passed": True, "ran_at": "2026-05-27"}
    scan = {"tool": "modelscan", "ran_at": "2026-05-28", "scanned": 1, "findings": []}
    found = tagged({"suites": [passed, failed], "scans": [scan]}, told={"suites": [failed], "scans": [scan]})

    assert (found["suites"], found["scans"], notices(found)) == ([failed, passed], [scan], [])


# ---------------------------------------------------------------- free text


EVERYDAY = [
    ("data", "s3://bucket/train.csv"),
    ("environment", "prod"),
    ("code", "see the wiki"),
    ("metrics", "good"),
    ("suites", "none yet"),
    ("scans", "3"),
    ("code.dirty", "perhaps"),
    ("environment.packages", "numpy"),
    ("metrics", ""),
    ("data", '"x"'),
    ("data", "[train] of november"),
    ("data", '["train.csv", "test.csv"]'),
    ("data", '[{"digest": "sha256:good"}]'),
    ("environment", '{"cluster": "a100"}'),
    ("code", "{{ notebook }}"),
    ("code", "[]"),
    ("hyperparameters", "as in the paper"),
    ("seeds", "42"),
    ("facts", "none"),
    ("license", "[mit"),
    ("taken_back", "yes"),
]


@pytest.mark.parametrize("where", ["run", "version"])
@pytest.mark.parametrize(("key", "said"), EVERYDAY)
def test_text_in_an_everyday_tag_is_no_field(key: str, said: str, where: str) -> None:
    """People call tags so; the version could not be judged, or was said to have what nobody recorded."""
    found = tagged({}, {key: said}) if where == "run" else tagged({key: said})

    assert {k: v for k, v in found.items() if k not in {"notices", "tags"}} == {
        k: v for k, v in tagged({}).items() if k not in {"notices", "tags"}
    }
    (notice,) = found["notices"]
    assert notice["kind"] == "no-field"
    assert f"the {where} tag `{key}` is called like a field of the record and holds none" in notice["what"]


@pytest.mark.parametrize(("key", "said"), [("observations", "{}"), ("deployments", "[]")])
def test_what_only_the_registry_says_is_no_field_of_a_run(key: str, said: str) -> None:
    """A run does not serve."""
    (notice,) = tagged({}, {key: said})["notices"]
    assert notice["kind"] == "no-field"


@pytest.mark.parametrize("where", ["run", "version"])
@pytest.mark.parametrize(("key", "said"), [("suites", "[{"), ("suites", "{}"), ("scans", '[{"tool": "t", "findi'), ("metrics", "[1]"), ("taken_back", " {")])  # fmt: skip
def test_evidence_that_was_cut_short_is_an_error(key: str, said: str, where: str) -> None:
    """A list of findings is no text: what speaks against the version would be passed over."""
    with pytest.raises(RecordError, match="is called like a field of the record, and does not hold one"):
        tagged({}, {key: said}) if where == "run" else tagged({key: said})


def test_a_tag_that_was_written_for_the_record_is_read() -> None:
    """As `evidence add` and training scripts write it, in the run and in the version."""
    tags = {
        "data": '[{"name": "events", "version": "3"}]',
        "environment": '{"cuda": "none"}',
        "license": '["MIT", "GPL-3.0"]',
    }
    for found in (tagged({}, tags), tagged(tags)):
        assert ([d for d in found["data"] if d["name"] == "events"], found["environment"]["cuda"]) == (
            [{"name": "events", "version": "3"}], "none",
        )  # fmt: skip
        assert (found["license"], notices(found)) == (["MIT", "GPL-3.0"], [])


def test_what_was_taken_back_in_two_tags_is_taken_back_in_both() -> None:
    """No mark takes another's place."""
    one, other = ({"section": "suites", "name": n, "at": "2026-11-20"} for n in ("smoke", "fair"))
    found = tagged({"taken_back": json.dumps([one])}, {"taken_back": json.dumps([other])})
    assert sorted(m["name"] for m in found["taken_back"]) == ["fair", "smoke"]


# ---------------------------------------------------------------- hostile texts

ODD = (
    "9" * 5000, "-" + "9" * 400, "1e400", "NaN", "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, '"\\ud800"',
    '{"a": 1, "a": 2}', "[1]", "[[]]", "[null]", '[{"name": 1}]', "null", "{}", "", "\x00", '{"accuracy": 1e999}',
    '{"accuracy": {"value": ' + "9" * 400 + "}}", '{"accuracy": [{"value": "x"}, 7, null]}', '{"numpy": {"version": []}}',
)  # fmt: skip
TOLD = (
    "metrics", "observations", "suites", "scans", "data", "code", "code.commit", "code.dirty", "artifact", "artifact.digest",
    "environment", "environment.packages", "hyperparameters", "hyperparameters.lr", "seeds", "seeds.x", "facts", "facts.x",
    "risk", "license", "author", "expires_at", "deployments", "notices", "tags", "model_card", "mlflow.source.name",
)  # fmt: skip


@pytest.mark.parametrize("key", TOLD)
def test_a_tag_is_read_or_told_whatever_stands_in_it(key: str) -> None:
    """At the version, at its run, and as a parameter of the run: a record that reads, or a refusal of the record."""
    for odd in ODD:
        for version in (
            replace(VERSION, tags={key: odd}),
            replace(VERSION, run=replace(RUN, tags={**RUN.tags, key: odd})),
            replace(VERSION, run=replace(RUN, params={"seed": odd, key: odd})),
        ):
            assert _answered(version) in {"fraud", "GATE301", "GATE302", "GATE303", "GATE304", "GATE305"}, (
                key,
                odd[:40],
            )


def _answered(version: ModelVersion) -> str:
    """The model of the record that a version has; the code of the refusal where it has none."""
    try:
        return readable(version).text("model")
    except RecordError as error:
        return error.diagnostics[0].code


@pytest.mark.parametrize("name", ["a", ""])
@pytest.mark.parametrize("top", ["facts", "seeds", "hyperparameters"])
def test_a_key_of_a_tags_mapping_may_be_an_empty_text(top: str, name: str) -> None:
    """It had taken the place of the whole section, and the next key stopped the reading of the version."""
    found = tagged({top: {name: 1, "other": 2}})

    assert (found[top][name], found[top]["other"]) == (1, 2)
