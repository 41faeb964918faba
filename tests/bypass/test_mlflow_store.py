"""Door: MLflow's store.  As what a model is known there, by which names, and what changes between a look and a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from letpass.enforcement import apart
from letpass.lifecycle import moves
from tests.bypass.conftest import Call
from tests.bypass.served import answer
from tests.bypass.store import CALLED, IS_PROMPT, Store, _begun, stored  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*noload.*"),
]
NAME = "fraud"
KEY = "letpass.revocation"
WHY = '{"reason": "trained on leaked labels"}'


def between(monkeypatch: pytest.MonkeyPatch, move: str, meanwhile: Callable[[], object]) -> None:
    """Let something happen once, when a call has looked and before it takes its lease."""
    real, waiting = getattr(moves, move), [meanwhile]

    def late(*given: Any, **more: Any) -> Any:
        while waiting:
            waiting.pop()()
        return real(*given, **more)

    monkeypatch.setattr(moves, move, late)


def test_the_honest_way_works(store: Store) -> None:
    """What the policy allows is moved, what it denies is not; prompts are free, and it is said that they are passed over."""
    assert store.model(NAME, 0.95) == "1"
    assert store.model(NAME, 0.2) == "2"
    store.prompt("greeting")

    assert (store.alias(NAME, "champion", "2"), store.alias(NAME, "champion", "1")) == (403, 200)
    assert store.alias("greeting", "production", "1") == 200
    assert (store.holders(NAME), store.differing()) == (["1"], [])


# ---------------------------------------------------------------- called a prompt


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_tag_of_prompts_hides_no_version_that_holds_a_stage(store: Store, call: Call, value: str) -> None:
    """MLflow's client has no model that bears the tag, and its searches leave the model out: nobody looked at it any more."""
    store.model(NAME, 0.95)
    store.model(NAME, 0.2)
    store.model("other", 0.95)
    assert store.alias(NAME, "champion", "1") == 200

    store.past.set_registered_model_alias(NAME, "champion", "2")
    assert (store.called(NAME, value, by=store.past), store.tag(NAME, "2", IS_PROMPT, value, by=store.past)) == (
        200,
        200,
    )

    assert store.differing() == [("not-moved", "fraud@1"), ("moved", "fraud@2")]
    code, out, _ = call("reconcile")
    assert (code, "fraud@2" in out) == (1, True), out


def test_a_review_looks_at_what_is_called_a_prompt(store: Store, call: Call) -> None:
    """It was in no listing, so that nothing became due."""
    review = 'policy fresh: "Fresh"\n  on review\nrequire good: accuracy >= 0.99\n'
    (store.folder / "policies/fresh.policy").write_text(review)
    store.model(NAME, 0.95)
    assert store.alias(NAME, "champion", "1") == 200
    assert (store.called(NAME, by=store.past), store.tag(NAME, "1", IS_PROMPT, "true", by=store.past)) == (200, 200)
    store.prompt("greeting")

    code, out, err = call("review", "--no-log")

    assert (code, "fraud@1" in out) == (1, True), (out, err)
    assert "passed over: prompt `greeting`" in err


def test_no_model_becomes_a_prompt_by_a_tag_that_is_written_later(store: Store) -> None:
    """Whoever could write tags hid what is in production from every look but the gate's own."""
    store.model(NAME, 0.95)
    store.named("empty")
    assert store.alias(NAME, "champion", "1") == 200

    for value in ("true", "false", ""):
        assert (store.called(NAME, value), store.called("empty", value)) == (403, 403)
        assert store.tag(NAME, "1", IS_PROMPT, value) == 403
    assert [v.version for v in store.past.search_model_versions(f"name='{NAME}'", 10)] == [1]


def test_a_name_that_was_made_for_prompts_gets_no_models_version(store: Store) -> None:
    """The tag stood there before there was a version: what came into production under the name was in no listing."""
    store.named(NAME, CALLED)
    for tags in ({}, CALLED):
        assert answer(lambda t=tags: store.model(NAME, 0.95, tags=t)) == 403  # type: ignore[misc]
    store.prompt(NAME)
    assert answer(lambda: store.model(NAME, 0.95)) == 403
    assert answer(lambda: store.version(NAME, "prompt-template", {})) == 403

    assert [str(v.version) for v in store.past.get_registered_model(NAME).latest_versions] == ["1"]
    assert store.alias(NAME, "champion", "1") == 200


