"""The decision page: one file that reads well in a browser, in print, aloud, and with no style at all.

No script and nothing loaded from elsewhere.  Every text that is not the program's own goes through autoescape and `clean`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from letpass.diagnostics import clean, so_many
from letpass.evaluation.decision import Decision, Outcome, RuleResult, Verdict
from letpass.evaluation.drawn import Standing
from letpass.evaluation.remedies import remedy
from letpass.evaluation.seen import Seen
from letpass.evaluation.telling import days
from letpass.facts.record import Holder, Record
from letpass.facts.values import moment
from letpass.frozen import Frozen, replace
from letpass.reports.about import facts, kept
from letpass.reports.approvals import approvals, unblock
from letpass.reports.beside import beside
from letpass.reports.findings import of_decision
from letpass.reports.gauges import of_gauge
from letpass.reports.groups import Table, groups
from letpass.reports.interface import VERDICTS, Report, template
from letpass.reports.pictures import draw, extent
from letpass.reports.ranked import Ranked
from letpass.reports.statements import command_for, glass, listed_statements, standing, who
from letpass.reports.tally import WORST
from letpass.reports.waivers import covered, waiver_notes
from letpass.reports.words import (
    compared,
    denying,
    ending,
    noticed,
    place_of,
    shown,
    sources,
    summary,
    target,
    totals,
    unjudged,
    vouched,
    word,
)

MOST_CARDS = 150  # rules that are shown in full; a page of more is read by nobody
MOST_ROWS = 1_000
MOST_NAMED = 12
MOST_TABLES = 10
MOST_PICTURES = 200
MOST_MODELS = 25  # models that are shown in full
_WORDS = {
    Outcome.FAIL: "fails",
    Outcome.UNKNOWN: "unknown",
    Outcome.WAIVED: "waived",
    Outcome.ADVICE: "advice",
    Outcome.COMING: "not yet in force",
    Outcome.PASS: "holds",
}


class Part(Frozen):
    """Of one decision.  title: the page's, where it is the only one · row: of the overview · whole: to be shown in full, where it
    may be among those that are."""

    verdict: Verdict
    title: str
    row: dict[str, str]
    blocked: tuple[str, ...]
    whole: Report | None


def part(report: Report) -> Part:
    """What a page shows of one decision."""
    d = report.decision
    title = f"{_sentence(word(d))}: {d.record.name} → {target(d)}"
    row = {
        "name": d.record.name,
        "verdict": d.verdict.value,
        "word": word(d),
        "target": target(d),
        "summary": summary(d),
    }
    blocked = tuple(r.rule.id for r in d.blocking)
    whole = replace(report, inputs=()) if report.ahead < MOST_MODELS else None
    return Part(d.verdict, title, row, blocked, whole)


class Sheet:
    """The page of one decision, or of several below an overview, what is denied first."""

    def __init__(self) -> None:
        self._verdicts, self._blocked = Counter[Verdict](), Counter[str]()
        self._rows, self._models = Ranked[dict[str, str]](WORST, MOST_ROWS), Ranked[Report](WORST, MOST_MODELS)
        self._title = ""

    def add(self, part: Part) -> None:
        """Take what is shown of a decision."""
        self._title = part.title
        self._verdicts[part.verdict] += 1
        self._blocked.update(part.blocked)
        self._rows.add(part.verdict, part.row)
        if part.whole is not None:
            self._models.add(part.verdict, part.whole)

    def whole(self, end: Report) -> Iterator[str]:
        """The page."""
        alone = self._verdicts.total() == 1 and not end.faults  # beside a fault no verdict is the page's
        models = self._models.kept()
        yield template("page.html.j2", ticks=_ticks).render(
            title=self._title if alone else _title(self._verdicts, end),
            style="" if end.style.sheet else stylesheet(),
            sheet=end.style.sheet,
            overview=None if alone else self._overview(),
            unjudged=unjudged(end),
            faults=[{"code": f.code, "place": place_of(f), "message": f.message, "help": f.help} for f in end.faults],
            models=[_model(one.decision, one, f"m{n}") for n, one in enumerate(models, 1)],
            environment=end.environment,
            alone=alone,
        )

    def _overview(self) -> dict[str, Any]:
        rows = self._rows.kept()
        return {
            "rows": [{"id": f"m{n}" if n <= MOST_MODELS else "", **row} for n, row in enumerate(rows, 1)],
            "more": self._verdicts.total() - len(rows),
            "blocked": self._blocked.most_common(10),
        }


def stylesheet() -> str:
    """The page's style, as a file of its own where a page may hold none."""
    from importlib.resources import files

    return files("letpass").joinpath("reports/templates/page.css").read_text(encoding="utf-8")


