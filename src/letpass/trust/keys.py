"""Public keys: SSH lines of people, PEM of services, and what each of them can verify.

SSH encodings after RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4 and OpenSSH's PROTOCOL.u2f.  A blob
is parsed here to its last byte, since a library's reader drops what a security key's signature is bound to.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part
from letpass.trust.strict import unbase64

CURVES = {"nistp256": 256, "nistp384": 384, "nistp521": 521}
LEAST_RSA, MOST_RSA = 2048, 16384  # bits
_P = 2**255 - 19
# RFC 7748 section 7: points of small order; each admits one signature that fits every message.  The y coordinates,
# those beyond the prime too, with the sign bit cleared.
_LOW_ORDER = frozenset(
    {
        0,
        1,
        _P - 1,
        _P,
        _P + 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)


class Key(Frozen):
    """A public key.

    kind: the SSH key type, or `pem` · blob: SSH's bytes, or the SubjectPublicKeyInfo of a PEM key · application: what a
    security key's signatures are bound to · identity: the digest of the key itself, the same whatever it is wrapped in.
    """

    kind: str
    blob: bytes
    application: bytes | None = None
    identity: str = ""
    public: Any = part(default=None, compare=False, repr=False)

    @property
    def fingerprint(self) -> str:
        """The name that `ssh-keygen -l` prints."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode("ascii").rstrip("=")

    @property
    def line(self) -> str:
        """The key as a line of an `authorized_keys` file, or as PEM."""
        if self.kind == "pem":
            body = base64.b64encode(self.blob).decode("ascii")
            lines = [body[i : i + 64] for i in range(0, len(body), 64)]
            return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
        return f"{self.kind} {base64.b64encode(self.blob).decode('ascii')}"

    @property
    def is_security_key(self) -> bool:
        """Is it kept in a security key, which says whether it was touched."""
        return self.application is not None


class Fields:
    """Reads the length-prefixed fields of SSH's encoding (RFC 4251 section 5) to the last byte."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes, so many of them; raises `InvalidError` where there are fewer."""
        found = self.data[self.at : self.at + count]
        if len(found) != count:
            raise InvalidError("it ends too early")
        self.at += count
        return found

    def number(self) -> int:
        """The next four bytes as a number; raises `InvalidError`."""
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        """The next field, whose length stands before it; raises `InvalidError`."""
        return self.take(self.number())

    def mpint(self) -> int:
        """A positive multiple-precision integer in its one shortest form."""
        raw = self.string()
        if not raw or raw[0] & 0x80 or (raw[0] == 0 and not (len(raw) > 1 and raw[1] & 0x80)):
            raise InvalidError("an integer is not in its shortest form")
        return int.from_bytes(raw, "big")

    def end(self) -> None:
        """Raises `InvalidError` where something follows."""
        if self.at != len(self.data):
            raise InvalidError(f"{len(self.data) - self.at} bytes follow its end")


def parse(text: str) -> Key:
    """An SSH public key line, or a PEM public key; raises `InvalidError` with the reason."""
    if len(text) > 20_000:
        raise InvalidError("too long for a public key")
    if text.lstrip().startswith("-----BEGIN"):
        return _pem(text)
    words = text.split()
    if len(words) < 2:
        raise InvalidError("no public key: write `TYPE BASE64`, as in a `.pub` file")
    try:
        blob = unbase64(words[1])
    except InvalidError as error:
        raise InvalidError(f"no public key: {error}") from None
    key = from_blob(blob)
    if key.kind != words[0]:
        raise InvalidError(f"it says `{words[0][:60]}` and holds a key of type `{key.kind}`")
    return key


