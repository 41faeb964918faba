"""What is drawn stands in the decision: a page shows how the engine judged each group, and judges nothing itself."""

from __future__ import annotations

import html
import re
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letpass.evaluation.deciding import decide
from letpass.evaluation.decision import Decision
from letpass.evaluation.drawn import MOST_BESIDE, MOST_GROUPS, Groups, Standing
from letpass.evaluation.explanation import Explanation
from letpass.evaluation.input import Input
from letpass.facts.record import Holder, Record
from letpass.frozen import replace
from letpass.reports.interface import Entry, Report, renderer
from tests.properties.judging import made_input, policy
from tests.reports.making import HEADER, MOVE, NOW, judged, kinds, policies, record, shown

page = renderer("html")

GROUPS = 'require groups: all accuracy.slices have value >= 80% attested by "svc"\n'
MADE = (
    "all recall.slices have value >= 80%",
    "all recall.slices where samples >= 30 have value >= 80%",
    'all recall.slices have value >= 80% attested by "ci"',
    "not (all recall.slices where value >= 10% have samples >= 20)",
    "(all recall.slices have (value >= 50% or samples >= 10)) or accuracy >= 0.9",
    "all latency.slices have value <= 200 ms at 90% confidence",
    'fine and (all accuracy.slices where group like "a*" have value >= 0.5)',
)  # fmt: skip


def vouched(found: Record, service: str) -> Record:
    """The same record, its metrics and their groups attested by a service."""
    said = {"@trust": service}
    measures = {
        key: tuple({**p, **said, "slices": tuple({**s, **said} for s in p.get("slices", ()))} for p in pieces)
        for key, pieces in found.measures.items()
    }
    return replace(found, measures=measures)


def decided(found: Record, rules: str) -> Decision:
    """The decision on a record as it is, with who vouches for what."""
    return decide(policies(HEADER + rules).policies, Input(found, MOVE, NOW, Holder.NOBODY))


def standings(decision: Decision) -> list[Standing]:
    return [row.standing for result in decision.rules for table in result.groups for row in table.rows]


def on_page(text: str) -> list[str]:
    """The last column of the tables by group, as a page has it."""
    section = text.partition("By group</h2>")[2].partition("</section>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", section)
    return [html.unescape(re.sub("<[^>]*>", "", r.rpartition("<td>")[2])) for r in rows]


def test_groups_that_nobody_attested_are_unknown_where_the_rule_asks_for_it() -> None:
    """One value misses its bound and one meets it, and nobody vouches for either: neither met nor missed, and no colour."""
    slices = [{"group": "old", "value": 0.95}, {"group": "young", "value": 0.7}]
    found = record(metrics={"accuracy": {"value": 0.9, "data_set": "A", "slices": slices}})
    attested = decided(vouched(found, "svc"), GROUPS)
    assert standings(attested) == [Standing.MISSED, Standing.MET]

    claimed = decided(found, GROUPS)
    assert claimed.rules[0].truth is None
    assert standings(claimed) == [Standing.UNKNOWN, Standing.UNKNOWN]
    (table,) = claimed.rules[0].groups
    assert [str(w) for w in table.why] == ["accuracy: not attested by `svc`"]
    assert [(r.name, r.value, r.bound) for r in table.rows] == [("young", 0.7, 0.8), ("old", 0.95, 0.8)]
    text = page(Report((claimed,)))
    assert on_page(text) == ["unknown", "unknown"]
    assert "None of them counts: accuracy: not attested by <code>svc</code>." in text
    assert not re.search(r'<rect class="(good|bad)"', text)


def test_a_gauge_is_drawn_of_what_somebody_attested_too() -> None:
    """Who vouches for a number does not take its picture away; where nobody does, nothing was compared, and none is drawn."""
    rule = 'require a: accuracy >= 80% attested by "svc"\n'
    found = record(metrics={"accuracy": {"value": 0.9, "data_set": "A"}})
    gauge = decided(vouched(found, "svc"), rule).rules[0].gauge
    assert gauge is not None
    assert (gauge.value, gauge.bound, gauge.truth) == (0.9, 0.8, True)

    assert decided(found, rule).rules[0].gauge is None


