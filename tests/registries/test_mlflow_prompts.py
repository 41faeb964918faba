"""What a prompt is among MLflow's models, and that no search of MLflow's decides what is looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from letpass.registries.mlflow_connection import Connection
from letpass.registries.mlflow_prompts import IS_PROMPT, are_prompts, is_prompt, words

MADE = {
    "source": "prompt-template",
    "run_id": None,
    "model_id": None,
    "current_stage": "None",
    "tags": {IS_PROMPT: "true"},
}


def made(number: int = 1, name: str = "greeting", **changes: Any) -> Any:
    return SimpleNamespace(name=name, version=str(number), aliases=[], **{**MADE, **changes})


def test_a_prompt_is_what_was_made_as_one_in_every_way() -> None:
    """By its source, without run and logged model, outside of MLflow's stages, and with its tag."""
    assert is_prompt(made())
    assert is_prompt(made(source="dummy-source", run_id="", current_stage=None))


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "s3://bucket/model"}, {"source": ""}, {"source": None}, {"run_id": "4f1c"}, {"model_id": "m-1"},
        {"current_stage": "Production"}, {"tags": {}}, {"tags": {IS_PROMPT: "false"}}, {"tags": {IS_PROMPT: "True "}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_a_prompt_by_halves_is_a_model(changes: dict[str, Any]) -> None:
    """Whatever else may be a model is looked at as one."""
    assert not is_prompt(made(**changes))
    assert not are_prompts([made(), made(2, **changes)])


def test_a_name_is_of_prompts_where_it_has_some_and_nothing_else() -> None:
    """A name without a version is nobody's yet."""
    assert are_prompts([made(), made(2)])
    assert not are_prompts([])
    assert (
        words([SimpleNamespace(**{**vars(made(3)), "aliases": ["production"]})])
        == "prompt `greeting` (@production is 3)"
    )


class Searched:
    """A registry whose searches leave out what they like: each search, by whether it is for prompts, and what it finds."""

    def __init__(self, versions: list[Any], shown: dict[bool, list[int]]) -> None:
        self.versions = {int(v.version): v for v in versions}
        self.shown = shown

    def search_model_versions(self, wanted: str, max_results: int, page_token: str | None) -> Any:
        assert (max_results, page_token) == (1000, None)
        found = [self.versions[n] for n in self.shown[IS_PROMPT in wanted]]
        return type("Page", (list,), {"token": None})(found)

    def get_registered_model(self, name: str) -> Any:
        latest = [self.versions[max(self.versions)]] if self.versions else []
        return SimpleNamespace(name=name, latest_versions=latest, aliases={"production": "1"}, _tags={})

    def get_model_version(self, name: str, number: str) -> Any:
        assert name == "fraud"
        if int(number) not in self.versions:
            error = RuntimeError("no such version")
            error.error_code = "RESOURCE_DOES_NOT_EXIST"  # type: ignore[attr-defined]
            raise error
        return self.versions[int(number)]


@pytest.mark.parametrize(
    "shown",
    [
        {False: [1, 2, 4], True: []},
        {False: [], True: [2]},
        {False: [], True: [1, 2, 4]},
        {False: [1, 4], True: [2]},
        {False: [], True: []},
    ],
    ids=["no tag", "one bears the tag", "all bear it", "the tag hides that one alone", "it was taken away meanwhile"],
)
def test_every_version_of_a_model_is_listed_whatever_a_search_leaves_out(
    shown: dict[bool, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 was deleted.  Of one that bears the tag MLflow's search for models leaves out all its siblings, too."""
    registry = Searched([made(n, "fraud", source=f"s3://{n}") for n in (1, 2, 4)], shown)
    client = Connection("mlflow+http://127.0.0.1:1")
    monkeypatch.setitem(vars(client), "registry", registry)

    found = client.versions("fraud")

    assert [(v.version, v.aliases) for v in found] == [("1", ["production"]), ("2", []), ("4", [])]
    if any(shown.values()):
        assert [v.version for v in client.versions()] == ["1", "2", "4"]
        assert client.models() == {"fraud"}
