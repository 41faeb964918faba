"""Policies in force: the set that the policy owners' threshold has signed last, and no other."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from assay.trust import signers
from assay.trust.accepted import Hold, Judged
from assay.trust.chain import Trust
from assay.trust.statements import Statement
from assay.trust.trustfile import POLICY_OWNER


def judge(
    trust: Trust, found: Iterable[Statement], digest: str, now: int, where: str = "policies"
) -> tuple[Hold | None, tuple[Judged, ...]]:
    """What holds an allow back because this set is not in force, or None; and every signature with its reason.

    A set is in force from its last needed signature on, until another one is: so an older set that was signed once, and
    is brought back, does not count.  `where`: what there is to sign, for the command that mends it.
    """
    signed: dict[str, dict[str, int]] = {}
    once: dict[str, dict[str, tuple[int, int]]] = {}
    judged: list[Judged] = []
    for statement in found:
        set_digest = statement.artifact
        why, who = "", statement.text("signer")
        if statement.text("root") == trust.root and (needed := signers.owned_then(trust, statement, POLICY_OWNER)):
            once.setdefault(set_digest, {})[who] = (statement.time("issuedAt"), needed)
        try:
            who = signers.person(trust, statement, now)
            if statement.text("root") != trust.root:
                raise ValueError("it was signed under another trust root")
            if statement.text("role") != POLICY_OWNER:
                raise ValueError(f"policies are signed in the role `{POLICY_OWNER}`")
            signers.in_role(trust, statement, who, "", "")
        except ValueError as error:
            why = str(error)
        else:
            at = signed.setdefault(set_digest, {})
            at[who] = max(at.get(who, 0), statement.time("issuedAt"))
            why = "" if set_digest == digest else f"it is for another set, `{set_digest[:19]}…`"
        judged.append(Judged("policy set", statement.name, statement.digest, who, POLICY_OWNER, not why, why))
    return _hold(trust, signed, once, digest, where), tuple(judged)


def _hold(
    trust: Trust, signed: dict[str, dict[str, int]], once: dict[str, dict[str, tuple[int, int]]], digest: str, where: str
) -> Hold | None:  # fmt: skip
    role = trust.current.roles.get(POLICY_OWNER)
    if role is None:
        return Hold(
            "GATE403",
            f"the trust file has no role `{POLICY_OWNER}`, so nobody can put policies in force",
            f"`policy trust add role {POLICY_OWNER} --member PERSON`",
        )
    who = f"role `{POLICY_OWNER}`: {', '.join(role.members)}"
    mend = f"`policy sign {shlex.quote(where)} --role {POLICY_OWNER} --key KEY` ({who})"
    people = signed.get(digest, {})
    if len(people) < role.threshold:
        what = f"the policy set `{digest[:19]}…` has {len(people)} of {role.threshold} signatures by its owners"
        return Hold("GATE403", what, mend)
    ours = _since(list(people.values()), role.threshold)
    for other, owners in once.items():
        # an owner who has left since, or lost a key, has still superseded what was before
        needed = max(threshold for _, threshold in owners.values())
        if other != digest and len(owners) >= needed and _since([t for t, _ in owners.values()], needed) > ours:
            return Hold("GATE403", f"the policy set `{digest[:19]}…` was superseded by `{other[:19]}…`", mend)
    return None


def _since(times: list[int], threshold: int) -> int:
    """When the last signature that the threshold needed was made."""
    return sorted(times, reverse=True)[threshold - 1]
