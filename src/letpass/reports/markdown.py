"""Markdown, for pull requests and step summaries: nothing in it can ping, refer, link or break out, and it always fits.

A comment on GitHub holds 65,536 characters, a step's summary a mebibyte; of what does not fit the lightest goes first, and
the report says so.  Its first line is a mark that people do not see, the same for every version of a model, by which a
pipeline finds the comment to replace.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from letpass.canonical import digest
from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, Outcome, RuleResult, Verdict
from letpass.evaluation.remedies import remedy
from letpass.facts.record import Record
from letpass.facts.values import moment
from letpass.frozen import Frozen, replace
from letpass.reports.about import Fact, facts, kept
from letpass.reports.approvals import unblock
from letpass.reports.findings import of_decision
from letpass.reports.interface import VERDICTS, Report, template
from letpass.reports.ranked import Ranked
from letpass.reports.statements import Standing, glass, listed_statements, standing, who
from letpass.reports.tally import WORST
from letpass.reports.waivers import covered, waiver_notes
from letpass.reports.words import (
    compared,
    ending,
    place_of,
    shown,
    sources,
    summary,
    target,
    totals,
    unjudged,
    word,
)

MOST = 60_000  # bytes of the whole
LONGEST = 400  # characters of one cell
LONGEST_FACT = 80
_HEAD = 3_500  # bytes that the fixed lines of one decision take at most
MOST_ROWS = 600  # of the overview; none takes less than fifty of the bytes
MOST_MODELS = 20  # that may be shown in full: each takes `_HEAD` at least
# what people and issues are referred to by, there and on GitLab: @ # ! $ % ~ & ^ before a word, KEY-1; and :emoji:
_REFERENCE = re.compile(
    r"@(?=\S)|[#!$%~&^](?=[\w\[])|:(?=//|[\w+-]+:)|(?<![A-Z0-9])[A-Z][A-Z0-9]+-(?=\d)|www(?=\.)|\[(?=\w+:)",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:-])")
MOST_PLACES = 3
T = TypeVar("T")


def escape(text: object) -> str:
    """Text that Markdown shows as it is: no markup, no mention, no reference, no HTML, no second line.

    References are looked for in what was rendered, where a backslash has gone: so a word joiner keeps them from being one.
    """
    flat = _clip(" ".join(clean(str(text)).split()))
    flat = _REFERENCE.sub(lambda m: m[0] + "\u2060", flat)
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", flat)


def code(text: object) -> str:
    """Text in a code span, whatever backticks it holds; none where there is no text."""
    flat = _clip(" ".join(clean(str(text)).split())).replace("|", "\\|")
    if not flat:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _clip(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class Part(Frozen):
    """Of one decision.  about: model and move · row: of the overview · whole: to be shown in full, where it may be among those
    that are."""

    verdict: Verdict
    about: tuple[str, str]
    row: tuple[str, str, str, str]
    whole: Report | None


def part(report: Report) -> Part:
    """What a comment shows of one decision."""
    d = report.decision
    about = d.record.text("model"), target(d)
    return Part(d.verdict, about, _overview(d), replace(report, inputs=()) if report.ahead < MOST_MODELS else None)


class Sheet:
    """The decisions, what is denied first, from the template; never more than `MOST` bytes."""

    def __init__(self) -> None:
        self.rows, self.models = Ranked[tuple[str, str, str, str]](WORST, MOST_ROWS), Ranked[Report](WORST, MOST_MODELS)
        self._about: set[tuple[str, str]] = set()

    def add(self, part: Part) -> None:
        """Take what is shown of a decision."""
        self._about.add(part.about)
        self.rows.add(part.verdict, part.row)
        if part.whole is not None:
            self.models.add(part.verdict, part.whole)

    @property
    def mark(self) -> str:
        """What a pipeline finds its earlier comment by: the models and the move, whatever the version."""
        about = sorted(self._about)
        said = " ".join(about[0]) if len(about) == 1 else "models"
        slug = re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:60]
        return f"<!-- letpass {slug} {digest([list(a) for a in about]).removeprefix('sha256:')[:12]} -->"

    def whole(self, end: Report) -> Iterator[str]:
        """The text, with as much as there is room for."""
        most = MOST
        while True:
            text: str = template("markdown.md.j2").render(_page(self, end, _Room(most)))
            if len(text.encode("utf-8")) <= MOST or most < 1_000:
                yield text
                return
            most = most * 4 // 5


class _Room:
    """How many bytes are left; what does not fit is counted."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, items: Iterable[T], written: Callable[[T], Any]) -> tuple[list[Any], int]:
        """The first items, as written, that fit, and how many do not."""
        all_of = list(items)
        kept: list[Any] = []
        for item in all_of:
            one = written(item)
            self.left -= _size(one)
            if self.left < 0:
                break
            kept.append(one)
        return kept, len(all_of) - len(kept)


def _size(written: Any) -> int:
    """Bytes of the strings in a row, and of what stands between them."""
    if isinstance(written, str):
        return len(written.encode("utf-8")) + 8
    return sum(_size(w) for w in (written.values() if isinstance(written, dict) else written))


