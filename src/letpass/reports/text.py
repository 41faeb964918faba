"""The report for a terminal: verdict first, then what blocks at the policy's own text, then the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from letpass.diagnostics import clean, linked, snippet
from letpass.diagnostics import render as show_fault
from letpass.evaluation.decision import Decision, Outcome, RuleResult, Verdict
from letpass.evaluation.remedies import remedy
from letpass.facts.record import Record
from letpass.facts.values import moment
from letpass.reports.interface import VERDICTS, Report, Style
from letpass.reports.layout import fit, taken
from letpass.reports.statements import Standing, command_for, glass, listed_statements, standing, who
from letpass.reports.tally import Tally, tally
from letpass.reports.waivers import covered, waiver_notes
from letpass.reports.words import (
    against,
    compared,
    ending,
    from_environment,
    noticed,
    reference,
    shown,
    sources,
    summary,
    taken_back_by,
    target,
    totals,
    unjudged,
    vouched,
)

_COLORS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}
_VERDICT_COLORS = {Verdict.ALLOW: "green", Verdict.DENY: "red", Verdict.UNDECIDED: "yellow"}
_OUTCOME_COLORS = {
    Outcome.FAIL: "red",
    Outcome.UNKNOWN: "yellow",
    Outcome.WAIVED: "blue",
    Outcome.ADVICE: "blue",
    Outcome.COMING: "blue",
    Outcome.PASS: "green",
}
MOST_SEEN = 6
MOST_STATEMENTS, MOST_REFUSED = 50, 8
MOST_BLOCKING = 10
LONGEST_LABEL = 60  # characters beside the carets; a longer one has a line of its own


def render(report: Report) -> str:
    """The whole report, its last lines the totals and what comes next."""
    if len(report.decisions) == 1 and not report.faults:
        return _laid_out(_decision(report.decisions[0], report, report.style), report)
    return of_many(tally(report), report)


def of_many(counted: Tally, report: Report) -> str:
    """The report of models that were counted; of `report` it needs what stood beside the decisions."""
    return _laid_out(many(counted, report.style, report.took), report)


def _laid_out(lines: Iterable[str], report: Report) -> str:
    """Lines as a terminal shows them, and what variables of the environment have said."""
    style = report.style
    if report.environment:
        lines = [*lines, paint(clean(from_environment(report.environment)), "dim", style)]
    text = "\n".join([part for line in lines for part in fit(line, style.columns)]) + "\n"
    return text if style.unicode else text.replace("→", "->").replace("…", "...").replace("≥", ">=").replace("·", "-")


def paint(text: str, color: str, style: Style) -> str:
    """A word in colour, where colours are wanted."""
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if style.color else text


def _decision(decision: Decision, report: Report, style: Style) -> Iterator[str]:
    verdict = paint(VERDICTS[decision.verdict].upper(), _VERDICT_COLORS[decision.verdict], style)
    as_of = f"  (as of {moment(decision.now)})" if decision.as_of else ""
    yield f"{verdict}  {paint(clean(decision.record.name), 'bold', style)} → {clean(target(decision))}{as_of}"
    for said in sources(decision):
        yield paint(clean(said), "yellow", style)
    if champion := compared(decision):
        yield paint(clean(champion), "dim", style)
    if broken := glass(decision):
        yield paint(clean(broken), "red", style)
    yield f"{clean(summary(decision))}"
    if end := ending(decision):
        yield clean(end)
    names = ", ".join(f"{p.policy.name}" for p in decision.policies)
    if names:
        yield paint(f"judged by {clean(names)}", "dim", style)
    for result in shown(decision.rules):
        yield ""
        yield from _rule(result, decision, style)
    for policy in decision.policies:
        if policy.governs is None and policy.applies is not None:
            yield ""
            yield f"UNKNOWN  whether {policy.policy.name} applies: " + clean(
                "; ".join(str(w) for w in policy.applies.why)
            )
    if style.verbose:
        yield ""
        for result in decision.rules:
            if result.outcome is Outcome.PASS:
                seen = (
                    ", ".join(str(s) for s in result.test.all_seen()[:MOST_SEEN]) or result.test.note
                    if result.applicable
                    else "not applicable"
                )
                yield f"{paint('PASS', 'green', style)}  {clean(result.rule.id)}" + (
                    f"  ({clean(seen)})" if seen else ""
                )
    yield from _testimony(decision, style)
    if odd := noticed(decision.record):
        yield ""
        yield from (f"noticed: {clean(o)}" for o in odd)
    if decision.record.passed_over:
        yield ""
        yield from (f"note: passed over {clean(p)}" for p in decision.record.passed_over)
    if left := unjudged(report):
        yield ""
        yield f"note: {left}"
    yield ""
    took = f" in {report.took:.0f} ms" if report.took is not None else ""
    yield f"{totals(decision.rules)}{took}"
    if not decision.policies:
        if report.like:
            yield f"next: `--to {clean(report.like)}`, which is like it and is gated, if that is meant"
        else:
            yield f"next: write a policy `on {clean(target(decision))}`, or name a move that the policies govern"
    elif decision.verdict is not Verdict.ALLOW:
        yield from _next(decision, report)


def _next(decision: Decision, report: Report) -> Iterator[str]:
    people = decision.next.line() if decision.next and any(r.awaits_people for r in decision.blocking) else ""
    if people and decision.awaits_only_people:
        yield f"next: `{clean(people)}`" + (f", then `{clean(report.again)}`" if report.again else "")
    elif report.again:
        asks = "gather the sign-offs" if decision.awaits_only_people else "mend the above" if decision.blocking else ""
        asks = asks or ("mend what holds it back" if decision.holds else "")
        yield f"next: {f'{asks}, then ' if asks else ''}`{clean(report.again)}`"


def _testimony(decision: Decision, style: Style) -> Iterator[str]:
    """Words against the version, what holds an allow back, and what became of every statement."""
    for said in decision.objections:
        word = paint("OBJECTED", "red", style) if said.denies else paint("OBJECTED BEFORE", "dim", style)
        yield ""
        yield f"{word}[{linked('GATE402', style.pages)}]  {clean(against(said))}"
        if said.denies:
            yield from (f"  = help: {clean(how)}" for how in taken_back_by(said, reference(decision)))
    for hold in decision.holds:
        yield ""
        yield f"{paint('HELD', 'yellow', style)}[{linked(hold.code, style.pages)}]  {clean(hold.what)}"
        if hold.help:
            yield f"  = help: {clean(hold.help)}"
    statements = listed_statements(decision)
    if statements:
        yield ""
        yield "statements:"
    counting = sum(standing(s) is not Standing.DOES_NOT for s in statements)
    most = MOST_STATEMENTS if style.verbose else min(MOST_STATEMENTS, counting + MOST_REFUSED)
    for why, alike in groupby(statements[:most], key=lambda s: s.why):
        for statement in alike:
            how = standing(statement)
            word = how.value
            shown_word = paint(word, "yellow" if how is Standing.DOES_NOT else "green", style)
            yield f"  {shown_word}{' ' * (8 - len(word))}  {clean(who(statement))}  ({clean(statement.statement.name)})"
        if why:
            yield f"            {clean(why)}"
    if len(statements) > most:
        rest = "`-o json` has all of them" if style.verbose else "`-v` shows them"
        yield f"  and {len(statements) - most} more{'' if counting > most else ' that do not count'}; {rest}"
    notes = list(waiver_notes(decision))
    if notes:
        yield ""
        yield from (f"note: {clean(n)}" for n in notes)


def _rule(result: RuleResult, decision: Decision, style: Style) -> Iterator[str]:
    rule = result.rule
    found = remedy(result)
    word = paint(result.outcome.value.upper(), _OUTCOME_COLORS[result.outcome], style)
    yield f"{word}[{linked(found.code, style.pages)}]  {clean(rule.id)}" + _aside(result)
    deciding = result.test.deciding()
    span = (
        deciding[0].span
        if len(deciding) == 1 and deciding[0].span.source.name == rule.span.source.name
        else rule.test.span
    )
    inside = rule.span.start <= span.start and span.end <= rule.span.end
    label = clean(found.label)
    source = snippet(span if inside else rule.test.span, label)
    beside = len(label) <= LONGEST_LABEL and not (style.columns and max(map(taken, source)) > style.columns)
    if beside:
        yield from source
    else:
        yield from snippet(span if inside else rule.test.span)
        yield f"  = {'wrong' if result.truth is False else 'unknown'}: {label}"
    for place in _places(result, decision):
        yield f"  = seen: {clean(place)}"
    if result.guard is not None and result.guard.truth is not True:
        yield f"  = when: `{clean(result.guard.text)}` is unknown"
    if result.waiver is not None:
        waiver = result.waiver
        yield f"  = waived: by {clean(waiver.person)} as {clean(waiver.role)} until {moment(waiver.until)}: {clean(waiver.reason)}"
        yield from (f"  = covers: {clean(line)}" for line in covered(waiver))
    if rule.because:
        yield f"  = because: {clean(rule.because)}"
    for step in found.steps:
        yield f"  = help: {clean(step)}"
    owner = next((p.policy.owner for p in decision.policies if p.policy.name == rule.policy), "")
    if owner and not rule.owner and result.blocks:
        yield f"  = owner: {clean(owner)}"
    if people := command_for(result, decision):
        yield f"  = help: `{clean(people)}`"


def _aside(result: RuleResult) -> str:
    if result.outcome is Outcome.WAIVED:
        return f" (would be {'fail' if result.truth is False else 'unknown'})"
    if result.outcome is Outcome.COMING and result.rule.since is not None:
        return (
            f" (in force from {moment(result.rule.since)}; {'does not hold' if result.truth is False else 'unknown'})"
        )
    if result.outcome is Outcome.ADVICE:
        return f" ({'does not hold' if result.truth is False else 'unknown'}, does not block)"
    return ""


def _places(result: RuleResult, decision: Decision) -> Iterator[str]:
    """Where the values stand that were seen: a line for each file, its lines behind the names."""
    files: dict[tuple[str, str], list[str]] = {}
    for seen in [s for s in result.test.all_seen() if s.path][:MOST_SEEN]:
        record = decision.champion if seen.champion else decision.record
        if isinstance(record, Record) and record.document is not None:
            file, _, line = record.place(seen.path).rpartition(":")
            files.setdefault((file, vouched(seen.trust)), []).append(f"{seen.name} (line {line})")
    for (file, trust), names in files.items():
        yield f"{file}, {trust}: {', '.join(names)}"


def many(found: Tally, style: Style, took: float | None) -> Iterator[str]:
    """Several models: what blocks most, then a line each."""
    for fault in found.faults:
        yield show_fault(fault, style.pages)
        yield ""
    listed = found.rows
    longest = max((len(clean(r.name)) for r in listed or ()), default=0)
    for row in listed or ():
        word = paint(f"{VERDICTS[row.verdict].upper():9}", _VERDICT_COLORS[row.verdict], style)
        yield f"{word}  {clean(row.name):{min(longest, 60)}}  {clean(row.short)}"
    if listed:
        yield ""
    if found.blocked:
        yield "what blocks most:"
        for rule, count in found.blocked.most_common(MOST_BLOCKING):
            yield f"  {count:6}  {clean(rule)}"
        if len(found.blocked) > MOST_BLOCKING:
            yield f"          and {len(found.blocked) - MOST_BLOCKING} more"
        yield ""
    if listed is None:
        yield f"{found.total} models are too many to list: add `-v`, or `-o concise` for a line a rule"
    yield found.words() + (f" in {took:.0f} ms" if took is not None else "") + found.when
