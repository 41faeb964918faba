"""Keys for tests, made in memory: people's SSH keys, security keys of software, and services' PEM keys."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from letpass.trust import keys


def string(data: bytes) -> bytes:
    """A length-prefixed string of SSH's encoding."""
    return len(data).to_bytes(4, "big") + data


def mpint(value: int) -> bytes:
    """A positive integer of SSH's encoding."""
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


class SshKey:
    """A key that signs as `ssh-keygen -Y sign` does.  kind: ed25519, ecdsa, rsa or sk, a security key."""

    def __init__(self, kind: str = "ed25519", application: bytes = b"ssh:") -> None:
        self.kind, self.application = kind, application
        self.private: Any = (
            rsa.generate_private_key(65537, 2048)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
            if kind == "ecdsa"
            else Ed25519PrivateKey.generate()
        )

    @property
    def blob(self) -> bytes:
        public = self.private.public_key()
        if self.kind == "rsa":
            numbers = public.public_numbers()
            return string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n)
        if self.kind == "ecdsa":
            point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(point)
        raw = public.public_bytes_raw()
        if self.kind == "sk":
            return string(b"sk-ssh-ed25519@openssh.com") + string(raw) + string(self.application)
        return string(b"ssh-ed25519") + string(raw)

    @property
    def line(self) -> str:
        return keys.from_blob(self.blob).line

    @property
    def key(self) -> keys.Key:
        return keys.from_blob(self.blob)

    def sign(self, namespace: str, message: bytes, flags: int = 1) -> bytes:
        """An SSH signature; `flags` as a security key sets them: 1 is touched."""
        space, hashed = namespace.encode(), hashlib.sha512(message).digest()
        signed = b"SSHSIG" + string(space) + string(b"") + string(b"sha512") + string(hashed)
        if self.kind == "rsa":
            inner = string(b"rsa-sha2-512") + string(self.private.sign(signed, padding.PKCS1v15(), hashes.SHA512()))
        elif self.kind == "ecdsa":
            r, s = decode_dss_signature(self.private.sign(signed, ec.ECDSA(hashes.SHA256())))
            inner = string(b"ecdsa-sha2-nistp256") + string(mpint(r) + mpint(s))
        elif self.kind == "sk":
            trailer = bytes([flags]) + (7).to_bytes(4, "big")
            signed = hashlib.sha256(self.application).digest() + trailer + hashlib.sha256(signed).digest()
            inner = string(b"sk-ssh-ed25519@openssh.com") + string(self.private.sign(signed)) + trailer
        else:
            inner = string(b"ssh-ed25519") + string(self.private.sign(signed))
        head = b"SSHSIG" + (1).to_bytes(4, "big") + string(self.blob) + string(space)
        return head + string(b"") + string(b"sha512") + string(inner)


class PemKey:
    """A service's key."""

    def __init__(self) -> None:
        self.private = Ed25519PrivateKey.generate()

    @property
    def pem(self) -> str:
        public = self.private.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def armour(blob: bytes) -> str:
    """The text that `ssh-keygen -Y verify` reads."""
    body = base64.b64encode(blob).decode("ascii")
    lines = [body[i : i + 70] for i in range(0, len(body), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])