def _ticks(text: object) -> Any:
    """A sentence as markup: what stands in backticks is code; text that holds a single one stays as it is."""
    from markupsafe import Markup, escape

    pieces = clean(str(text)).split("`")
    if len(pieces) % 2 == 0:
        return escape(clean(str(text)))
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(pieces))


def _sentence(text: str) -> str:
    """A text as a sentence begins."""
    return text[:1].upper() + text[1:]


def _title(counts: Counter[Verdict], end: Report) -> str:
    """Of a page of several, or of none."""
    if not counts:
        return "Not decided"
    words = [f"{counts[v]} {w}" for v, w in VERDICTS.items() if counts[v]]
    if end.faults:
        words.append(so_many(len(end.faults), "fault"))
    return f"{so_many(counts.total(), 'model')}: {', '.join(words)}"


def _model(decision: Decision, report: Report, key: str) -> dict[str, Any]:
    listed = shown(decision.rules)
    passed = [r for r in decision.rules if r.outcome is Outcome.PASS]
    grouped = groups(decision)
    return {
        "id": key,
        "verdict": decision.verdict.value,
        "word": _sentence(word(decision)),
        "name": decision.record.name,
        "target": target(decision),
        "as_of": moment(decision.now) if decision.as_of else "",
        "glass": glass(decision),
        # one that begins with a person stays as it is written
        "summary": summary(decision) if denying(decision) else _sentence(summary(decision)),
        "told": sources(decision),
        "compared": compared(decision),
        "ending": ending(decision),
        "unblock": unblock(decision),
        "totals": totals(decision.rules),
        "blocking": [(f"{key}-r{n}", r.rule.label or r.rule.text) for n, r in enumerate(listed[:MOST_NAMED], 1) if r.blocks],
        "blocking_more": max(0, len(decision.blocking) - MOST_NAMED),
        "champion": _champion(decision),
        "cards": [_card(r, decision, f"{key}-r{n}") for n, r in enumerate(listed[:MOST_CARDS], 1)],
        "further": [_brief(r) for r in listed[MOST_CARDS : MOST_CARDS + MOST_ROWS]],
        "more": max(0, len(listed) - MOST_CARDS - MOST_ROWS),
        "alone": [f for f in of_decision(decision) if f.result is None],
        "groups": _grouped(grouped, key),
        "groups_more": max(0, len(grouped) - MOST_TABLES),
        "approvals": approvals(decision),
        "about": [*facts(decision)],
        "kept": [*kept(report.entry)],
        "beside": [
            {"name": b.name, "ours": b.ours, "theirs": b.theirs, "change": b.change, "word": b.word,
             "picture": draw(b.picture, f"{key}-b{n}") if b.picture else ""}
            for n, b in enumerate(beside(decision))
        ],
        "beside_more": decision.beside_left_out,
        "waivers": [_waived(r, decision) for r in decision.rules if r.waiver is not None][:MOST_ROWS],
        "notes": list(waiver_notes(decision)),
        "passed": [_row(r, f"{key}-p{n}", pictured=n < MOST_PICTURES) for n, r in enumerate(passed[:MOST_ROWS])],
        "passed_count": len(passed),
        "statements": [
            {"who": who(s), "standing": standing(s).value, "why": s.why, "name": s.statement.name} for s in listed_statements(decision)[:MOST_ROWS]
        ],
        "noticed": [*noticed(decision.record), *(f"passed over: {p}" for p in decision.record.passed_over)][:MOST_ROWS],
        "policies": [(p.policy.name, p.policy.title, p.policy.owner, p.policy.digest) for p in decision.policies],
        "digests": decision.digests,
        "decision": decision.id,
        "now": moment(decision.now),
        "engine": decision.engine,
        "again": "" if decision.as_of and report.then else report.again,  # which is the same then
        "then": report.then,
    }  # fmt: skip


