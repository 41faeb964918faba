"""The bundle of a case, verified: the record with the facts that count, and the people who have signed."""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.facts.attested import fragment, merged
from letpass.facts.reader import with_digest, with_other_bytes
from letpass.facts.record import COMPUTED, Record
from letpass.facts.said import facts_digest
from letpass.frozen import Frozen, replace
from letpass.gate.sets import LOOSENED
from letpass.gate.tries import with_tries
from letpass.move import Move
from letpass.trust import chain, evidence, objections, statements
from letpass.trust.accepted import NOTHING, Accepted, Hold, Judged, Objection
from letpass.trust.bundle import Bundle, Subject
from letpass.trust.evidence import Attested
from letpass.trust.requests import Open
from letpass.trust.review import Review, review


class Verified(Frozen):
    """What was brought to one decision, verified: the record with the facts that count, and what is believed of people.

    attested: the services' facts · request: the one that people may sign.
    """

    record: Record
    accepted: Accepted
    attested: tuple[Attested, ...] = ()
    request: Open | None = None


def verified(bundle: Bundle, record: Record, move: Move, policies: str, now: int) -> Verified:
    """Verify a bundle for one move; raises `TrustError` where the trust file is refused or has expired."""
    about = subject(bundle, record, move, policies)
    done = _reviewed(bundle, about, now) if bundle.trust else Review(_unsigned(bundle, about), ())
    parts, refused = _parts(done.attested)
    doubtful = [_doubt(o) for o in done.accepted.objections if o.doubtful]
    accepted = replace(
        done.accepted,
        judged=tuple(refused.get(j.digest, j) if j.kind == "evidence" else j for j in done.accepted.judged),
        holds=(*bundle.holds, *doubtful, *done.accepted.holds),
    )
    found = _noticed(with_tries(merged(record, parts), bundle.tries), bundle.loosened)
    recorded = record.text("artifact.digest")
    if not bundle.computed:
        return Verified(found, accepted, done.attested, done.request)
    computed = bundle.computed[0]
    if recorded and not _named(recorded, bundle.computed):
        what = f"the bytes at `{bundle.bytes_at}` are {computed[:19]}…, and the record says {recorded[:19]}…"
        hold = Hold("GATE404", what, "bring the artifact that was registered, or register this one as a new version")
        other = with_other_bytes(found, recorded, computed)
        return Verified(other, replace(accepted, holds=(hold, *accepted.holds)), done.attested, done.request)
    return Verified(
        with_digest(found, _named(recorded, bundle.computed) or computed), accepted, done.attested, done.request
    )


def _noticed(record: Record, loosened: tuple[str, ...]) -> Record:
    """A record with the gate's own notices about the set in force."""
    if not loosened:
        return record
    more = tuple({"@": "notices", "@trust": COMPUTED, "kind": LOOSENED, "what": line} for line in loosened)
    return replace(record, lists={**record.lists, "notices": (*record.lists.get("notices", ()), *more)})


def _named(recorded: str, computed: tuple[str, ...]) -> str:
    """Which of the digests that the gate has computed a recorded one is, whatever its case; nothing where it is none."""
    return next((d for d in computed if d.casefold() == recorded.casefold()), "")


def _unsigned(bundle: Bundle, about: Subject) -> Accepted:
    """What is known of people in a project without a trust file: words against a version, as the ledger has them."""
    return replace(NOTHING, objections=objections.noted(bundle, about))


def _doubt(said: Objection) -> Hold:
    """What holds an allow back where somebody spoke against bytes that cannot be compared with these."""
    who = f"{said.person}{f' as {said.role}' if said.role else ''}"
    what = f"{who} spoke against {said.model}@{said.version}, and whether these are its bytes cannot be told"
    return Hold(
        "GATE402",
        what,
        f"let the gate hash these bytes: `--artifact PATH`; those of the other version are {said.artifact}",
    )


def champion_with_evidence(bundle: Bundle, champion: Record, now: int) -> Record:
    """The champion with what services attest of it, so that `attested by` holds for what a rule compares with."""
    if not bundle.trust or not bundle.champion:
        return champion
    trust = chain.load(bundle.trust, bundle.root, bundle.trust_name)
    found = statements.readable(bundle.champion)
    theirs = [s for s in found if s.kind == "evidence"]
    attested, _ = evidence.judge(trust, theirs, champion.text("artifact.digest"), champion.text("model"), now)
    return merged(champion, _parts(attested)[0])


def _reviewed(bundle: Bundle, about: Subject, now: int) -> Review:
    trust = chain.load(bundle.trust, bundle.root, bundle.trust_name)
    chain.unexpired(trust, now, bundle.trust_name)
    return review(trust, bundle, about, now)


def subject(bundle: Bundle, record: Record, move: Move, policies: str) -> Subject:
    """What a request must be about to count for this move now."""
    return Subject(
        bundle.registry,
        record.text("model"),
        record.text("version"),
        record.text("artifact.digest") or next(iter(bundle.computed), ""),
        move,
        policies,
        facts_digest(record),
        record.text("author"),
        (record.text("author"), record.text("code.author")),
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
