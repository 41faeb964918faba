"""Signing: people through stock `ssh-keygen`, so that agents and security keys work; services with a PEM key too."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from letpass import disk
from letpass.diagnostics import InvalidError, TrustError
from letpass.trust import dsse, keys, sshsig
from letpass.trust.dsse import Envelope
from letpass.trust.keys import Key

PROGRAM = "ssh-keygen"
PATIENCE = 300  # seconds for somebody to type a passphrase or touch a key


def public_key(path: Path) -> Key:
    """The public half of an SSH key: of `KEY.pub`, of a public key that the agent holds the other half of, or of `KEY`.

    Raises `TrustError`.
    """
    if not path.name:
        raise TrustError.of("GATE412", "a folder is no key", str(path))
    beside = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    if beside.is_file():
        return read_key(beside)
    done = _run("-y", "-f", str(path))
    if done.returncode:
        raise TrustError.of(
            "GATE414", f"cannot read the key: {_said(done)}", str(path), f"name the key whose `{beside.name}` is public"
        )
    return _parsed(done.stdout.decode("utf-8", "replace"), path)


def read_key(path: Path) -> Key:
    """The public key in a file, SSH's or PEM; raises `TrustError`."""
    try:
        with disk.opened(path) as file:
            text = file.read(20_001).decode("ascii")
    except OSError as error:
        raise TrustError.of("GATE412", f"cannot read the key: {disk.reason(error)}", str(path)) from None
    except UnicodeDecodeError:
        raise TrustError.of("GATE412", "no public key: it is not ASCII", str(path)) from None
    return _parsed(text, path)


def _parsed(text: str, path: Path) -> Key:
    if "PRIVATE KEY" in text:
        ours = "OPENSSH" in text
        make = f"name `{path.name}.pub`" if ours else f"`openssl pkey -in {path.name} -pubout` prints the public half"
        raise TrustError.of("GATE412", "a private key, where its public half is wanted", str(path), make)
    try:
        return keys.parse(text)
    except InvalidError as error:
        raise TrustError.of("GATE412", f"the key is refused: {error}", str(path)) from None


def service_key(path: Path) -> Key:
    """The public half of a service's key, a private key in PEM, else one of SSH; raises `TrustError`."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    private = _private(path)
    if private is None:
        return public_key(path)
    public = private.public_key()  # type: ignore[attr-defined]
    return _parsed(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii"), path)


def by_person(path: Path, key: Key, message: bytes, namespace: str) -> bytes:
    """The SSH signature over a message, made by `ssh-keygen -Y sign` and verified here; raises `TrustError`.

    `path` may be a public key whose other half is in the agent or on a security key.
    """
    done = _run("-Y", "sign", "-q", "-n", namespace, "-f", str(path), given=message)
    if done.returncode:
        raise TrustError.of(
            "GATE414", f"nothing was signed: {_said(done)}", str(path), "is the key in your agent, and plugged in?"
        )
    try:
        blob = sshsig.dearmour(done.stdout.decode("ascii", "replace"))
        made = sshsig.verify(blob, namespace, message)
    except InvalidError as error:
        raise TrustError.of("GATE414", f"`{PROGRAM}` made no signature that fits: {error}", str(path)) from None
    if made.key != key:
        raise TrustError.of("GATE414", f"`{PROGRAM}` signed with another key, {made.key.fingerprint}", str(path))
    return blob


def by_service(path: Path, payload: bytes, namespace: str) -> Envelope:
    """A statement in an envelope signed by a service's key: a private key in PEM, else one of SSH; raises `TrustError`."""
    message = dsse.encode(dsse.STATEMENT, payload)
    private = _private(path)
    if private is None:
        key = public_key(path)
        return Envelope(dsse.STATEMENT, payload, ((key.fingerprint, by_person(path, key, message, namespace)),))
    return Envelope(dsse.STATEMENT, payload, (("", _signed(private, message)),))


def _private(path: Path) -> object | None:
    """The private key in a PEM file, None where the file is one of SSH's."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with disk.opened(path) as file:
            data = file.read(20_001)
    except OSError as error:
        raise TrustError.of("GATE412", f"cannot read the key: {disk.reason(error)}", str(path)) from None
    if b"BEGIN PUBLIC KEY" in data:
        raise TrustError.of("GATE412", "a public key, where its private half is wanted", str(path))
    if b"OPENSSH PRIVATE KEY" in data or b"PRIVATE KEY" not in data:
        return None
    try:
        found: object = load_pem_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise TrustError.of("GATE412", "no private key without a passphrase, in PEM", str(path)) from None
    return found


def _signed(private: object, message: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.key_size <= 384:
        return private.sign(message, ec.ECDSA(hashes.SHA256() if private.curve.key_size == 256 else hashes.SHA384()))
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
    raise TrustError.of("GATE412", "keys of this algorithm do not sign here")


def _run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - no shell, and what is given goes to standard input
            [PROGRAM, *arguments],
            input=given,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        raise TrustError.of("GATE414", f"there is no `{PROGRAM}` here", help="install OpenSSH's client") from None
    except subprocess.TimeoutExpired:
        raise TrustError.of("GATE414", f"`{PROGRAM}` took more than {PATIENCE} seconds") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else f"`{PROGRAM}` failed"
