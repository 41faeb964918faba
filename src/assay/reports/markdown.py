"""Markdown, for pull requests and step summaries: nothing in it can ping, link or break out."""

from __future__ import annotations

import re

from assay.evaluation.decision import Decision, Outcome, RuleResult
from assay.evaluation.remedies import remedy
from assay.facts.record import Record
from assay.facts.values import moment
from assay.language.diagnostics import clean
from assay.reports.interface import VERDICTS, Report
from assay.reports.statements import glass, standing, told, waiver_notes, who
from assay.reports.words import shown, summary, target, totals

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$:-])")
MOST_ROWS = 200
MOST_MODELS = 100


def escape(text: object) -> str:
    """Text that Markdown shows as it is: no markup, no mention, no reference, no HTML, no second line."""
    flat = " ".join(clean(str(text)).split())
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # a zero-width joiner keeps `@team` from being a mention; `#1` is escaped below
    flat = flat.replace("@", "@\u2060").replace("www.", "www\u2060.").replace("WWW.", "WWW\u2060.")
    return _SPECIAL.sub(r"\\\1", flat)


def code(text: object) -> str:
    """Text in a code span, whatever backticks it holds."""
    flat = " ".join(clean(str(text)).split()).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def render(report: Report) -> str:
    """All decisions, from the template."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("assay", "reports/templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown has its own escape, and every value goes through it
    )
    models = [_model(d) for d in report.decisions[:MOST_MODELS]]
    return environment.get_template("markdown.md.j2").render(
        models=models,
        left_out=max(0, len(report.decisions) - MOST_MODELS),
        faults=[(code(f.span.place), f.code, escape(f.message)) for f in report.faults],
    )


def _model(decision: Decision) -> dict[str, object]:
    rules = shown(decision.rules)
    return {
        "verdict": VERDICTS[decision.verdict].capitalize(),
        "name": code(decision.record.name),
        "target": escape(target(decision)),
        "as_of": f" (as of {moment(decision.now)})" if decision.as_of else "",
        "summary": escape(summary(decision)),
        "rows": [_row(r, decision) for r in rules[:MOST_ROWS]],
        "more": max(0, len(rules) - MOST_ROWS),
        "passed": [code(r.rule.id) for r in decision.rules if r.outcome is Outcome.PASS][:MOST_ROWS],
        "glass": escape(glass(decision)),
        "holds": [(h.code, escape(h.what), escape(h.help)) for h in decision.holds],
        "statements": [
            (standing(s) if s.counts else "does not count", escape(who(s)), escape(s.why), code(s.name))
            for s in told(decision)[:MOST_ROWS]
        ],
        "notes": [escape(n) for n in waiver_notes(decision)],
        "totals": totals(decision.rules),
        "digests": [(name, code(digest[:19])) for name, digest in decision.digests],
    }


def _row(result: RuleResult, decision: Decision) -> dict[str, str]:
    found = remedy(result)
    places = [
        f"{s.name} {s.value}" + (f" at {record.place(s.path)}" if isinstance(record, Record) else "")
        for s in result.test.all_seen()[:4]
        if s.path and (record := decision.champion if s.champion else decision.record)
    ]
    return {
        "outcome": result.outcome.value,
        "code": found.code,
        "rule": code(result.rule.id),
        "needed": code(result.rule.text),
        "wrong": escape(found.label),
        "seen": escape("; ".join(places)),
        "help": escape(". ".join(found.steps)),
    }
