"""From what was brought to what is believed: the record with verified facts, and the people who have signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.canonical import digest
from letpass.diagnostics import InvalidError
from letpass.facts.attested import fragment, merged
from letpass.facts.reader import with_digest, with_other_bytes
from letpass.facts.record import Record
from letpass.facts.schema import LATER
from letpass.facts.values import Plain
from letpass.frozen import replace
from letpass.move import Move
from letpass.trust import chain, evidence, statements
from letpass.trust.accepted import NOTHING, Accepted, Hold, Judged
from letpass.trust.dossier import Dossier, Matter
from letpass.trust.evidence import Attested
from letpass.trust.review import Review, review


def verified(dossier: Dossier, record: Record, move: Move, policies: str, now: int) -> tuple[Record, Accepted]:
    """The record with what services attest and the gate has counted, and what is believed of people.

    Raises `TrustError` where the trust file is refused or has expired.
    """
    done = reviewed(dossier, record, move, policies, now) if dossier.trust else Review(NOTHING, ())
    parts, refused = _parts(done.attested)
    accepted = replace(
        done.accepted,
        judged=tuple(refused.get(j.digest, j) if j.kind == "evidence" else j for j in done.accepted.judged),
        holds=(*dossier.holds, *done.accepted.holds),
    )
    found = merged(record, parts)
    recorded = record.text("artifact.digest")
    if dossier.computed and recorded and recorded.casefold() != dossier.computed.casefold():
        what = f"the bytes at `{dossier.bytes_at}` are {dossier.computed[:19]}…, and the record says {recorded[:19]}…"
        hold = Hold("GATE404", what, "bring the artifact that was registered, or register this one as a new version")
        return with_other_bytes(found, recorded, dossier.computed), replace(accepted, holds=(hold, *accepted.holds))
    return with_digest(found, dossier.computed) if dossier.computed else found, accepted


def champion_with_evidence(dossier: Dossier, champion: Record, now: int) -> Record:
    """The champion with what services attest of it, so that `attested by` holds for what a rule compares with."""
    if not dossier.trust or not dossier.champion:
        return champion
    trust = chain.load(dossier.trust, dossier.root, dossier.trust_name)
    found = statements.readable(dossier.champion)
    theirs = [s for s in found if s.kind == "evidence"]
    attested, _ = evidence.judge(trust, theirs, champion.text("artifact.digest"), champion.text("model"), now)
    return merged(champion, _parts(attested)[0])


def reviewed(dossier: Dossier, record: Record, move: Move, policies: str, now: int) -> Review:
    """The review of a dossier for one move; raises `TrustError` where the trust file is refused or has expired."""
    trust = chain.load(dossier.trust, dossier.root, dossier.trust_name)
    chain.unexpired(trust, now, dossier.trust_name)
    return review(trust, dossier, matter(dossier, record, move, policies), now)


def matter(dossier: Dossier, record: Record, move: Move, policies: str) -> Matter:
    """What a request must be about to count for this move now."""
    return Matter(
        dossier.registry,
        record.text("model"),
        record.text("version"),
        record.text("artifact.digest") or dossier.computed,
        move,
        policies,
        facts_digest(record),
        record.text("author"),
    )


def _parts(attested: tuple[Attested, ...]) -> tuple[tuple[Record, ...], dict[str, Judged]]:
    """The evidence that has the record's shape, and why the rest has not."""
    parts, refused = [], {}
    for piece in sorted(attested, key=lambda a: (a.issued, a.digest, a.service)):
        try:
            parts.append(fragment(piece.name, piece.data, piece.service, piece.issued))
        except InvalidError as error:
            refused[piece.digest] = Judged("evidence", piece.name, piece.digest, piece.service, why=str(error))
    return tuple(parts), refused


def facts_digest(record: Record) -> str:
    """The digest of what a record says, without its stage, deployments and observations, however it is laid out."""
    data = record.document.data if record.document is not None else None
    if isinstance(data, dict) and "model" in data:
        return digest(_exact({k: v for k, v in data.items() if k not in LATER}))
    return digest(
        [
            _exact({k: v for k, v in record.values.items() if k not in LATER}),
            {k: v.written for k, v in record.unreadable.items() if k not in LATER},
            _exact({k: v for k, v in record.lists.items() if k not in LATER}, places=True),
            _exact({f"{s}:{n}": pieces for (s, n), pieces in record.measures.items() if s not in LATER}, places=True),
        ]
    )


def _exact(value: Any, *, places: bool = False) -> Any:
    """Plain data with a canonical form, in which no two readings of a document are alike.

    `places`: the pieces are a record's, and say where they stand (`@`), which is no part of what they say.
    """
    if isinstance(value, Mapping):
        # wrapped, so that no mapping of a record looks like the marks below
        return {"map": {_exact(k): _exact(v, places=places) for k, v in value.items() if not (places and k == "@")}}
    if isinstance(value, list | tuple):
        return [_exact(v, places=places) for v in value]
    if isinstance(value, str):
        text = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return {"plain": text} if type(value) is Plain else text
    if value is None or isinstance(value, bool):
        return value
    if (isinstance(value, int) and abs(value) <= 2**53) or (isinstance(value, float) and value - value == 0):
        return value
    return {"written": str(value)}
