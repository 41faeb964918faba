"""Sign-offs counted: different people, never keys, and never the author where that is asked."""

from __future__ import annotations

from assay.evaluation.explanation import Reason, Seen
from assay.evaluation.input import Input
from assay.facts.values import moment
from assay.language import typed
from assay.language.truth import Truth3
from assay.trust.accepted import Signoff


def authors(input_: Input) -> frozenset[str] | None:
    """Who made the version: its author, the commit's author, the requester; None where no author is known."""
    author = input_.record.values.get("author")
    if type(author) is not str or not author:
        return None
    others = (input_.record.text("code.author"), input_.accepted.requester or "")
    return frozenset({author, *others} - {""})


def signed(node: typed.SignedBy, input_: Input) -> tuple[Truth3, tuple[Seen, ...], tuple[Reason, ...]]:
    """True, false (a rejection) or unknown (awaiting), the sign-offs seen, and what is awaited."""
    about = " and ".join(f"`{r}`" for r in node.roles)
    in_role = [s for s in input_.accepted.signoffs if s.role in node.roles]
    seen = tuple(
        Seen(f"{'sign-off' if s.approve else 'rejection'} as {s.role}", f"{s.person} at {moment(s.at)}")
        for s in in_role
    )
    if any(not s.approve for s in in_role):
        return False, seen, ()
    excluded = authors(input_) if node.other_than_author else frozenset()
    if excluded is None:
        return None, seen, (Reason("missing", "author", "is not recorded, so nobody can be told to be someone else"),)
    counted = [s for s in in_role if s.person not in excluded and _timely(s, node, input_.now)]
    if len(node.roles) == 1:
        people = {s.person for s in counted}
        missing = node.count - len(people)
        if missing <= 0:
            return True, seen, ()
        what = f"{len(people)} of {node.count} sign-off{'s' if node.count > 1 else ''}"
        return None, seen, (Reason("awaiting sign-off", f"role {about}", what),)
    holders = {role: {s.person for s in counted if s.role == role} for role in node.roles}
    if assignable(holders):
        return True, seen, ()
    empty = [r for r, people in holders.items() if not people] or list(holders)
    return (
        None,
        seen,
        tuple(
            Reason(
                "awaiting sign-off", f"role `{r}`", "0 of 1 sign-off, by somebody who signs in no other of the roles"
            )
            for r in empty
        ),
    )


def _timely(signoff: Signoff, node: typed.SignedBy, now: int) -> bool:
    return node.microseconds is None or now - node.microseconds <= signoff.at <= now


def assignable(holders: dict[str, set[str]]) -> bool:
    """Can every role be given a person of its own (a matching of roles to people)."""
    taken: dict[str, str] = {}

    def give(role: str, tried: set[str]) -> bool:
        for person in sorted(holders[role] - tried):
            tried.add(person)
            if person not in taken or give(taken[person], tried):
                taken[person] = role
                return True
        return False

    return all(give(role, set()) for role in holders)