def test_a_model_gets_no_prompts_version(store: Store) -> None:
    """One version that is called a prompt takes all of them out of MLflow's searches."""
    store.model(NAME, 0.95)
    store.named("empty")

    for name in (NAME, "empty"):
        for source in ("prompt-template", "dummy-source", str(store.folder)):
            assert answer(lambda n=name, s=source: store.version(n, s, CALLED)) == 403  # type: ignore[misc]
    assert [v.version for v in store.past.search_model_versions(f"name='{NAME}'", 10)] == [1]


def test_a_copy_takes_no_tag_of_prompts_along(store: Store) -> None:
    """A copy has the tags of its original, and one that somebody had written there past the gate hid it too."""
    store.model("source", 0.95)
    assert store.tag("source", "1", IS_PROMPT, "true", by=store.past) == 200

    store.gated.copy_model_version(store.past.get_model_version("source", "1"), NAME)

    assert IS_PROMPT not in store.past.get_model_version(NAME, "1").tags
    assert (store.alias(NAME, "champion", "1"), store.differing()) == (200, [])


def test_what_only_says_that_it_is_a_prompt_is_gated(store: Store) -> None:
    """Neither the source of a prompt makes one, nor its tag, nor a stage of MLflow's that no prompt has."""
    store.named("source")
    store.version("source", "dummy-source", {})
    store.model("tag", 0.2, by=store.past, tags=CALLED)
    store.called("tag", by=store.past)
    store.prompt("staged")

    assert [store.alias(name, "champion", "1") for name in ("source", "tag")] == [403, 403]
    assert answer(lambda: store.gated.transition_model_version_stage("staged", "1", "Production", False)) == 403
    assert [store.held(name) for name in ("source", "tag", "staged")] == [{}, {}, {}]


def test_a_prompt_under_the_name_of_a_model_holds_no_stage(store: Store) -> None:
    """Its model had been in production and was deleted: to whoever serves the name by its alias it is still that model's."""
    store.model(NAME, 0.95)
    assert store.alias(NAME, "champion", "1") == 200
    store.gated.delete_registered_model_alias(NAME, "champion")
    store.gated.delete_registered_model(NAME)
    store.prompt(NAME)

    assert (store.alias(NAME, "champion", "1"), store.alias(NAME, "draft", "1")) == (403, 200)
    store.past.set_registered_model_alias(NAME, "production", "1")
    assert ("moved", "fraud@1") in store.differing()


# ---------------------------------------------------------------- a name that comes or goes meanwhile


