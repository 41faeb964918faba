"""The policy set in force: the one that as many policy owners as the threshold asks have signed last."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from letpass.diagnostics import InvalidError
from letpass.trust import signers
from letpass.trust.accepted import Hold, Judged
from letpass.trust.chain import Trust
from letpass.trust.kinds import POLICIES
from letpass.trust.roles import POLICY_OWNER
from letpass.trust.statements import Statement


def judge(
    trust: Trust, found: Iterable[Statement], digest: str, now: int, where: str = "policies"
) -> tuple[Hold | None, tuple[Judged, ...]]:
    """What holds an allow back because this set is not in force, or None; and every signature with its reason.

    A set is in force from its last needed signature on, until another one is: so an older set that was signed once, and
    is brought back, does not count.  A signature that the ledger has still supersedes what was before it when its signer
    has left since.  `where`: what there is to sign, for the command that mends it.
    """
    signed = Signatures()
    judged: list[Judged] = []
    for statement in found:
        why, who = "", statement.text("signer")
        try:
            who = _owner(trust, statement, now)
        except InvalidError as error:
            why = str(error)
            if statement.logged is not None and signers.owned_then(trust, statement, POLICY_OWNER):
                signed.note(statement, who, holds=False)
        else:
            signed.note(statement, who, holds=True)
            why = "" if statement.artifact == digest else f"it is for another set, `{statement.artifact[:19]}…`"
        judged.append(Judged("policy set", statement.name, statement.digest, who, POLICY_OWNER, not why, why))
    return _hold(trust, signed, digest, where), tuple(judged)


def last_set(trust: Trust, found: Iterable[Statement], before: int | None = None) -> tuple[Statement, ...]:
    """The last signature by each owner of the set that so many owners as were needed then have signed last, newest first.

    Empty where none ever was.  Each signature is judged by the trust file of then.  `before`: only what the ledger has
    before that entry.
    """
    signed = Signatures()
    last: dict[tuple[str, str], dict[str, Statement]] = {}
    for statement in sorted(found, key=lambda s: s.text("issuedAt")):
        early = before is None or (statement.entry is not None and statement.entry < before)
        if statement.type == POLICIES and early and signers.owned_then(trust, statement, POLICY_OWNER):
            signed.note(statement, statement.text("signer"), holds=False)
            last.setdefault((statement.artifact, statement.text("trust")), {})[statement.text("signer")] = statement
    newest: tuple[int, tuple[str, str]] | None = None
    for key, owners in signed.then.items():
        then = trust.version(key[1])
        needed = then.roles[POLICY_OWNER].threshold if then is not None else 0
        if needed and len(owners) >= needed:
            since = _since(list(owners.values()), needed)
            newest = (since, key) if newest is None or since > newest[0] else newest
    if newest is None:
        return ()
    return tuple(sorted(last[newest[1]].values(), key=lambda s: s.text("issuedAt"), reverse=True))


def last_signed(trust: Trust, found: Iterable[Statement], now: int) -> Statement | None:
    """The newest signature of a policy set, whichever it is, by somebody who may put one in force now."""
    own = [s for s in found if s.type == POLICIES and not _fault(trust, s, now)]
    return max(own, key=lambda s: s.time("issuedAt"), default=None)


def _fault(trust: Trust, statement: Statement, now: int) -> str:
    try:
        _owner(trust, statement, now)
    except InvalidError as error:
        return str(error)
    return ""


def _owner(trust: Trust, statement: Statement, now: int) -> str:
    """The owner who signed a policy set; raises `InvalidError` where the signer may not."""
    if statement.text("root") != trust.root:
        raise InvalidError("it was signed under another trust root")
    if statement.text("role") != POLICY_OWNER:
        raise InvalidError(f"policies are signed in the role `{POLICY_OWNER}`")
    who = signers.person(trust, statement, now)
    signers.in_role(trust, statement, who)
    return who


class Signatures:
    """When each owner signed each set last: of those who hold the role now, and of all, by the trust file of then."""

    def __init__(self) -> None:
        self.now: dict[str, dict[str, int]] = {}
        self.then: dict[tuple[str, str], dict[str, int]] = {}

    def note(self, statement: Statement, who: str, *, holds: bool) -> None:
        """Note a signature of an owner over a set of policies.  `holds`: the signer has the role now."""
        at = statement.time("issuedAt")
        places = [self.then.setdefault((statement.artifact, statement.text("trust")), {})]
        places += [self.now.setdefault(statement.artifact, {})] if holds else []
        for people in places:
            people[who] = max(people.get(who, 0), at)


def _hold(trust: Trust, signed: Signatures, digest: str, where: str) -> Hold | None:
    role = trust.current.roles.get(POLICY_OWNER)
    if role is None:
        return Hold(
            "GATE403",
            f"the trust file has no role `{POLICY_OWNER}`, so nobody can put policies in force",
            f"`policy trust add role {POLICY_OWNER} --member PERSON`",
        )
    who = f"role `{POLICY_OWNER}`: {', '.join(role.members)}"
    mend = f"`policy sign {shlex.quote(where)} --role {POLICY_OWNER} --key KEY` ({who})"
    people = signed.now.get(digest, {})
    if len(people) < role.threshold:
        what = f"the policy set `{digest[:19]}…` has {len(people)} of {role.threshold} signatures by its owners"
        return Hold("GATE403", what, mend)
    ours = _since(list(people.values()), role.threshold)
    for (other, version), owners in signed.then.items():
        then = trust.version(version)
        needed = then.roles[POLICY_OWNER].threshold if then is not None else 0
        if other != digest and needed and len(owners) >= needed and _since(list(owners.values()), needed) > ours:
            return Hold("GATE403", f"the policy set `{digest[:19]}…` was superseded by `{other[:19]}…`", mend)
    return None


def _since(times: list[int], threshold: int) -> int:
    """When the last signature that the threshold needed was made."""
    return sorted(times, reverse=True)[threshold - 1]
