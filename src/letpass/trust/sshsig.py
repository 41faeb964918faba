"""Signatures of `ssh-keygen -Y sign`, verified to the last byte (OpenSSH's PROTOCOL.sshsig and PROTOCOL.u2f)."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import keys
from letpass.trust.keys import Fields, Key
from letpass.trust.strict import plain, unbase64

_MAGIC = b"SSHSIG"
_ARMOUR = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/]{1,76}\n)*[A-Za-z0-9+/]{1,76}={0,2}\n)-----END SSH SIGNATURE-----\n?\Z"
)
LARGEST = 8192  # bytes of a signature
TOUCHED = 0x01  # flag of a security key: somebody touched it


class Signature(Frozen):
    """A signature that fits: by which key, and what a security key says of its holder."""

    key: Key
    flags: int = 0

    @property
    def touched(self) -> bool:
        """Was the security key touched for it."""
        return bool(self.flags & TOUCHED)


def dearmour(text: str) -> bytes:
    """The bytes of an armoured signature; raises `InvalidError`."""
    found = _ARMOUR.match(text)
    if found is None:
        raise InvalidError("no armoured SSH signature")
    return unbase64(found[1].replace("\n", ""))


@lru_cache(maxsize=4096)  # one signature is asked about by several judges
def verify(blob: bytes, namespace: str, message: bytes) -> Signature:
    """The signature in `blob` over `message`; raises `InvalidError` with the reason where it does not fit.

    1. magic, version 1, nothing behind the end · 2. the key is sound · 3. the namespace is the one asked for ·
    4. the hash is SHA-256 or SHA-512 · 5. the signature's type is the key's · 6. it fits.
    """
    if len(blob) > LARGEST:
        raise InvalidError("too long for a signature")
    fields = Fields(blob)
    if fields.take(len(_MAGIC)) != _MAGIC or fields.number() != 1:  # (1)
        raise InvalidError("no SSH signature of version 1")
    key_blob, given, reserved = fields.string(), fields.string(), fields.string()
    algorithm, signature = fields.string(), fields.string()
    fields.end()
    key = keys.from_blob(key_blob)  # (2)
    if given != namespace.encode("ascii"):  # (3)
        shown = plain(given.decode("utf-8", "backslashreplace"))
        raise InvalidError(f"signed in the namespace `{shown}`, not `{namespace}`")
    if algorithm not in {b"sha256", b"sha512"}:  # (4)
        raise InvalidError("hashed with something other than SHA-256 or SHA-512")
    if reserved:
        raise InvalidError("a reserved field is not empty")
    signed = _MAGIC + b"".join(
        _string(s) for s in (given, reserved, algorithm, hashlib.new(algorithm.decode("ascii"), message).digest())
    )
    inner = Fields(signature)
    kind, raw = inner.string().decode("ascii", "replace"), inner.string()
    flags = 0
    if key.application is not None:
        trailer = inner.take(5)  # flags u8, counter u32
        flags = trailer[0]
        signed = hashlib.sha256(key.application).digest() + trailer + hashlib.sha256(signed).digest()
    inner.end()
    if not _fits(key, kind, raw, signed):  # (5), (6)
        raise InvalidError("the signature does not fit what it stands on")
    return Signature(key, flags)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _fits(key: Key, kind: str, raw: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    public: Any = key.public
    wanted = {"rsa-sha2-256", "rsa-sha2-512"} if key.kind == "ssh-rsa" else {key.kind}
    if kind not in wanted:
        raise InvalidError(f"a signature of type `{kind[:60]}` by a key of type `{key.kind}`")
    try:
        if key.kind == "ssh-rsa":
            hashed: Any = hashes.SHA256() if kind == "rsa-sha2-256" else hashes.SHA512()
            public.verify(raw, signed, padding.PKCS1v15(), hashed)
        elif "ecdsa" in key.kind:
            pair = Fields(raw)
            r, s = pair.mpint(), pair.mpint()
            pair.end()
            sizes: dict[int, Any] = {256: hashes.SHA256, 384: hashes.SHA384, 521: hashes.SHA512}
            public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(sizes[public.curve.key_size]()))
        else:
            public.verify(raw, signed)
    except InvalidSignature:
        return False
    return True
