"""Withdrawals: whoever signed a sign-off, an objection or a waiver takes it back, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable

from letpass.diagnostics import InvalidError
from letpass.trust import owners, signers
from letpass.trust.accepted import Judged
from letpass.trust.chain import Trust
from letpass.trust.signers import Learned, Signed
from letpass.trust.statements import Statement


def judge(
    trust: Trust, learned: Learned, found: Iterable[Statement], given: Iterable[Statement], now: int
) -> tuple[dict[str, Statement], list[Judged]]:
    """The withdrawals that hold, by the digest of what each takes back, and each of them with the reason why it does or not.

    `given`: what may be taken back; a withdrawal of anything else is judged elsewhere, and left out.
    """
    named = {s.digest: s for s in given}
    taken: dict[str, Statement] = {}
    judged: list[Judged] = []
    for statement in found:
        of, signed, why = named.get(statement.text("of")), Signed(statement.text("signer"), ""), ""
        if of is None:
            continue
        try:
            signed, _ = signers.speaker(trust, learned, statement, now)
            if signed.person != of.text("signer"):
                raise InvalidError(f"the {of.kind} is by {of.text('signer')}, who alone can withdraw it")
            taken.setdefault(of.digest, statement)
        except InvalidError as error:
            why = str(error)
        judged.append(owners.line(statement, signed, why))
    return taken, judged