def _page(sheet: Sheet, end: Report, room: _Room) -> dict[str, Any]:
    room.left -= 1_000
    faults, faults_more = room.take(
        end.faults, lambda f: (code(place_of(f)), f.code, escape(f.message), escape(f.help))
    )
    count = sheet.rows.total
    rows: list[Any] = []
    if count > 1:
        half = _Room(room.left // 2)
        rows, _ = half.take(sheet.rows.kept(), lambda row: row)
        room.left -= room.left // 2 - max(half.left, 0)
    models: list[dict[str, Any]] = []
    for one in sheet.models.kept():
        if room.left < _HEAD and models:
            break
        room.left -= _HEAD
        models.append(_model(one.decision, room, one))
    return {"mark": sheet.mark, "models": models, "left_out": count - len(models), "faults": faults,
            "faults_more": faults_more, "rows": rows, "rows_more": count - len(rows) if count > 1 else 0, "nothing": not count,
            "unjudged": escape(unjudged(end)), "environment": [(name, code(value)) for name, value in end.environment]}  # fmt: skip


def _overview(decision: Decision) -> tuple[str, str, str, str]:
    return (
        escape(word(decision)),
        code(decision.record.name[:120]),
        escape(target(decision)[:80]),
        escape(summary(decision)),
    )


def _model(decision: Decision, room: _Room, report: Report) -> dict[str, Any]:
    rules = shown(decision.rules)
    heavy, light = [r for r in rules if r.blocks], [r for r in rules if not r.blocks]
    rows, more = room.take(heavy, lambda r: _row(r, decision))
    beside, beside_more = room.take(
        [f for f in of_decision(decision) if f.result is None],
        lambda f: (f.what, f.code, escape(f.message), escape(". ".join(f.help))),
    )
    notes, notes_more = room.take((*_covers(decision), *waiver_notes(decision)), escape)
    lighter, lighter_more = room.take(light, lambda r: _row(r, decision))
    statements, statements_more = room.take(
        listed_statements(decision),
        lambda s: (_STANDING.get(how := standing(s), how.value), escape(who(s)), escape(s.why), code(s.statement.name)),
    )
    passing = [r for r in decision.rules if r.outcome is Outcome.PASS]
    passed, passed_more = room.take(passing, lambda r: code(r.rule.id))
    return {
        "verdict": VERDICTS[decision.verdict].capitalize(),
        "name": code(decision.record.name[:200]),
        "target": escape(target(decision)[:100]),
        "as_of": f" (as of {moment(decision.now)})" if decision.as_of else "",
        "summary": escape(summary(decision)),
        "told": [escape(said) for said in sources(decision)],
        "compared": escape(compared(decision)),
        "ending": escape(ending(decision)),
        "unblock": _ticked(unblock(decision)),
        "rows": [*rows, *lighter],
        "more": more + lighter_more,
        "passed": passed,
        "passed_more": passed_more,
        "passed_count": len(passing),
        "glass": escape(glass(decision)),
        "beside": beside,
        "beside_more": beside_more,
        "statements": statements,
        "statements_more": statements_more,
        "notes": notes,
        "notes_more": notes_more,
        "about": [_fact(f) for f in (*_few(facts(decision)), *kept(report.entry))],
        "totals": totals(decision.rules),
        "decision": code(decision.id[:19]),
        "digests": [(name, code(digest_[:19])) for name, digest_ in decision.digests],
    }


def _few(found: Iterable[Fact]) -> Iterator[Fact]:
    """The facts that a comment has room for: of several of one name the first."""
    told: set[str] = set()
    for fact in found:
        if fact.name not in told:
            told.add(fact.name)
            yield fact


def _fact(fact: Fact) -> str:
    value = fact.value[:LONGEST_FACT]
    parts = [code(value) if fact.code else escape(value), code(fact.digest[:19])]
    note = f", {escape(fact.note[:LONGEST_FACT])}" if fact.note else ""
    return f"{fact.name}: {' '.join(p for p in parts if p)}{note}"


def _covers(decision: Decision) -> Iterator[str]:
    """What the waivers cover that are used."""
    for result in decision.rules:
        if result.waiver is not None:
            yield f"{result.rule.id} is waived by {result.waiver.person}: {'; '.join(covered(result.waiver))}"


_STANDING = {Standing.DOES_NOT: "does not count"}


def _ticked(text: str) -> str:
    """A sentence of ours: what stands in backticks is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(code(p) if n % 2 else _prose(p) for n, p in enumerate(pieces))


def _prose(text: str) -> str:
    """A piece of a sentence, with the blanks at its ends."""
    return f"{text[: len(text) - len(text.lstrip())]}{escape(text)}{text[len(text.rstrip()) :] if text.strip() else ''}"


def _row(result: RuleResult, decision: Decision) -> dict[str, str]:
    """A rule, with the last part of the places where its values stand: a comment is narrow."""
    found = remedy(result)
    places = [
        f"{'champion ' if s.champion else ''}{record.place(s.path).rpartition('/')[2]}"
        for s in result.test.all_seen()[:MOST_PLACES]
        if s.path
        and isinstance(record := decision.champion if s.champion else decision.record, Record)
        and record.document is not None
    ]
    return {
        "outcome": result.outcome.value,
        "code": found.code,
        "rule": code(result.rule.id),
        "needed": code(result.rule.text),
        "wrong": escape(found.label),
        "places": ", ".join(code(p) for p in dict.fromkeys(places)),
        "help": escape(". ".join(found.steps)),
    }