def test_a_group_without_a_number_is_shown_and_stands_first() -> None:
    """What keeps the rule unknown is no row that is left out."""
    slices = [{"group": "old", "value": 0.95}, {"group": "young", "value": "n/a"}, {"group": "none"}]
    found = record(metrics={"accuracy": {"value": 0.9, "data_set": "A", "slices": slices}})
    (table,) = decided(found, "require groups: all accuracy.slices have value >= 80%\n").rules[0].groups

    assert [(r.name, r.value, r.standing) for r in table.rows] == [
        ("young", None, Standing.UNKNOWN),
        ("none", None, Standing.UNKNOWN),
        ("old", 0.95, Standing.MET),
    ]
    assert all(r.why for r in table.rows[:2])


@pytest.mark.parametrize("count", [MOST_GROUPS, MOST_GROUPS + 1, 200])
def test_no_missed_group_is_cut_off_for_one_that_is_met(count: int) -> None:
    """The worst are kept, whichever way is worse, and how many are left out is told in the decision and on the page."""
    slices = [{"group": f"g{n}", "value": 0.99 if n else 0.5, "samples": 40 + n} for n in reversed(range(count))]
    found = record(metrics={"accuracy": {"value": 0.9, "data_set": "A", "slices": slices}})
    made = decided(found, "require groups: all accuracy.slices have value >= 80%\n")
    (table,) = made.rules[0].groups

    assert (len(table.rows), table.left_out) == (MOST_GROUPS, count - MOST_GROUPS)
    assert [r.name for r in table.rows if r.standing is Standing.MISSED] == ["g0"]
    stored = made.as_json()["policies"][0]["rules"][0]["groups"][0]
    assert (len(stored["rows"]), stored.get("left_out", 0)) == (MOST_GROUPS, count - MOST_GROUPS)
    more = f"{count - MOST_GROUPS} more {'group is' if count - MOST_GROUPS == 1 else 'groups are'} not shown."
    assert (more in page(Report((made,)))) is (count > MOST_GROUPS)


def test_what_is_left_out_beside_the_champion_is_told() -> None:
    """A record of very many metrics keeps its decision small."""
    metrics = {f"m{n}": {"value": n / 1000, "data_set": "A"} for n in range(MOST_BESIDE + 3)}
    made = judged(record(metrics=metrics), HEADER + "require a: license is MIT\n", record(version="1", metrics=metrics))

    assert (len(made.beside), made.beside_left_out) == (MOST_BESIDE, 3)
    assert "3 more measures are not shown." in page(Report((made,)))


def _folded(table: Groups, truth: bool | None) -> None:
    """The truth of a rule about every group is that of its rows."""
    found = {r.standing for r in table.rows}
    if table.left_out:
        return
    assert (truth is False) is (Standing.MISSED in found)
    if truth is True:
        assert Standing.UNKNOWN not in found
        assert Standing.MET in found
    if Standing.UNKNOWN in found and Standing.MISSED not in found:
        assert truth is None


def _asking(part: Explanation) -> list[Explanation]:
    """The conditions of an explanation that ask something of every group."""
    inner = [found for p in part.parts for found in _asking(p)]
    return [part] if part.text.startswith("all ") else inner


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.sampled_from(MADE))
def test_a_page_shows_of_each_group_what_the_engine_made_of_it(random: Random, asked: str) -> None:
    """Records, trust and champions made at random: rows, rule and page agree, in all three values."""
    made = policy(
        'policy made: "Made"\n  on promotion to production\nmetric accuracy: ratio\nmetric recall: ratio\nmetric latency: duration in ms\n'
        f"let fine = license is recorded or license is MIT\nrequire a: {asked}\n"
    )
    decision = decide((made,), _sliced(made_input(random), random))
    for result in decision.rules:
        (table,) = [g for g in result.groups if g.asked]
        (part,) = _asking(result.test)
        _folded(table, part.truth)
    shown_ = on_page(page(Report((decision,))))
    assert [s.partition(":")[0] for s in shown_] == [s.value for s in standings(decision)]


