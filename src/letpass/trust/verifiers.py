"""Verifier keys of logs and witnesses (c2sp.org/signed-note): a name, an id, and an ed25519 key."""

from __future__ import annotations

import base64
import hashlib

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust.dsse import Envelope
from letpass.trust.keys import refuse_low_order
from letpass.trust.strict import unbase64

LOG, WITNESS = 0x01, 0x04  # types of signature


class VerifierKey(Frozen):
    """A public key of a log or a witness: `NAME+ID+BASE64`."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature of a note (c2sp.org/signed-note)."""
        return hashlib.sha256(self.name.encode("utf-8") + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Is this key's signature over a message."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode('ascii')}"


def verifier(text: str) -> VerifierKey:
    """The verifier key in a text; raises `InvalidError` with the reason."""
    name, _, rest = text.strip().partition("+")
    id_, _, body = rest.partition("+")
    raw = unbase64(body)
    if not is_name(name) or len(raw) != 33 or raw[0] not in {LOG, WITNESS}:
        raise InvalidError("no verifier key `NAME+ID+BASE64` of a log or witness with an ed25519 key")
    refuse_low_order(raw[1:])
    found = VerifierKey(name, raw[0], raw[1:])
    if found.id.hex() != id_:
        raise InvalidError("a verifier key whose id is not that of its name and key")
    return found


def is_name(name: str) -> bool:
    """May a key have this name: no blanks, no plus."""
    return bool(name) and name.isprintable() and not any(c.isspace() or c == "+" for c in name)


def signer(envelope: Envelope, believed: tuple[VerifierKey, ...]) -> VerifierKey | None:
    """The key of a log, of those that are believed, that has signed a statement; None where none has."""
    fits = (k for k in believed for _, signature in envelope.signatures if k.fits(envelope.message, signature))
    return next((k for k in fits if k.kind == LOG), None)
