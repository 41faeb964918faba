"""Whose signature stands on a statement: a person of the trust file, or a service."""

from __future__ import annotations

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.globs import matches
from letpass.move import NO_STAGE, Stage
from letpass.trust import keys, sshsig, strict
from letpass.trust.chain import Trust
from letpass.trust.dsse import Envelope
from letpass.trust.keys import Key
from letpass.trust.kinds import BEGIN
from letpass.trust.sshsig import Signature
from letpass.trust.statements import Statement
from letpass.trust.trustfile import REQUEST, KeyEntry, Service, Version

NAMESPACE = "statement@letpass"
Learned = tuple[tuple[str, int], ...]
"""Versions of the trust file that the ledger has, by their digests, and the entry of each."""
SKEW = 5 * 60 * 1_000_000  # microseconds by which a signer's clock may be ahead


class Signed(Frozen):
    """Who signed, and the fingerprint of their key, which held then."""

    person: str
    key: str


def person(trust: Trust, statement: Statement, now: int) -> str:
    """Who signed a statement of ours, as `signed` says."""
    return signed(trust, statement, now).person


def signed(trust: Trust, statement: Statement, now: int) -> Signed:
    """Who signed a statement of ours, and with which key; raises `InvalidError` where it does not count, with the reason.

    1. one signature · 2. it fits the bytes, in our namespace · 3. its key is a person's, and the statement names that
    person · 4. the key holds when the statement was issued and when the gate first saw it, and is not revoked · 5. a
    security key was touched · 6. it was not issued in the future.
    """
    signature = signature_of(statement)  # (1), (2)
    holder = trust.current.holder(signature.key)
    if holder is None:  # (3)
        raise InvalidError(f"the key {signature.key.fingerprint} is nobody's in the trust file")
    name, entry = holder
    signer = statement.text("requester" if statement.kind == "request" else "signer")
    if signer != name:
        raise InvalidError(f"it names `{signer}`, and the key is of `{name}`")
    issued = statement.time("issuedAt")
    gone = trust.revoked(signature.key)
    if fault := holds(gone[1] if gone is not None else entry, issued, seen(statement, now)):  # (4)
        raise InvalidError(fault)
    if signature.key.is_security_key and not signature.touched:  # (5)
        raise InvalidError("nobody touched the security key")
    not_later(statement, issued, now)  # (6)
    return Signed(name, signature.key.fingerprint)


def asker(trust: Trust, statement: Statement, now: int) -> str:
    """The service that signed a request for somebody, nothing where the requester did; raises `InvalidError`.

    A request names the service that asks, so that neither can pass for the other.
    """
    named = statement.text("service")
    if not named:
        person(trust, statement, now)
        return ""
    name, found = service_of(trust, statement, now)
    if named != name:
        raise InvalidError(f"it names the service `{strict.plain(named)}`, and the key is of `{name}`")
    model = statement.text("model")
    if REQUEST not in found.may:
        raise InvalidError(f"the service `{name}` may not ask for moves")
    if not any(matches(g, model) for g in found.models):
        raise InvalidError(f"the service `{name}` may not speak of the model `{model}`")
    not_later(statement, statement.time("issuedAt"), now)
    return name


def service_of(trust: Trust, statement: Statement, now: int) -> tuple[str, Service]:
    """The service whose key, which held then, signed a statement of ours; raises `InvalidError`."""
    if len(statement.envelope.signatures) != 1:
        raise InvalidError(f"{len(statement.envelope.signatures)} signatures, and one is wanted")
    by_ssh = _ssh_key(statement.envelope.signatures[0][1], statement.envelope.message)
    for name, found in sorted(trust.current.services.items()):
        for entry in found.keys:
            if entry.key == by_ssh or (entry.key.kind == "pem" and _fits(entry, statement)):
                gone = trust.revoked(entry.key)
                if fault := holds(
                    gone[1] if gone is not None else entry, statement.time("issuedAt"), seen(statement, now)
                ):
                    raise InvalidError(fault)
                return name, found
    raise InvalidError("no key of a service in the trust file fits its signature")


def speaker(trust: Trust, learned: Learned, statement: Statement, now: int) -> tuple[Signed, Version]:
    """Who signed a statement that stands until it is taken back, with which key, and the version of the trust file that it is judged by.

    It counts if its key held when the ledger took it, by the trust file of then, whatever has become of the key since;
    what the ledger does not have yet is judged by the trust file of now.  Raises `InvalidError` with the reason where it
    does not count.  `learned`: the versions that the ledger has, and the entry of each.
    """
    version = in_force(trust, learned, statement)
    signature = signature_of(statement)
    holder = version.holder(signature.key)
    if holder is None:
        raise InvalidError(f"the key {signature.key.fingerprint} is nobody's in the trust file")
    name, entry = holder
    if statement.text("signer") != name:
        raise InvalidError(f"it names `{statement.text('signer')}`, and the key is of `{name}`")
    issued = statement.time("issuedAt")
    if fault := holds(entry, issued, seen(statement, now)):
        raise InvalidError(fault)
    if signature.key.is_security_key and not signature.touched:
        raise InvalidError("nobody touched the security key")
    not_later(statement, issued, now)
    return Signed(name, signature.key.fingerprint), version


def in_force(trust: Trust, learned: Learned, statement: Statement) -> Version:
    """The newest version of the trust file that the ledger had when it took a statement, else the current one."""
    known = {digest for digest, entry in learned if statement.entry is not None and entry < statement.entry}
    return next((v for v in reversed(trust.versions) if v.digest in known), trust.current)


