"""Whom `other than author` leaves out: who made the version, and who asks for the move.

    record's `author`, `code.author` ─┐
    author of the commit, where read ─┼─▶ directory of the trust file ─▶ people, or doubts
    who signed the request, for whom ─┘

Whoever writes the record could name somebody else, and whoever writes a request could ask in another's name.  So each text
must name somebody whom the trust file knows, and the request must be signed; a doubt keeps the rule unknown.
"""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.reasons import Reason, ReasonKind
from letpass.facts.record import COMPUTED, Record
from letpass.facts.values import Unreadable
from letpass.frozen import Frozen
from letpass.trust.accepted import Accepted, Asked, Made
from letpass.trust.directory import Directory, Named

WRITTEN = "the record's `author`, in MLflow the version's tag `author`"


class Apart(Frozen):
    """makers: who made the version, everybody whom a text may mean · askers: who asks for the move · unmade, unasked: why
    either is not known for sure; with a doubt nobody can be told to be someone else.
    """

    makers: frozenset[str] = frozenset()
    askers: frozenset[str] = frozenset()
    unmade: tuple[Reason, ...] = ()
    unasked: tuple[Reason, ...] = ()

    @property
    def people(self) -> frozenset[str]:
        """Makers and askers together."""
        return self.makers | self.askers

    @property
    def doubts(self) -> tuple[Reason, ...]:
        """Why it is not known for sure who made the version or who asks for its move; empty where both are."""
        return self.unmade + self.unasked


class _Claim(Frozen):
    """Whom a text names that says who made a version.

    known: the gate found it out by itself · where: where the text is written, where somebody writes it.
    """

    about: str
    named: Named
    known: bool = False
    where: str = ""


def apart(record: Record, accepted: Accepted) -> Apart:
    """Who made a version, and who asks for its move.  Without a trust file a text is whoever it says."""
    if accepted.directory is None:
        return _as_written(record, accepted)
    claims = tuple(_claims(record, accepted, accepted.directory))
    makers = frozenset().union(*[c.named.people | {c.named.person} for c in claims]) - {""}
    unmade = (
        *_missing(record),
        *_other_commit(record, accepted),
        *[_nobody(c.about, c.named, c.where) for c in claims if not c.named.person],
    )
    askers, unasked = _askers(accepted, accepted.directory)
    if not unmade and accepted.asked is not None and accepted.asked.service:
        unmade = _claimed(record, accepted, accepted.asked, claims)
    return Apart(makers, askers, unmade, unasked)


def _as_written(record: Record, accepted: Accepted) -> Apart:
    makers = frozenset({record.text("author"), record.text("code.author")}) - {""}
    askers = frozenset({accepted.asked.requester}) if accepted.asked is not None else frozenset[str]()
    unknown = () if record.text("author").strip() else (_not_recorded(),)
    return Apart(makers, askers, unknown)


def _claims(record: Record, accepted: Accepted, directory: Directory) -> Iterator[_Claim]:
    """What says who made a version, the record's author first."""
    made = accepted.made or Made()
    if text := record.text("author"):
        by_gate = text == made.user
        yield _Claim("author", directory.named(text), by_gate, "" if by_gate else WRITTEN)
    if "code.author" in record.values:
        text = record.text("code.author")
        yield _Claim("code.author", directory.named(text))
    if made.author:
        yield _Claim(f"the author of commit {made.commit[:12]}", directory.named(made.author), made.protected)
    if made.user and made.user != record.text("author"):
        yield _Claim("the user of the registry's gate", directory.named(made.user), known=True)


def _missing(record: Record) -> tuple[Reason, ...]:
    """Why the record does not say who made the version."""
    unreadable = [(path, record.unreadable[path]) for path in ("author", "code.author") if path in record.unreadable]
    found = [Reason(ReasonKind.UNREADABLE, path, _unreadable(value)) for path, value in unreadable]
    if "author" not in record.unreadable and not record.text("author").strip():
        found.append(_not_recorded())
    return tuple(found)


def _other_commit(record: Record, accepted: Accepted) -> tuple[Reason, ...]:
    """Why the commit whose author was read is not the one that the record, with what services attest, names."""
    read = accepted.made.commit if accepted.made is not None else ""
    now = record.text("code.commit").strip().lower()
    if not read or (now and read.startswith(now)):
        return ()
    detail = f"the author of {read[:12]} was read, and evidence says {record.text('code.commit')[:12] or 'nothing'}"
    return (Reason(ReasonKind.AMBIGUOUS, "code.commit", detail, step="record the commit that evidence attests"),)


def _not_recorded() -> Reason:
    detail = "is not recorded, so nobody can be told to be someone else"
    step = f"record the address of the person who made it ({WRITTEN})"
    return Reason(ReasonKind.MISSING, "author", detail, predicate=True, step=step)


def _unreadable(value: Unreadable) -> str:
    return f"{value.written}, {value.why}"


def _nobody(about: str, named: Named, where: str = "") -> Reason:
    step = f"{named.help} ({where})" if where else named.help
    return Reason(ReasonKind.NOBODY, about, named.detail, step=step)


def _askers(accepted: Accepted, directory: Directory) -> tuple[frozenset[str], tuple[Reason, ...]]:
    """Who asks for the move, and why that is not known."""
    asked = accepted.asked
    if asked is None:  # nobody has signed anything then
        return frozenset(), ()
    if asked.signed and not asked.service:
        return frozenset({asked.requester}), ()
    named = directory.named(asked.requester)
    people = named.people | ({named.person} - {""})
    if not asked.signed:
        step = f"ask with a key, and let people sign that: `{accepted.ask}`" if accepted.ask else ""
        detail = f"nobody has signed it, so that {named.shown} asks is only claimed"
        return people, (Reason(ReasonKind.REQUEST_UNSIGNED, "the request", detail, step=step),)
    if named.person:
        return people, ()
    return people, (_nobody(f"for whom the service `{asked.service}` asks", named),)


def _claimed(record: Record, accepted: Accepted, asked: Asked, claims: tuple[_Claim, ...]) -> tuple[Reason, ...]:
    """Why the author is not vouched for where no person asks: then only a text says who made the version."""
    author = claims[0].named.person
    attested = record.trust.get("author", "") not in {"", COMPUTED}
    if attested or any(c.known and c.named.person == author for c in claims):
        return ()
    step = "let a person ask" + (f": `{accepted.ask}`" if accepted.ask else "")
    step += "; or let a service that may say who made a version attest `author`"
    detail = f"is claimed, and only the service `{asked.service}` asks for the move"
    return (Reason(ReasonKind.NOT_ATTESTED, "author", detail, predicate=True, step=step),)