@pytest.mark.parametrize("by", ["alias", "stage"])
def test_a_name_that_is_set_while_a_version_leaves_keeps_it_there(
    store: Store, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The other name was not there when the leaving was judged, and so it was logged that the version had left."""
    store.model(NAME, 0.95)
    leave = {
        "alias": lambda: store.gated.delete_registered_model_alias(NAME, "production"),
        "stage": lambda: store.gated.transition_model_version_stage(NAME, "1", "None", False),
    }[by]
    if by == "alias":
        assert store.alias(NAME, "production", "1") == 200
    else:
        store.gated.transition_model_version_stage(NAME, "1", "Production", False)
    before = store.held(NAME)
    between(monkeypatch, "leave", lambda: store.alias(NAME, "champion", "1"))

    assert (answer(leave), store.held(NAME)) == (409, {**before, "champion": "1"})
    assert (store.holders(NAME), store.differing()) == (["1"], [])
    assert (answer(leave), store.held(NAME), store.differing()) == (200, {"champion": "1"}, [])


@pytest.mark.parametrize("by", ["alias", "stage"])
def test_a_name_that_goes_while_another_is_taken_away_makes_that_a_leaving(
    store: Store, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Each was taken away as one of two, and in the end nobody had logged that the version is gone."""
    store.model(NAME, 0.95)
    assert store.alias(NAME, "production", "1") == 200
    if by == "alias":
        assert store.alias(NAME, "champion", "1") == 200
    else:
        store.gated.transition_model_version_stage(NAME, "1", "Production", False)
    leave = {
        "alias": lambda: store.gated.delete_registered_model_alias(NAME, "champion"),
        "stage": lambda: store.gated.transition_model_version_stage(NAME, "1", "None", False),
    }[by]
    between(monkeypatch, "name", lambda: store.gated.delete_registered_model_alias(NAME, "production"))

    assert (answer(leave), len(store.held(NAME)), store.holders(NAME)) == (409, 1, ["1"])
    assert (answer(leave), store.held(NAME), store.holders(NAME)) == (200, {}, [])
    assert store.differing() == []


# ---------------------------------------------------------------- deleted meanwhile


@pytest.mark.parametrize("what", ["version", "model"])
def test_a_deletion_does_not_overtake_a_promotion(store: Store, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Found to be in no stage, promoted, and deleted: it was lost while it was in production."""
    store.model(NAME, 0.95)
    said: list[int] = []
    look = apart._free

    def looked(*given: Any) -> None:
        look(*given)
        if not said:
            said.append(0)
            said[0] = store.alias(NAME, "champion", "1")

    monkeypatch.setattr(apart, "_free", looked)
    delete = {
        "version": lambda: store.gated.delete_model_version(NAME, "1"),
        "model": lambda: store.gated.delete_registered_model(NAME),
    }[what]
    gone = answer(delete)

    assert (said, gone) in (([200], 409), ([409], 200))
    assert store.holders(NAME) == (["1"] if said == [200] else [])
    assert store.differing() == []


def test_a_deletion_waits_for_no_files(store: Store) -> None:
    """What cannot be read any more can still be deleted, and a move that is under way keeps it until it has ended."""
    store.model(NAME, 0.95)
    for path in sorted(store.folder.glob("files/1/*")):
        path.unlink()
    assert answer(lambda: store.gated.delete_model_version(NAME, "1")) == 200


# ---------------------------------------------------------------- revoked, and called otherwise


def renamed(store: Store) -> tuple[str, str]:
    store.gated.rename_registered_model(NAME, "risk")
    return "risk", "1"


def copied(store: Store) -> tuple[str, str]:
    store.gated.copy_model_version(store.past.get_model_version(NAME, "1"), "risk")
    return "risk", "1"


def copied_beside(store: Store) -> tuple[str, str]:
    return NAME, str(store.gated.copy_model_version(store.past.get_model_version(NAME, "1"), NAME).version)


def made_anew(store: Store) -> tuple[str, str]:
    return "risk", store.model("risk", 0.95, data="unfit")


def deleted_and_made_anew(store: Store) -> tuple[str, str]:
    store.gated.delete_registered_model(NAME)
    return "risk", store.model("risk", 0.95, data="unfit")


@pytest.mark.parametrize("way", [renamed, copied, copied_beside, made_anew, deleted_and_made_anew])
def test_a_revocation_is_of_the_bytes_under_whatever_name(
    store: Store, way: Callable[[Store], tuple[str, str]]
) -> None:
    """Without a trust file it was logged under the version's name alone, and another name was free of it."""
    store.model(NAME, 0.95, data="unfit")
    assert store.tag(NAME, "1", KEY, WHY) == 200
    assert store.alias(NAME, "champion", "1") == 403

    name, version = way(store)

    assert (store.alias(name, "champion", version), store.held(name)) == (403, {})
    store.model("sound", 0.95)
    assert store.alias("sound", "champion", "1") == 200


def test_a_revocation_reaches_what_stands_in_production_under_another_name(store: Store) -> None:
    """Its proof has ended as well, and it is nobody's champion: until the word is lifted, under whichever name."""
    store.model(NAME, 0.95, data="unfit")
    store.gated.copy_model_version(store.past.get_model_version(NAME, "1"), "risk")
    assert store.alias("risk", "champion", "1") == 200

    assert store.tag(NAME, "1", KEY, WHY) == 200
    assert store.alias("risk", "champion", "1") == 403  # it is there, and its approval has ended

    assert store.tag("risk", "1", "letpass.lift", '{"reason": "they were not"}') == 200
    assert (store.alias("risk", "champion", "1"), store.alias(NAME, "champion", "1")) == (200, 200)
