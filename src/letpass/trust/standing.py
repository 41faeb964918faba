"""Standings: short-lived statements by which the gate says that nothing has ended the proof of a move that was made.

Whoever verifies a decision without the ledger cannot see later words against it; a standing is as fresh as the last look
at the ledger that they rely on.  It is no judgement.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.move import Move
from letpass.trust import statements, strict
from letpass.trust.kinds import STANDING
from letpass.trust.statements import Statement


class Standing(Frozen):
    """The gate's statement that the proof of a decision stood when it looked.

    decision: the digest of its statement · entry: where the ledger has it · size, root: the head of the ledger that was
    looked at · issued, until: from when and until when it holds, in microseconds.
    """

    model: str
    version: str
    artifact: str
    move: Move
    decision: str
    entry: int
    size: int
    root: str
    issued: int
    until: int


def payload(standing: Standing) -> bytes:
    """The statement to sign."""
    predicate: dict[str, Any] = {
        "model": standing.model,
        "version": standing.version,
        "move": standing.move.as_json(),
        "decision": standing.decision,
        "entry": standing.entry,
        "head": {"size": standing.size, "root": standing.root},
        "issuedAt": strict.written(standing.issued),
        "until": strict.written(standing.until),
    }
    return statements.build(STANDING, f"{standing.model}@{standing.version}", standing.artifact, predicate)


def read(statement: Statement) -> Standing:
    """What a standing says; raises `InvalidError` for another kind of statement.  Nothing is verified here."""
    if statement.type != STANDING:
        raise InvalidError("no standing")
    said = statement.predicate
    return Standing(
        said["model"], said["version"], statement.artifact, statement.move, said["decision"], said["entry"],
        said["head"]["size"], said["head"]["root"], statement.time("issuedAt"), statement.time("until"),
    )  # fmt: skip
