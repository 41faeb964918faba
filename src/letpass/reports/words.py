"""Sentences that several formats share."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable

from letpass.diagnostics import Diagnostic
from letpass.evaluation.decision import Decision, Outcome, RuleResult, Verdict
from letpass.evaluation.telling import duration
from letpass.facts.record import CLAIMED, COMPUTED, Record
from letpass.facts.tenure import Known
from letpass.facts.values import moment
from letpass.language.kinds import PROMPT
from letpass.reports.interface import VERDICTS, Report
from letpass.trust import strict
from letpass.trust.accepted import Objection

_ORDER = (
    (Outcome.FAIL, "failed"),
    (Outcome.UNKNOWN, "unknown"),
    (Outcome.WAIVED, "waived"),
    (Outcome.ADVICE, "advised"),
    (Outcome.COMING, "coming"),
    (Outcome.PASS, "passed"),
)

MOST_ADDED = 12  # fields that a change adds and a report names


def target(decision: Decision) -> str:
    """The move in words: `promotion to production`."""
    return str(decision.move)


def headline(decision: Decision) -> str:
    """The whole decision in a line: `denied: fraud@4 → promotion to production: 2 rules do not hold`."""
    return f"{word(decision)}: {decision.record.name} → {target(decision)}: {summary(decision)}"


def summary(decision: Decision) -> str:
    """One sentence on what blocks, and who can mend it."""
    if objecting := denying(decision):
        rest = _rest(decision)
        more = f", and {len(objecting) - 1} more" if len(objecting) > 1 else ""
        return f"{_who(objecting[0])} {_VERBS[objecting[0].kind]}{more}" + (f"; {rest}" if rest else "")
    return _sentence(decision)


_VERBS = {"objection": "objects to it", "revocation": "revoked it"}


def denying(decision: Decision) -> list[Objection]:
    """The words against the version that deny this move."""
    return [o for o in decision.objections if o.denies]


def _who(said: Objection) -> str:
    return f"{said.person} as {said.role}" if said.role else said.person


def _rest(decision: Decision) -> str:
    """What the rules say beside an objection, nothing where they all hold."""
    return _sentence(decision) if decision.blocking or not decision.policies else ""


def _sentence(decision: Decision) -> str:
    """What the rules and what holds an allow back come to."""
    if not decision.policies:
        if decision.record.kind == PROMPT and decision.considered:
            return f"no policy on {decision.move} speaks of `kind is prompt`, and what nobody governs does not move"
        return f"no policy governs {decision.move}, and what nobody governs does not move"
    if decision.verdict is Verdict.ALLOW:
        waived = sum(r.outcome is Outcome.WAIVED for r in decision.rules)
        return "every rule in force holds" + (f", {waived} of them waived" if waived else "")
    if decision.holds and not decision.blocking and decision.verdict is Verdict.UNDECIDED:
        more = f", and {len(decision.holds) - 1} more" if len(decision.holds) > 1 else ""
        return f"every rule in force holds, and the allow is held back: {decision.holds[0].what}{more}"
    if decision.awaits_only_people:
        return "everything measurable holds; only sign-offs are awaited"
    failed = sum(r.outcome is Outcome.FAIL for r in decision.blocking)
    people = sum(r.awaits_people for r in decision.blocking)
    cases = sum(r.awaits_cases for r in decision.blocking)
    lacking = len(decision.blocking) - failed - people - cases
    parts = [f"{failed} rule{_s(failed)} {'does' if failed == 1 else 'do'} not hold"] if failed else []
    for count, verb, what in (
        (lacking, "lack", "evidence"),
        (cases, "need", "more cases"),
        (people, "await", "sign-offs"),
    ):
        if count:
            parts.append(f"{count}{'' if parts else ' rule' + _s(count)} {verb}{'s' if count == 1 else ''} {what}")
    doubtful = [p.policy.name for p in decision.policies if p.governs is None]
    if doubtful:
        parts.append(f"whether `{doubtful[0]}` applies is unknown")
    if parts and decision.holds and decision.verdict is Verdict.UNDECIDED:
        parts.append("and an allow would be held back")
    return ", ".join(parts) or "no rule in force asks anything of this model, and that does not allow it"


def word(decision: Decision) -> str:
    """The verdict where it stands by itself; an allow as of another time, or by what a call says otherwise, with that."""
    found = VERDICTS[decision.verdict]
    if not decision.allowed:
        return found
    if decision.as_of:
        found += f" as of {moment(decision.now)}"
    return f"{found}, by what the call says" if decision.told else found


def against(said: Objection) -> str:
    """A word against a version: who said it and why, of what, and how it ended or ends."""
    what = f"the {said.kind} by {_who(said)} at {moment(said.at)} against {said.against} of {said.model}@{said.version}"
    return f"{what}: {said.reason}; {said.ended or 'it stands'}"


def taken_back_by(said: Objection, reference: str) -> tuple[str, ...]:
    """How a word that stands is taken back, and by whom.  `reference`: how the version is called in a command."""
    model = shlex.quote(reference)
    if not said.role:  # there is no trust file, so that nobody signs
        return (f"`policy lift {model} --reason TEXT`",)
    lift = f"`policy lift {model} --reason TEXT --key KEY` by the owners of the policies"
    own = f"`policy withdraw {model} --of {said.digest.rpartition(':')[2][:12]} --key KEY` by {said.person}"
    return (own, lift) if said.kind == "objection" else (lift,)


def reference(decision: Decision) -> str:
    """How the version is called in a command: by its file, else by its name."""
    document = decision.record.document
    named = document is not None and document.source.name and "://" not in document.source.name
    return document.source.name if document is not None and named else decision.record.name


def compared(decision: Decision) -> str:
    """Whom the version is compared with, and how that is known; nothing where nobody is there to compare with."""
    tenure = decision.tenure
    if not isinstance(decision.champion, Record):
        return ""
    known = str(tenure) if tenure is not None and tenure.known is not Known.TOLD else ""
    return f"against {decision.champion.name}" + (f": {known}" if known else "")


def sources(decision: Decision) -> tuple[str, ...]:
    """What whoever reads the decision must know of where its facts come from, in sentences."""
    if not decision.added:
        return decision.told
    named = [f"`{path}`" for path in decision.added[:MOST_ADDED]]
    more = len(decision.added) - len(named)
    fields = ", ".join(named) + (f" and {more} more" if more else "")
    return (*decision.told, f"the change adds {fields} to the record of {decision.record.name}: claims of its own")


def ending(decision: Decision) -> str:
    """When an allow's approval ends, and by which policies, in a sentence; nothing where it has no end."""
    until = decision.approved_until
    if until is None or not decision.allowed:
        return ""
    by = [p.policy for p in decision.policies if decision.end_by(p.policy) == until]
    said = duration(min(p.approved for p in by if p.approved is not None))
    names = " and ".join(p.name for p in by)
    return f"the approval ends {strict.written(until)} (polic{'y' if len(by) == 1 else 'ies'} {names}: approved for {said})"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def totals(rules: tuple[RuleResult, ...]) -> str:
    """`1 failed, 2 unknown, 9 passed, 1 not applicable`."""
    counts = Counter(r.outcome for r in rules if r.applicable or r.outcome is not Outcome.PASS)
    idle = sum(1 for r in rules if not r.applicable and r.outcome is Outcome.PASS)
    words = [f"{counts[outcome]} {word}" for outcome, word in _ORDER if counts[outcome]]
    if idle:
        words.append(f"{idle} not applicable")
    return ", ".join(words) or "no rules"


