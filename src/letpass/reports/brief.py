"""A decision in three parts, for whoever has it in an interpreter: what it says, what keeps it back, what to do next."""

from __future__ import annotations

from html import escape

from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, Verdict
from letpass.evaluation.remedies import remedy
from letpass.frozen import Frozen
from letpass.reports.statements import command_for
from letpass.reports.words import against, denying, ending, reference, sources, summary, taken_back_by, target, word

MOST, LONGEST_IN_LINE = 3, 110  # reasons that are told in a line, and characters of each
MOST_IN_CELL = 8
LONGEST = 240  # characters of a name or a reason that is shown

_COLOURS = {Verdict.ALLOW: "#1a7f37", Verdict.DENY: "#cf222e", Verdict.UNDECIDED: "#9a6700"}
"""Behind white, so that it is read on light and on dark pages."""


class Brief(Frozen):
    """A decision in short.  word: its verdict · subject: version and move · says: the whole in a sentence · why: each thing that
    keeps it back, by what it is called · next: what to do, nothing where there is nothing to be done."""

    word: str
    subject: str
    says: str
    why: tuple[tuple[str, str], ...]
    next: str


def brief(decision: Decision) -> Brief:
    """What a decision comes to, in texts that may stand in a terminal."""
    why = [(o.kind, against(o)) for o in denying(decision)]
    why += [(r.rule.id, remedy(r).label) for r in decision.blocking]
    why += [
        (f"{p.policy.name}/applies", "; ".join(map(str, p.applies.why)))
        for p in decision.policies
        if p.governs is None and p.applies is not None
    ]
    why += [(h.code, h.what) for h in decision.holds]
    said = "; ".join((summary(decision), *(s for s in (ending(decision), *sources(decision)) if s)))
    shown = tuple((_short(name), _short(what)) for name, what in why)
    return Brief(
        word(decision), _short(f"{decision.record.name}, {target(decision)}"), clean(said), shown, _next(decision)
    )


def text(decision: Decision) -> str:
    """Verdict and subject; what keeps it back and by how much; what to do next: a line each."""
    found = brief(decision)
    named = "; ".join(f"{_cut(name)}: {_cut(what)}" for name, what in found.why[:MOST])
    more = f"; and {len(found.why) - MOST} more" if len(found.why) > MOST else ""
    lines = [f"{found.word.upper()}  {found.subject}", found.says + (f": {named}{more}" if named else "")]
    if found.next:
        lines.append(f"next: {found.next}")
    return "\n".join(lines)


def cell(decision: Decision) -> str:
    """The decision for the output of a notebook's cell: a piece of HTML that needs nothing else, in the colours of its page."""
    found = brief(decision)
    rows = "".join(
        f'<li style="margin:2px 0"><code>{escape(name)}</code>: {escape(what)}</li>'
        for name, what in found.why[:MOST_IN_CELL]
    )
    if (more := len(found.why) - MOST_IN_CELL) > 0:
        rows += f'<li style="margin:2px 0">and {more} more</li>'
    listed = f'<ul style="margin:4px 0 4px 20px;padding:0">{rows}</ul>' if rows else ""
    then = f"<div><strong>next:</strong> {_code(found.next)}</div>" if found.next else ""
    colour = _COLOURS[decision.verdict]
    return (
        f'<div style="border-left:4px solid {colour};padding:4px 12px;color:inherit;background:transparent;overflow-wrap:anywhere">'
        f'<div><strong style="background:{colour};color:#fff;padding:1px 8px;border-radius:3px">{escape(found.word)}</strong> '
        f"<strong>{escape(found.subject)}</strong></div><div>{escape(found.says)}</div>{listed}{then}</div>"
    )


def _next(decision: Decision) -> str:
    """What to do first about what keeps a move back."""
    if decision.allowed:
        return ""
    if not decision.policies:
        return clean(f"write a policy `on {target(decision)}`, or name a move that the policies govern")
    if objecting := denying(decision):
        return _short(taken_back_by(objecting[0], reference(decision))[0])
    if decision.blocking:
        first = decision.blocking[0]
        if people := command_for(first, decision):
            return _short(f"`{people}`")
        steps = list(remedy(first).steps)
        if first.truth is False and not first.rule.fix:  # what else can be done comes behind it
            steps = [", ".join([f"mend `{first.rule.id}`", *steps])]
        return _short(steps[0] if steps else f"mend `{first.rule.id}`")
    return _short(next((h.help for h in decision.holds if h.help), ""))


def _short(said: str) -> str:
    """A text of anybody's as a terminal may show it, without the middle of a long one."""
    return clean(_cut(said, LONGEST))


def _cut(said: str, longest: int = LONGEST_IN_LINE) -> str:
    half = longest // 2
    return said if len(said) <= longest else f"{said[:half]}…{said[-half:]}"


def _code(said: str) -> str:
    """A sentence in HTML, what stands between backticks as code."""
    parts = escape(said).split("`")
    if len(parts) % 2 == 0:
        return escape(said)
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