def signature_of(statement: Statement) -> Signature:
    """The one SSH signature on a statement of ours, in our namespace; raises `InvalidError` where there is none."""
    if len(statement.envelope.signatures) != 1:
        raise InvalidError(f"{len(statement.envelope.signatures)} signatures, and one is wanted")
    return sshsig.verify(statement.envelope.signatures[0][1], NAMESPACE, statement.envelope.message)


def seen(statement: Statement, now: int) -> int:
    """The time when the gate first saw a statement: when it was logged, else now."""
    return now if statement.logged is None else statement.logged


def not_later(statement: Statement, issued: int, now: int) -> None:
    """Raise `InvalidError` for what says that it was issued after the gate saw it, but for a clock's skew."""
    if issued > seen(statement, now) + SKEW:
        raise InvalidError(f"it says that it was issued at {strict.written(issued)}, which lies in the future")


def holds(entry: KeyEntry, issued: int, seen: int) -> str:
    """Why a key does not vouch for what was issued and first seen at two times, or nothing."""
    if entry.revoked is not None:
        return f"the key was revoked at {strict.written(entry.revoked)}: {entry.reason}"
    return entry.fault(issued, "when it was issued") or entry.fault(seen, "when the gate first saw it")


def may_speak(version: Version, role: str, who: str, model: str = "", stage: Stage = NO_STAGE) -> None:
    """Raise `InvalidError` where a person does not hold a role about a model and stage, by one version of the trust file."""
    found = version.roles.get(role)
    if found is None:
        raise InvalidError(f"the trust file has no role `{role}`")
    if who not in found.members:
        raise InvalidError(f"{who} is not in the role `{role}`")
    if fault := found.covers(model, stage):
        raise InvalidError(f"the role `{role}`: {fault}")


def in_role(trust: Trust, statement: Statement, who: str, model: str = "", stage: Stage = NO_STAGE) -> None:
    """Raise `InvalidError` where a person does not speak in the statement's role about a model and stage.

    The role must hold under the current trust file and under the version that the signer had.
    """
    role = statement.text("role")
    then = trust.version(statement.text("trust"))
    if then is None:
        raise InvalidError("it was signed under a trust file that is none of this chain")
    for version in (trust.current, then):
        may_speak(version, role, who, model, stage)


def owned_then(trust: Trust, statement: Statement, role: str) -> bool:
    """Did a member of a role sign a statement, by the trust file of then, whatever has become of them since."""
    then = trust.version(statement.text("trust"))
    if then is None or role not in then.roles or len(statement.envelope.signatures) != 1:
        return False
    try:
        key = sshsig.verify(statement.envelope.signatures[0][1], NAMESPACE, statement.envelope.message).key
    except InvalidError:
        return False
    holder = then.holder(key)
    signer = statement.text("signer")
    return holder is not None and holder[0] == signer and signer in then.roles[role].members


def service(trust: Trust, statement: Statement, model: str, now: int) -> str:
    """Which service signed evidence that it may attest; raises `InvalidError` with the reason.

    Key ids are hints: every key of every service is tried on every signature, and each key is told apart by its bytes.
    """
    if not statement.envelope.signatures:
        raise InvalidError("it is not signed")
    by_ssh = {_ssh_key(blob, statement.envelope.message) for _, blob in statement.envelope.signatures}
    fitting = [
        (name, service, entry)
        for name, service in sorted(trust.current.services.items())
        for entry in service.keys
        if entry.key in by_ssh or (entry.key.kind == "pem" and _fits(entry, statement))
    ]
    why = "no key of a service in the trust file fits its signature"
    for name, service, entry in reversed(fitting):  # the reason that is told is the first one's
        try:
            _may_attest(name, service, entry, statement, model, now)
        except InvalidError as error:
            why = str(error)
        else:
            return name
    raise InvalidError(why)


def _may_attest(name: str, service: Service, entry: KeyEntry, statement: Statement, model: str, now: int) -> None:
    """Raise `InvalidError` where a service's key does not vouch for evidence about a model, with the reason."""
    first = seen(statement, now)
    issued = strict.instant(statement.predicate["issuedAt"]) if "issuedAt" in statement.predicate else first
    if fault := holds(entry, issued, first):
        raise InvalidError(fault)
    not_later(statement, issued, now)
    # whoever may attest anything may say that it begins to measure
    if statement.type != BEGIN and not any(matches(p, statement.type) for p in service.predicates):
        raise InvalidError(f"the service `{name}` may not attest `{statement.type}`")
    if not any(matches(g, model) for g in service.models):
        raise InvalidError(f"the service `{name}` may not speak of the model `{model}`")


def bare(trust: Trust, statement: Statement) -> Envelope:
    """A statement's envelope without its unsigned parts: no key ids, no signatures that do not fit."""
    known = {e.key for s in trust.current.services.values() for e in s.keys}
    envelope = statement.envelope
    pem = [k for k in known if k.kind == "pem"]
    if statement.kind in {"evidence", "begin"}:
        kept = [
            blob
            for _, blob in envelope.signatures
            if any(keys.verify(k, blob, envelope.message) for k in pem) or _ssh_key(blob, envelope.message) in known
        ]
    else:
        kept = [blob for _, blob in envelope.signatures]
    return Envelope(envelope.type, envelope.payload, tuple(("", blob) for blob in dict.fromkeys(kept)))


def _ssh_key(blob: bytes, message: bytes) -> Key | None:
    try:
        return sshsig.verify(blob, NAMESPACE, message).key
    except InvalidError:
        return None


def _fits(entry: KeyEntry, statement: Statement) -> bool:
    return any(keys.verify(entry.key, blob, statement.envelope.message) for _, blob in statement.envelope.signatures)
