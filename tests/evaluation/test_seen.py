"""What was seen and why something is unknown are values: their kind says what they are, whatever they are called."""

from __future__ import annotations

import pytest

from letpass.evaluation.reasons import Reason, ReasonKind, champion_unknown
from letpass.evaluation.remedies import CODES
from letpass.evaluation.seen import NotCounted, Seen, SeenKind, answer
from letpass.facts.tenure import UNASKED
from letpass.trust.accepted import Signoff

AT = 1_795_435_200_000_000  # 2026-11-23T12:00:00Z
READS = {
    "a value": (Seen(SeenKind.VALUE, "accuracy", "0.5"), "accuracy is 0.5"),
    "a value that is a word of ours": (Seen(SeenKind.VALUE, "accuracy", "passed"), "accuracy is passed"),
    "a value with a name that ends in one": (Seen(SeenKind.VALUE, "x ran", "0.5"), "x ran is 0.5"),
    "an element": (Seen(SeenKind.ELEMENT, "data[0]", "ran", "data[0]"), "data[0] is ran"),
    "an element without a name": (Seen(SeenKind.ELEMENT, "data[0]", "", "data[0]"), "data[0] is there"),
    "a sum": (Seen(SeenKind.DERIVED, "the sum", "0.5"), "the sum is 0.5"),
    "a run": (Seen(SeenKind.RUN, 'suite "fairness"', "failed"), 'suite "fairness" failed'),
    "a scan": (Seen(SeenKind.RUN, 'scan by "ran"', "ran"), 'scan by "ran" ran'),
    "the time of one": (Seen(SeenKind.RUN_AT, 'scan by "ran" ran', "2026-11-01"), 'scan by "ran" ran 2026-11-01'),
    "a score": (Seen(SeenKind.SCORE, 'score of suite "now"', "90%"), 'score of suite "now" is 90%'),
    "the clock": (Seen(SeenKind.CLOCK, "now", "2026-11-23"), "now is 2026-11-23"),
    "the champion": (Seen(SeenKind.CHAMPION, "champion", "fraud@3"), "champion is fraud@3"),
    "no champion": (Seen(SeenKind.NO_CHAMPION, "champion", "nobody"), "nobody holds the stage"),
    "a sign-off": (answer(Signoff("vera", "risk", AT)), "vera signed as risk at 2026-11-23T12:00:00Z"),
    "a sign-off that does not count": (
        answer(Signoff("vera", "risk", AT), NotCounted.AUTHOR),
        "vera signed as risk at 2026-11-23T12:00:00Z (not counted: made the version)",
    ),
}


@pytest.mark.parametrize("name", READS)
def test_what_was_seen_reads_as_its_kind_does(name: str) -> None:
    """The kind makes the sentence: neither the name nor the value is looked into."""
    seen, expected = READS[name]

    assert expected == str(seen)


def test_every_kind_that_may_be_seen_is_read_here() -> None:
    """A kind that is added has its sentence above."""
    assert set(SeenKind) == {seen.kind for seen, _ in READS.values()}


def test_a_reason_reads_as_it_was_made_whatever_its_detail_begins_with() -> None:
    """A detail is a predicate where that was said, and never because a recorded text begins with `is`."""
    missing = Reason(ReasonKind.MISSING, "accuracy", "is not recorded", predicate=True)
    unreadable = Reason(ReasonKind.UNREADABLE, "accuracy", "is fine is not a number")

    assert [str(missing), str(unreadable)] == ["accuracy is not recorded", "accuracy: is fine is not a number"]


def test_every_kind_of_reason_has_the_code_of_a_page() -> None:
    """What is unknown for a reason that is added says where that is explained."""
    assert set(CODES) == set(ReasonKind)


def test_json_says_the_kind_and_whose_answer_it_is() -> None:
    """A program reads fields; what does not apply is left out."""
    plain = Seen(SeenKind.VALUE, "rejection as risk", "0.5", 'metrics["rejection as risk"]')
    own = answer(Signoff("vera", "risk", AT), NotCounted.REQUESTER)
    awaited = Reason(ReasonKind.AWAITING_SIGNOFF, "role `risk`", "0 of 1 sign-off", role="risk", able=())

    assert [s.as_json() for s in (plain, own)] == [
        {"kind": "value", "name": "rejection as risk", "value": "0.5", "path": 'metrics["rejection as risk"]'},
        {
            "kind": "sign-off", "name": "sign-off as risk", "value": "vera at 2026-11-23T12:00:00Z", "role": "risk",
            "person": "vera", "at": "2026-11-23T12:00:00Z", "counted": False, "why_not": "requester",
        },
    ]  # fmt: skip
    assert [r.as_json() for r in (awaited, champion_unknown("champion", UNASKED))] == [
        {"kind": "awaiting sign-off", "about": "role `risk`", "detail": "0 of 1 sign-off", "role": "risk", "able": []},
        {"kind": "champion unknown", "about": "champion", "detail": "it is not known who holds the stage"},
    ]
