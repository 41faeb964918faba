"""Statements of the trust file's root about the ledger itself: a wrong time, a new key of the gate, entries that were lost.

They stand on one statement that as many of the root as its threshold have signed, as the trust file does.
"""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.trust import chain, signers
from letpass.trust.chain import Trust
from letpass.trust.kinds import ROOTED
from letpass.trust.roles import ROOT
from letpass.trust.signers import NAMESPACE, Learned
from letpass.trust.statements import Statement


def lacking(trust: Trust, learned: Learned, statement: Statement) -> str:
    """What a statement lacks to count as the root's, or nothing.

    It is judged by the newest version of the trust file that the ledger had when it took the word, which the word must
    name: a root that was replaced says nothing any more.  One that the ledger does not have yet is judged by the current one.
    """
    if statement.type not in ROOTED:
        return f"a statement of the kind `{statement.kind}` is none of the root"
    if statement.text("root") != trust.root:
        return "it was signed under another trust root"
    version = signers.in_force(trust, learned, statement)
    if statement.text("trust") != version.digest:
        return f"it was signed under another version of the trust file than {version.number}"
    return chain.missing(statement.envelope, version, NAMESPACE)


def waiting(trust: Trust, statement: Statement) -> tuple[str, ...]:
    """The members of the root who have not signed a statement yet, and whose signatures would count."""
    given = chain.signers(statement.envelope, trust.current, NAMESPACE)
    return tuple(m for m in trust.current.roles[ROOT].members if given.get(m) != "")


def check(trust: Trust, learned: Learned, statement: Statement) -> None:
    """Raise `InvalidError` with what a statement lacks to count as the root's."""
    if why := lacking(trust, learned, statement):
        raise InvalidError(why)