def from_blob(blob: bytes) -> Key:
    """The key in SSH's bytes; raises `InvalidError`."""
    fields = Fields(blob)
    kind = fields.string().decode("ascii", "replace")
    application: bytes | None = None
    if kind in {"ssh-ed25519", "sk-ssh-ed25519@openssh.com"}:
        public = _ed25519(fields.string())
    elif kind in {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", _SK_ECDSA}:
        public = _ecdsa(kind, fields)
    elif kind == "ssh-rsa":
        exponent, modulus = fields.mpint(), fields.mpint()
        public = _rsa(exponent, modulus)
    else:
        raise InvalidError(f"keys of type `{kind[:60]}` are not accepted")
    if kind.startswith("sk-"):
        application = fields.string()
        if not application.startswith(b"ssh:"):
            raise InvalidError("a security key whose application is not `ssh:`")
    fields.end()
    return Key(kind, blob, application, _identity(public), public)


_SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"


def _ed25519(raw: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    refuse_low_order(raw)
    return Ed25519PublicKey.from_public_bytes(raw)


def refuse_low_order(raw: bytes) -> None:
    """Raise `InvalidError` for 32 bytes that are no sound ed25519 key."""
    if len(raw) != 32:
        raise InvalidError(f"an ed25519 key has 32 bytes, not {len(raw)}")
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y in _LOW_ORDER:
        raise InvalidError("a low-order ed25519 key: one signature would fit every message")
    if y >= _P:
        raise InvalidError("an ed25519 key that is not in its one form")


def _ecdsa(kind: str, fields: Fields) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = fields.string().decode("ascii", "replace")
    if f"-{curve}" not in kind.replace("@", "-") or curve not in CURVES:
        raise InvalidError(f"the curve `{curve[:30]}` does not belong to `{kind}`")
    point = fields.string()
    if point[:1] != b"\x04":
        raise InvalidError("an elliptic-curve point that is not uncompressed")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_curve(CURVES[curve]), point)
    except ValueError:
        raise InvalidError(f"a point that is not on the curve `{curve}`") from None


def _curve(bits: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    curves: dict[int, Any] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}
    return curves[bits]()


def _rsa(exponent: int, modulus: int) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    if not LEAST_RSA <= modulus.bit_length() <= MOST_RSA:
        raise InvalidError(f"an RSA key of {modulus.bit_length()} bits; at least {LEAST_RSA} are needed")
    if exponent < 65537 or exponent % 2 == 0 or exponent.bit_length() > 33:
        raise InvalidError(f"an RSA key with the exponent {str(exponent)[:12]}")
    return RSAPublicNumbers(exponent, modulus).public_key()


def _pem(text: str) -> Key:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    blocks = re.findall(r"-----BEGIN ([A-Z ]+)-----", text)
    if blocks != ["PUBLIC KEY"]:
        what = " and ".join(b.lower() for b in blocks[:3])
        raise InvalidError(f"one public key is wanted, and this is {'a ' + what if what else 'none'}")
    try:
        public = load_pem_public_key(text.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm, UnicodeEncodeError):
        raise InvalidError("no public key that can be read") from None
    if isinstance(public, ed25519.Ed25519PublicKey):
        refuse_low_order(public.public_bytes_raw())
    elif isinstance(public, ec.EllipticCurvePublicKey):
        if not isinstance(public.curve, ec.SECP256R1 | ec.SECP384R1):
            raise InvalidError(f"keys on the curve `{public.curve.name}` are not accepted")
    elif isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        _rsa(numbers.e, numbers.n)
    else:
        raise InvalidError("keys of this algorithm are not accepted")
    return Key("pem", _info(public), None, _identity(public), public)


def _info(public: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    found: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def _identity(public: Any) -> str:
    return hashlib.sha256(_info(public)).hexdigest()


def verify(key: Key, signature: bytes, message: bytes) -> bool:
    """Does a plain signature by a PEM key fit (ed25519; ECDSA in DER with the curve's hash; RSA with SHA-256)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

    public = key.public
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, message)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            hashed = hashes.SHA256() if public.curve.key_size == 256 else hashes.SHA384()
            public.verify(signature, message, ec.ECDSA(hashed))
        else:
            public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
