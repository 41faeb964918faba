"""The gate's own key: one ed25519 key for checkpoints and decisions, or a witness's, in a file that only its owner reads."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import TrustError
from letpass.frozen import Frozen, part
from letpass.trust import dsse
from letpass.trust.dsse import Envelope
from letpass.trust.verifiers import LOG, VerifierKey


class GateKey(Frozen):
    """A private key with its public name."""

    public: VerifierKey
    private: Any = part(compare=False, repr=False)

    def envelope(self, payload: bytes) -> Envelope:
        """A statement, signed."""
        signature = self.private.sign(dsse.encode(dsse.STATEMENT, payload))
        return Envelope(dsse.STATEMENT, payload, ((str(self.public), signature),))


def load(path: Path, kind: int = LOG, name: str = "") -> GateKey:
    """The key in a PEM file; raises `TrustError` where there is none that can be read, or others may read it."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with disk.opened(path) as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(20_000)
    except OSError as error:
        raise TrustError.of("GATE412", f"cannot read the key: {disk.reason(error)}", str(path)) from None
    if mode & 0o077:
        raise TrustError.of("GATE412", "others may read this key", str(path), f"chmod 600 {path}")
    try:
        private = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise TrustError.of("GATE412", "no ed25519 private key without a passphrase, in PEM", str(path))
    return _named(private, kind, name)


def _named(private: Any, kind: int, name: str) -> GateKey:
    raw = private.public_key().public_bytes_raw()
    return GateKey(VerifierKey(name or f"letpass-{raw[:6].hex()}", kind, raw), private)


def load_or_make(path: Path, kind: int = LOG, name: str = "") -> GateKey:
    """The key in a file, made where there is none; of two who make it at once one wins, and both get that key."""
    if not path.exists():
        make(path)
    return load(path, kind, name)


def make(path: Path) -> None:
    """Write a new key, readable to its owner alone, in a folder of the same kind; an existing one stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):  # somebody was faster
            disk.create(path, pem, mode=0o600)
    except OSError as error:
        raise TrustError.of("GATE412", f"cannot write the key: {disk.reason(error)}", str(path)) from None
