"""Words of the owners about other models: which of them are about these bytes, and what is found of them."""

from __future__ import annotations

from typing import Any

from letpass.ledger import elsewhere, in_effect
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.model_log import Past

HERE, SAME, OTHER = "sha256:" + "a1" * 32, "sha512:" + "a1" * 64, "sha256:" + "b2" * 32
REGISTRY = "registry-1"


def logged(
    index: int, kind: str, model: str, version: str, artifact: str = "", registry: str = REGISTRY, **data: Any
) -> Logged:
    entry = Entry(
        kind, "", {"person": "olga", "reason": "r", "nonce": str(index), **data}, model, version, artifact, registry
    )
    return Logged(index, index * 1_000_000, entry, entry.text(index * 1_000_000))


def name_of(found: Logged) -> str:
    word = elsewhere.read(found)
    assert word is not None
    return word.name


def past(*entries: Logged) -> Past:
    return Past("risk", entries, registry=REGISTRY)


def indices(found: Past, *digests: str) -> list[int]:
    return [each.index for each in found.elsewhere(digests)]


def test_a_revocation_is_found_by_each_digest_that_it_names() -> None:
    """The one under which it is listed, and those that were known besides; in capitals, too."""
    found = past(
        logged(1, "revocation", "fraud", "4", HERE, digests=[HERE, SAME]),
        logged(2, "revocation", "fraud", "5", OTHER, digests=["sha512:" + "b2" * 64]),
    )

    assert [indices(found, d) for d in (HERE, SAME, SAME.upper(), OTHER)] == [[1], [1], [1], [2]]
    assert indices(found, "sha256:" + "c3" * 32) == []


def test_all_owners_of_one_revocation_are_heard_though_not_each_named_every_digest() -> None:
    """Two are needed, and the second knew another name of the bytes: each by itself was none."""
    folder = "dirHash1:" + "c3" * 32
    found = past(logged(1, "revocation", "fraud", "4", HERE), logged(2, "revocation", "fraud", "4", folder))

    assert indices(found, HERE) == [1, 2]


def test_a_lift_comes_with_what_it_lifts_and_with_no_other_word() -> None:
    """Said under the other name, under this one's or under a third; also of what was said of the model itself."""
    own, theirs = logged(1, "revocation", "risk", "1", OTHER), logged(2, "revocation", "fraud", "4", HERE)
    lifts = [
        logged(3, "lift", "fraud", "4", of=[name_of(theirs)]), logged(4, "lift", "third", "1", of=[name_of(own)]),
        logged(5, "lift", "third", "1", of=["sha256:" + "0" * 64]),
    ]  # fmt: skip
    found = past(own, theirs, *lifts)

    assert indices(found, HERE) == [2, 3, 4]
    assert indices(found, OTHER) == [4]
    assert [n.entry for n in in_effect.notes(found, (HERE,))] == [1, 2, 3, 4]


def test_the_same_name_in_another_workspace_is_another_model() -> None:
    """Its words are about bytes here, and about no version of that name."""
    found = past(logged(1, "revocation", "risk", "1", HERE, registry=f"{REGISTRY}/team"))

    assert found.of_kind("revocation") == []
    assert (indices(found, HERE), indices(found, OTHER)) == ([1], [])
    assert in_effect.revoked(None, found, lambda *_: frozenset()) == frozenset()


def test_a_digest_that_is_none_may_be_of_any_revoked_bytes() -> None:
    """Whoever writes it so that nobody can compare it is not free by that; who says nothing of bytes has none."""
    found = past(logged(1, "revocation", "fraud", "4", HERE))

    assert [indices(found, d) for d in ("a1" * 32, "md5:" + "a1" * 16, "sha512:" + "0" * 128, "dirHash1:" + "0" * 64, "")] == [
        [1], [1], [1], [], [],
    ]  # fmt: skip


def test_what_was_revoked_by_its_name_alone_is_told_until_it_is_lifted() -> None:
    """Under another name nobody would know it."""
    said, known = logged(1, "revocation", "risk", "1"), logged(2, "revocation", "risk", "2", HERE)

    assert in_effect.nameless(past(said, known)) == {"1"}
    assert in_effect.nameless(past(said, known, logged(3, "lift", "risk", "1", of=[name_of(said)]))) == frozenset()
