"""Names in MLflow at the gate: of what kind they are, what becomes of a version that loses one, and what waits for the lease."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bypass.served import answer
from tests.bypass.store import CALLED, IS_PROMPT, Store, _begun, stored  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.once,
    pytest.mark.filterwarnings("ignore:.*stage.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*noload.*"),
]
NAME = "fraud"
NO_LEDGER = "postgresql://127.0.0.1:1/none?connect_timeout=1"


def test_a_tag_that_lies_may_be_taken_away_and_a_prompts_own_may_not(store: Store) -> None:
    """Whoever wrote it past the gate had hidden a model from MLflow's own pages."""
    store.model(NAME, 0.95)
    store.prompt("greeting")
    store.named("coming", CALLED)
    assert (store.called(NAME, by=store.past), store.tag(NAME, "1", IS_PROMPT, "true", by=store.past)) == (200, 200)

    def taken(name: str) -> list[int]:
        return [
            answer(lambda: store.gated.delete_model_version_tag(name, "1", IS_PROMPT)),
            answer(lambda: store.gated.delete_registered_model_tag(name, IS_PROMPT)),
        ]

    assert (taken(NAME), taken("greeting"), taken("coming")[1]) == ([200, 200], [403, 403], 403)
    assert [v.version for v in store.past.search_model_versions(f"name='{NAME}'", 10)] == [1]


@pytest.mark.parametrize("value", ["false", "TRUE", ""])
def test_a_name_is_made_for_prompts_plainly_or_not_at_all(store: Store, value: str) -> None:
    """MLflow's client goes by the key of the tag, and its server by the value."""
    assert answer(lambda: store.named(NAME, {IS_PROMPT: value})) == 403


def test_prompts_are_renamed_and_deleted_without_the_ledger(store: Store) -> None:
    """Nothing of them is a move."""
    store.prompt("greeting")
    store.gated.rename_registered_model("greeting", "farewell")
    store.gated.delete_model_version("farewell", "1")

    assert (store.moves("greeting"), store.moves("farewell")) == ([], [])


def test_a_deletion_is_one_move_of_the_model_and_is_logged(store: Store) -> None:
    """Of one version, of the whole model, and of a name that has no version yet."""
    for _ in range(2):
        store.model(NAME, 0.95)
    store.named("empty")
    store.gated.delete_model_version(NAME, "1")
    store.gated.delete_registered_model(NAME)
    store.gated.delete_registered_model("empty")

    assert store.moves(NAME) == [
        (k, v, s) for k, v in (("deletion", "1"), ("deletion", "2")) for s in ("begun", "done")
    ]
    assert store.moves("empty") == [("deletion", "", "begun"), ("deletion", "", "done")]
    assert (store.differing(), answer(lambda: store.gated.delete_registered_model(NAME))) == ([], 404)


def test_nothing_is_deleted_or_renamed_while_the_ledger_is_out_of_reach(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can tell then whether it is being moved; a name is taken away all the same."""
    store.model(NAME, 0.95)
    store.model("other", 0.95)
    assert (store.alias(NAME, "champion", "1"), store.alias(NAME, "production", "1")) == (200, 200)
    monkeypatch.setenv("LETPASS_LEDGER", NO_LEDGER)

    assert answer(lambda: store.gated.delete_model_version("other", "1")) == 503
    assert answer(lambda: store.gated.rename_registered_model("other", "new")) == 503
    for alias in ("champion", "production"):
        assert answer(lambda a=alias: store.gated.delete_registered_model_alias(NAME, a)) == 200  # type: ignore[misc]

    monkeypatch.delenv("LETPASS_LEDGER")
    assert store.differing() == [("waits", "fraud@1")]


def test_a_name_of_another_stage_goes_and_the_version_stays_where_the_ledger_knows_it(store: Store) -> None:
    """It was taken for a leaving, and whoever was in production had no proof any more."""
    uat = 'policy uat: "U"\n  on promotion to staging\nrequire k: model is recorded\n'
    Path("policies/uat.policy").write_text(uat, encoding="utf-8")
    store.model(NAME, 0.95)
    assert (store.alias(NAME, "staging", "1"), store.alias(NAME, "champion", "1")) == (200, 200)

    store.gated.delete_registered_model_alias(NAME, "staging")

    assert (store.held(NAME), store.holders(NAME), store.differing()) == ({"champion": "1"}, ["1"], [])


def test_a_version_that_was_revoked_by_its_name_alone_keeps_it(store: Store) -> None:
    """Of what has no files there are no bytes to know it by; it may be deleted."""
    store.named(NAME)
    store.version(NAME, str(store.folder / "nowhere"), {})
    assert store.tag(NAME, "1", "letpass.revocation", '{"reason": "leaked labels"}') == 200

    assert answer(lambda: store.gated.rename_registered_model(NAME, "risk")) == 403
    assert answer(lambda: store.gated.delete_model_version(NAME, "1")) == 200
    assert answer(lambda: store.gated.rename_registered_model(NAME, "risk")) == 200
