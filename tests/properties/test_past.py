"""What the ledger has about a model: read on in pieces it is what it is when read at once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from letpass.ledger import history
from letpass.ledger.entry import Entry, Logged
from letpass.ledger.history import BEGUN, DONE, FAILED, Step
from letpass.ledger.model_log import Past
from letpass.move import ARCHIVED, NO_STAGE, Move, Stage
from letpass.trust import dsse, summary
from letpass.trust.dsse import Envelope
from letpass.trust.summary import Summary

PRODUCTION, STAGING = Stage("production"), Stage("staging")
SHA = "sha256:"
versions = st.sampled_from(["1", "2", "3"])
makings = st.sampled_from(["", "", "", "aaaa", "bbbb"])


@st.composite
def _moves(draw: st.DrawFn) -> Entry:
    version = draw(versions)
    kind = draw(st.sampled_from(["promotion", "promotion", "rollback", "retirement", "deployment", "renewal"]))
    stage = (
        ARCHIVED
        if kind == "retirement"
        else NO_STAGE
        if kind == "deployment"
        else draw(st.sampled_from([PRODUCTION, STAGING]))
    )
    step = Step(
        0, 0, draw(st.sampled_from(["churn", "churn", "other"])), version, SHA + version * 64,
        draw(st.sampled_from([BEGUN, DONE, DONE, FAILED])), kind, stage, draw(st.sampled_from("abcd")),
        leaving=tuple(draw(st.lists(versions, max_size=2))), request=draw(st.sampled_from(["", "r1", "r2"])),
        decision=draw(st.sampled_from([None, 1, 2, 3])), endpoint="here" if kind == "deployment" else "",
    )  # fmt: skip
    entry = history.entry(step)
    return Entry(
        entry.kind, "", entry.data, entry.model, entry.version, entry.artifact,
        draw(st.sampled_from(["", "here", "here", "elsewhere"])), draw(makings),
    )  # fmt: skip


@st.composite
def _decisions(draw: st.DrawFn) -> Entry:
    version = draw(versions)
    move = draw(st.sampled_from([Move("promotion", PRODUCTION), Move("review"), Move("registration")]))
    made = Summary(
        draw(st.sampled_from(["allow", "deny"])), "here", "churn", version, SHA + version * 64, move, 0, SHA + "0" * 64, SHA + "1" * 64,
        SHA + "2" * 64, computed=(SHA + draw(st.sampled_from("89")) * 64,),
    )  # fmt: skip
    text = Envelope(dsse.STATEMENT, summary.payload(made), (("k", b"s" * 64),)).text().decode()
    return Entry("decision", text, {}, "churn", version, made.artifact, "here", draw(makings))


@st.composite
def _words(draw: st.DrawFn) -> Entry:
    kind = draw(st.sampled_from(["revocation", "lift", "refusal", "trust"]))
    if kind == "trust":
        return Entry("trust", data={"digest": draw(st.sampled_from("xy"))})
    data: dict[str, Any] = {"person": "p", "reason": "r"}
    return Entry(
        kind,
        "",
        data | ({"kind": "renewal", "decision": 2} if kind == "refusal" else {}),
        draw(st.sampled_from(["churn", "churn", "other"])),
        draw(versions),
        "",
        "here",
    )


def _logged(entries: list[Entry]) -> list[Logged]:
    return [Logged(i, i * 1_000_000, e, e.text(i * 1_000_000)) for i, e in enumerate(entries)]


def _content(past: Past) -> dict[str, Any]:
    found = {k: v for k, v in vars(past).items() if k not in {"_mine", "staying"}}
    return {**found, "stays": past.stays, "open": past.staying.open, "spent": past.spent, "logged": past.logged}


@given(
    st.lists(_moves() | _decisions() | _words(), max_size=12), st.lists(st.integers(0, 12), max_size=3),
    st.dictionaries(versions, st.sampled_from(["aaaa", "bbbb"]), max_size=2), st.integers(0, 12),
)  # fmt: skip
def test_a_past_that_is_read_on_is_the_one_that_is_read_at_once(
    entries: list[Entry], cuts: list[int], known: dict[str, str], adopted: int
) -> None:
    """Or it says that it has to be read anew, and what was read before stays as it was."""
    logged = _logged(entries)
    taken = (Step(adopted, 0, "churn", "1", "", DONE, history.ADOPTION, PRODUCTION, f"adoption {adopted}"),)
    first = max(adopted + 1, min(cuts, default=0))
    past = Past("churn", logged[:first], taken, "here", known)
    before = _content(past)
    for begin, end in zip(
        [first, *sorted(c for c in cuts if c > first)], [*sorted(c for c in cuts if c > first), 99], strict=True
    ):
        then = past
        past = then.followed(logged[begin:end]) or Past("churn", logged[:end], taken, "here", known)
        assert _content(past) == _content(Past("churn", logged[:end], taken, "here", known))
    del then
    assert before == _content(Past("churn", logged[:first], taken, "here", known))