def _champion(decision: Decision) -> str:
    """Who the version is compared with, in words."""
    if isinstance(decision.champion, Record):
        return decision.champion.name
    return "nobody holds the stage" if decision.champion is Holder.NOBODY else "not known"


def _card(result: RuleResult, decision: Decision, key: str) -> dict[str, Any]:
    """A rule that does not simply hold, in full."""
    found = remedy(result)
    rule = result.rule
    owner = rule.owner or next((p.policy.owner for p in decision.policies if p.policy.name == rule.policy), "")
    people = command_for(result, decision)
    steps = found.steps
    return {
        "id": key,
        "outcome": result.outcome.value,
        "word": _WORDS[result.outcome],
        "code": found.code,
        "rule": rule.id,
        "needed": rule.text,
        "guard": result.guard.text if result.guard is not None else "",
        "wrong": found.label,
        "picture": draw(of_gauge(result.gauge), f"{key}-g") if result.gauge is not None else "",
        "seen": [_seen(s, decision) for s in result.test.all_seen()[:8]],
        "seen_more": max(0, len(result.test.all_seen()) - 8),
        "because": rule.because,
        "steps": steps,
        "command": people,
        "owner": owner,
        "place": rule.span.place,
        "from": moment(rule.since) if rule.since is not None else "",
    }


def _seen(seen: Seen, decision: Decision) -> dict[str, str]:
    record = decision.champion if seen.champion else decision.record
    there = isinstance(record, Record) and record.document is not None and bool(seen.path)
    return {
        "said": str(seen),
        "place": record.place(seen.path) if there and isinstance(record, Record) else "",
        "trust": vouched(seen.trust) if seen.path else "",
    }


def _brief(result: RuleResult) -> dict[str, str]:
    found = remedy(result)
    return {"rule": result.rule.id, "word": _WORDS[result.outcome], "code": found.code, "needed": result.rule.text,
            "wrong": found.label}  # fmt: skip


def _row(result: RuleResult, key: str, *, pictured: bool) -> dict[str, Any]:
    """A rule that holds."""
    gauge = result.gauge if pictured else None
    seen = ", ".join(str(s) for s in result.test.all_seen()[:4]) or result.test.note
    return {
        "rule": result.rule.id,
        "needed": result.rule.text,
        "seen": seen if result.applicable else "not applicable",
        "picture": draw(of_gauge(gauge), key) if gauge is not None else "",
    }


def _grouped(found: list[Table], key: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = []
    for n, table in enumerate(found[:MOST_TABLES]):
        axis = extent([p for row in table.rows if row.picture for p in row.picture.points])
        rows = [
            (row, draw(row.picture, f"{key}-s{n}-{at}", axis) if row.picture else "")
            for at, row in enumerate(table.rows)
        ]
        left_out = any(row.standing is Standing.NOT_ASKED for row in table.rows)
        tables.append({"name": table.name, "rule": table.rule, "rows": rows, "left_out": table.left_out, "why": table.why,
                       "not_asked": left_out})  # fmt: skip
    return tables


def _waived(result: RuleResult, decision: Decision) -> dict[str, Any]:
    waiver = result.waiver
    assert waiver is not None
    return {
        "rule": result.rule.id,
        "person": waiver.person,
        "role": waiver.role,
        "reason": waiver.reason,
        "covers": covered(waiver),
        "until": moment(waiver.until),
        "left": days(max(0, waiver.until - decision.now)),
        "would": "would fail" if result.truth is False else "would be unknown",
    }
