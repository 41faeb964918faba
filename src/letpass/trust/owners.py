"""Statements of the policies' owners, which take effect once as many as the threshold of their role asks have signed the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import signers
from letpass.trust.accepted import Judged
from letpass.trust.chain import Trust
from letpass.trust.roles import POLICY_OWNER
from letpass.trust.signers import Learned, Signed
from letpass.trust.statements import Statement


class Agreed(Frozen):
    """A statement that enough owners have signed: who, when the last one that was needed did, and in which statements.

    entry: where the ledger has the last one of them, None where it does not have all.
    """

    people: tuple[str, ...]
    at: int
    statements: tuple[Statement, ...]
    entry: int | None = None

    @property
    def reason(self) -> str:
        """Their reasons, each once."""
        return "; ".join(dict.fromkeys(s.text("reason") for s in self.statements))


def judge(
    trust: Trust, learned: Learned, found: Iterable[Statement], now: int,
    same: Callable[[Statement], Hashable], without: Collection[str] = (),
) -> tuple[dict[Hashable, Agreed], tuple[Judged, ...]]:  # fmt: skip
    """What the owners' threshold has said, by what makes two statements say the same; and every statement with its reason.

    A statement counts if its key and the role held when the ledger took it.  `without`: people whose word does not count
    here, since they made the version or ask for its move.
    """
    valid: dict[Hashable, list[tuple[Signed, Statement, int]]] = {}
    judged: list[Judged] = []
    for statement in found:
        signed = Signed(statement.text("signer"), "")
        try:
            signed, threshold = _owner(trust, learned, statement, now)
            if signed.person in without:
                raise InvalidError(f"{signed.person} made the version or asks for it")
        except InvalidError as error:
            judged.append(line(statement, signed, str(error)))
            continue
        valid.setdefault(same(statement), []).append((signed, statement, threshold))
    agreed: dict[Hashable, Agreed] = {}
    for what, said in valid.items():
        people = {who.person: statement for who, statement, _ in sorted(said, key=lambda s: s[1].time("issuedAt"))}
        needed = max(threshold for _, _, threshold in said)
        lacking = f"{len(people)} of {needed} owners of the policies have said it" if len(people) < needed else ""
        judged += [line(statement, who, lacking) for who, statement, _ in said]
        if not lacking:
            counted = tuple(people.values())
            entries = [s.entry for s in counted if s.entry is not None]
            whole = len(entries) >= needed
            at = sorted(s.time("issuedAt") for s in counted)[needed - 1]
            agreed[what] = Agreed(tuple(people), at, counted, sorted(entries)[needed - 1] if whole else None)
    return agreed, tuple(judged)


def _owner(trust: Trust, learned: Learned, statement: Statement, now: int) -> tuple[Signed, int]:
    """Who signed as an owner of the policies, and how many of them are needed; raises `InvalidError`."""
    if statement.text("root") != trust.root:
        raise InvalidError("it was signed under another trust root")
    if statement.text("role") != POLICY_OWNER:
        raise InvalidError(f"it is said in the role `{POLICY_OWNER}`, and by nobody else")
    who, version = signers.speaker(trust, learned, statement, now)
    signers.may_speak(version, POLICY_OWNER, who.person)
    return who, version.roles[POLICY_OWNER].threshold


def line(statement: Statement, signed: Signed, why: str) -> Judged:
    """What became of a word that stands.  `signed`: who has signed it; without a key where that does not hold."""
    at = statement.time("issuedAt") if signed.key else 0
    role = statement.text("role")
    return Judged(statement.kind, statement.name, statement.digest, signed.person, role, not why, why, signed.key, at)
