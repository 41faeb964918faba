"""The gate's keys, one after another: an entry of the kind `key` says which one signs the log from there on."""

from __future__ import annotations

from collections.abc import Sequence

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.ledger.entry import Logged
from letpass.trust import rooted, statements
from letpass.trust.chain import Trust
from letpass.trust.kinds import KEY
from letpass.trust.signers import Learned
from letpass.trust.statements import Statement
from letpass.trust.verifiers import LOG, VerifierKey, verifier

KIND = "key"


class Rotation(Frozen):
    """A change of the gate's key: which key follows which, from which entry on."""

    entry: int
    old: VerifierKey
    new: VerifierKey


def keys_of(statement: Statement) -> tuple[VerifierKey, VerifierKey]:
    """The old and the new key that a statement names, two of one log; raises `InvalidError`."""
    old, new = verifier(statement.text("old")), verifier(statement.text("new"))
    if (old.name, old.kind, new.kind) != (new.name, LOG, LOG) or statement.subject != new.name:
        raise InvalidError("it names no two keys of one log")
    if old == new:
        raise InvalidError("it names one key twice")
    return old, new


def lacking(statement: Statement, known: Learned, trust: Trust | None) -> str:
    """What a statement lacks to make another key the gate's, or nothing.

    The new key signs it, and beside it the old one, or, where that is lost, the threshold of the trust file's root.
    """
    if statement.type != KEY:
        return f"a statement of the kind `{statement.kind}` names no key"
    try:
        old, new = keys_of(statement)
    except InvalidError as error:
        return str(error)
    envelope = statement.envelope
    fit = [k for k in (old, new) if any(k.fits(envelope.message, blob) for _, blob in envelope.signatures)]
    if new not in fit:
        return "the new key has not signed it"
    if old in fit:
        return ""
    if trust is None or "root" not in statement.predicate:
        return "the old key has not signed it"
    return rooted.lacking(trust, known, statement)


def rotations(logged: Sequence[Logged], known: Learned, trust: Trust | None) -> tuple[Rotation, ...]:
    """The changes of the gate's key among entries, each beginning with the key that the one before it ended with."""
    found: list[Rotation] = []
    for each in logged:
        try:
            text = each.entry.statement.encode("utf-8")
            statement = statements.read(f"entry {each.index}", text, each.at, each.index)
            if lacking(statement, known, trust):
                continue
            old, new = keys_of(statement)
        except InvalidError:
            continue
        if not found or found[-1].new == old:
            found.append(Rotation(each.index, old, new))
    return tuple(found)