def _sliced(input_: Input, random: Random) -> Input:
    """The same input with groups of every kind: read, unreadable, without samples, vouched for or not."""

    def measure(name: str, top: float) -> dict[str, Any]:
        def piece(n: int) -> dict[str, Any]:
            value = random.choice([random.random() * top, random.random() * top, None])
            samples = random.choice([None, float(random.randrange(100))])
            found = {"group": random.choice(["a", "b", "ab"]), "value": value, "samples": samples}
            return {"@": f"{name}.slices[{n}]", **{k: v for k, v in found.items() if v is not None}}

        slices = tuple(piece(n) for n in range(random.randrange(1, 4)))
        trust = random.choice(["", "ci"])
        return {"@": name, "@trust": trust, "value": 0.9, "data_set": "A", "slices": slices}

    tops = {"accuracy": 1.0, "recall": 1.0, "latency": 400.0}
    measures = {("metrics", name): (measure(name, top),) for name, top in tops.items()}
    return replace(input_, record=replace(input_.record, measures={**input_.record.measures, **measures}))


# ---------------------------------------------------------------- who, what and where


def test_a_page_says_who_made_what_from_what_and_where_that_is_kept() -> None:
    """Author, risk, digest, commit, data, entry, key and head; what is not recorded is named as that."""
    full = record(
        risk="high",
        artifact={"digest": "sha256:" + "a" * 64},
        data=[{"name": "loans", "version": "2026-10", "digest": "sha256:" + "d" * 64}],
    )
    made = judged(full)
    report = Report((made,), entries=(Entry(7, "gate+00112233+AAAA", 8, "ROOT="),))
    text = page(report)
    told = {
        name: re.sub("<[^>]*>", "", html.unescape(value)).replace("\u2060", "")
        for name, value in re.findall(r"<dt>([^<]*)</dt><dd>(.*?)</dd>", text)
    }
    expected = {
        "Author": "ann, claimed",
        "Risk": "high, claimed",
        "Artifact": f"sha256:{'a' * 64}, claimed",
        "Code": "abc, claimed",
        "Data": f"loans 2026-10 sha256:{'d' * 64}, claimed",
        "Ledger": "entry 7",
        "Signed by the gate": "gate+00112233+AAAA",
        "Head of the log": "ROOT=, 8 entries",
    }
    assert {name: told.get(name) for name in expected} == expected
    markdown = renderer("markdown")(report).replace("\\", "")
    assert "Data: loans 2026-10 `sha256:dddddddddddd`, claimed · Ledger: entry 7 · Signed by the gate: `gate+00112233+AAAA` · Head of the log: `ROOT=`, 8 entries" in markdown  # fmt: skip

    bare = page(Report((replace(made, sketch=None),), entries=(Entry(),)))
    for name in ("Author", "Risk", "Artifact", "Code", "Data"):
        assert f"<dt>{name}</dt><dd>not recorded</dd>" in bare
    assert "<dt>Ledger</dt><dd>this decision was not logged</dd>" in bare
    assert "<dt>Ledger</dt>" not in page(Report((made,)))


def test_an_author_that_cannot_be_read_is_no_author_that_is_missing() -> None:
    """The page says what is written there, and what is wrong with it."""
    assert "<dt>Author</dt><dd>cannot be read: " in page(Report((judged(record(author=17)),)))


@pytest.mark.parametrize("kind", kinds())
def test_a_page_has_no_backticks_and_counts_one_as_one(kind: str) -> None:
    """What stands in backticks is code on a page; `1 signed statements` is no English."""
    text = shown("html", kinds()[kind])

    assert "`" not in text
    assert not re.search(r"\b1 (points|policies|signed statements|oddities|further rules|\w+ \w+ are not)\b", text)


def test_one_point_is_one() -> None:
    """So the remedy says it."""
    made = judged(record(metrics={"accuracy": 0.89}), HEADER + "require a: accuracy >= 90%\n")

    assert "short by 1 point" in shown("text", made)
    assert "1 points" not in shown("text", made)
