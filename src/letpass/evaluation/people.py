"""Sign-offs counted: different people, never keys, and never the author where that is asked."""

from __future__ import annotations

from letpass.evaluation.apart import Apart, apart
from letpass.evaluation.input import Input
from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.evaluation.seen import Seen, answer
from letpass.language import typed
from letpass.language.truth import Truth3
from letpass.trust.accepted import NotCounted, Signoff


def signed(node: typed.SignedBy, input_: Input) -> tuple[Truth3, tuple[Seen, ...], tuple[Reason, ...]]:
    """True or unknown (awaiting), the sign-offs seen, and what is awaited."""
    in_role = [s for s in input_.accepted.signoffs if s.role in node.roles]
    left_out = apart(input_.record, input_.accepted) if node.other_than_author else Apart()
    judged = [(s, _why_not(s, node, input_.now, left_out)) for s in in_role]
    seen = tuple(answer(s, why_not or _in_doubt(left_out)) for s, why_not in judged)
    counted = [s for s, why_not in judged if why_not is None]
    awaited = _awaited(node, input_, in_role, counted, left_out.people)
    why = (*left_out.doubts, *awaited)
    return (None if why else True), seen, why


def _awaited(
    node: typed.SignedBy, input_: Input, in_role: list[Signoff], counted: list[Signoff], excluded: frozenset[str]
) -> tuple[Reason, ...]:
    """Whose sign-offs lack; nothing where there are enough."""
    thresholds = input_.accepted.thresholds
    if len(node.roles) == 1:
        people = {s.person for s in counted}
        needed = max(node.count, thresholds.get(node.roles[0], 1))
        if len(people) >= needed:
            return ()
        what = f"{len(people)} of {needed} sign-off{'s' if needed > 1 else ''}"
        what += _not_counted(in_role, people, excluded)
        return (_awaiting(node.roles[0], what, input_, excluded | people),)
    holders = [({s.person for s in counted if s.role == role}, thresholds.get(role, 1)) for role in node.roles]
    if assignable(holders):
        return ()
    short = [(r, n, p) for r, (p, n) in zip(node.roles, holders, strict=True) if len(p) < n] or [
        (r, n, set()) for r, (_, n) in zip(node.roles, holders, strict=True)
    ]
    return tuple(
        _awaiting(
            r,
            f"{len(p)} of {n} sign-off{'s' if n > 1 else ''}, by somebody who signs in no other of the roles"
            + _not_counted([s for s in in_role if s.role == r], p, excluded),
            input_,
            excluded | p,
        )
        for r, n, p in short
    )


def _why_not(signoff: Signoff, node: typed.SignedBy, now: int, left_out: Apart) -> NotCounted | None:
    """Why a rule leaves a sign-off out; None where it does not."""
    if signoff.person in left_out.makers:
        return NotCounted.AUTHOR
    if signoff.person in left_out.askers:
        return NotCounted.REQUESTER
    if node.microseconds is not None and not now - node.microseconds <= signoff.at <= now:
        return NotCounted.NOT_IN_TIME
    return None


def _in_doubt(left_out: Apart) -> NotCounted | None:
    """Why nobody's sign-off counts: it is not known whom to leave out."""
    if left_out.unmade:
        return NotCounted.AUTHOR_UNKNOWN
    return NotCounted.REQUESTER_UNKNOWN if left_out.unasked else None


def _not_counted(given: list[Signoff], counted: set[str], excluded: frozenset[str]) -> str:
    """Whose sign-offs are there and are not counted, and why."""
    own = sorted({s.person for s in given} & excluded)
    old = sorted({s.person for s in given} - excluded - counted)
    made = f"; without {', '.join(own)}, who {_made(own)}" if own else ""
    return made + (f"; without {', '.join(old)}, who did not sign within the time" if old else "")


def _made(people: list[str]) -> str:
    return "made it or asks for it" if len(people) == 1 else "made it or ask for it"


def _awaiting(role: str, what: str, input_: Input, without: frozenset[str]) -> Reason:
    """What is awaited in a role, and who can sign, as far as the trust file says."""
    members = input_.accepted.members
    able = tuple(m for m in members.get(role, ()) if m not in without) if members is not None else None
    return Reason(
        ReasonKind.AWAITING_SIGNOFF, f"role `{role}`", what + _who(role, able, input_, without), role=role, able=able
    )


def _who(role: str, able: tuple[str, ...] | None, input_: Input, without: frozenset[str]) -> str:
    members = input_.accepted.members
    if members is None:
        return ""
    if role not in members:
        return "; the trust file has no such role for this model and stage"
    if able:
        return f"; {', '.join(able)} can sign"
    own = [m for m in members[role] if m in without and m not in {s.person for s in input_.accepted.signoffs}]
    made = f"{', '.join(own)} {_made(own)}; " if own else ""
    return f"; {made}nobody else is in the role"


def assignable(holders: list[tuple[set[str], int]]) -> bool:
    """Can every role be given as many people of its own as it needs (a matching of places to people)."""
    places = [people for people, needed in holders for _ in range(needed)]
    taken: dict[str, int] = {}

    def give(place: int, tried: set[str]) -> bool:
        for person in sorted(places[place] - tried):
            tried.add(person)
            if person not in taken or give(taken[person], tried):
                taken[person] = place
                return True
        return False

    return all(give(place, set()) for place in range(len(places)))