def shown(rules: tuple[RuleResult, ...]) -> list[RuleResult]:
    """The rules that a report shows in full, what blocks first."""
    order = {outcome: n for n, (outcome, _) in enumerate(_ORDER)}
    return sorted(
        (r for r in rules if r.outcome is not Outcome.PASS), key=lambda r: (order[r.outcome], r.awaits_people)
    )


def vouched(trust: str) -> str:
    """Who vouches for a value of a record: `attested by ci`, `computed`, or nobody, so that it is `claimed`."""
    return "claimed" if trust == CLAIMED else "computed" if trust == COMPUTED else f"attested by {trust}"


def noticed(record: Record) -> list[str]:
    """What the registry's reader found odd about a version, a line each."""
    return [f"{piece.get('kind')}: {piece.get('what', 'no more is said')}" for piece in record.lists.get("notices", ())]


def unjudged(report: Report) -> str:
    """What was passed over in the folders that were named, in a sentence; nothing where all was judged."""
    if not report.others:
        return ""
    are = "file there is no record, and was" if report.others == 1 else "files there are no records, and were"
    return f"{report.others} {are} not judged; name one alone to see why"


def from_environment(said: Iterable[tuple[str, str]]) -> str:
    """The variables that a command was told something by, in a line; nothing where there are none."""
    found = ", ".join(f"{name}={value}" for name, value in said)
    return f"from the environment: {found}" if found else ""


def place_of(fault: Diagnostic) -> str:
    """Where a fault stands, nothing where it is in no text."""
    return fault.span.place if fault.span.source.name else ""
