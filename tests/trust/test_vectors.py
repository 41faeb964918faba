"""Published vectors, all of them: OpenSSH's signatures and Wycheproof's ed25519."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from letpass.trust import keys, sshsig
from tests.trust.keys import armour

VECTORS = Path(os.environ.get("LETPASS_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "vectors"
here = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the published vectors are not here: {VECTORS.name}")
ACCEPTED = ("ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "rsa")
REFUSED = {
    "ecdsa_sk_webauthn": "a security key whose application is not `ssh:`",
    "mldsa44-ed25519": "keys of type `.*` are not accepted",
}


def _sshsig(name: str) -> tuple[bytes, str, bytes]:
    folder = VECTORS / "sshsig"
    blob = sshsig.dearmour((folder / f"{name}.sig").read_text("ascii"))
    return blob, (folder / "namespace").read_text("ascii"), (folder / "signed-data").read_bytes()


@here
@pytest.mark.parametrize("name", ACCEPTED)
def test_openssh_signatures_verify(name: str) -> None:
    """By the key that stands beside each."""
    found = sshsig.verify(*_sshsig(name))

    assert found.key == keys.parse((VECTORS / "sshsig" / f"{name}.pub").read_text("ascii"))
    assert found.touched is ("sk" in name)


@here
@pytest.mark.parametrize("name", REFUSED)
def test_openssh_signatures_of_kinds_that_we_do_not_take_are_refused(name: str) -> None:
    """A composite of a post-quantum key, and a browser's signature."""
    with pytest.raises(ValueError, match=REFUSED[name]):
        sshsig.verify(*_sshsig(name))


@here
def test_every_signature_of_openssh_is_tried() -> None:
    """No vector lies there that no test reads."""
    assert {*ACCEPTED, *REFUSED} == {p.stem for p in (VECTORS / "sshsig").glob("*.sig")}


@here
@pytest.mark.parametrize("name", ACCEPTED)
def test_no_flipped_bit_of_a_signature_verifies(name: str) -> None:
    """Every bit of the blob is part of what is verified; for the long RSA one, every seventh."""
    blob, namespace, message = _sshsig(name)
    taken = []
    for bit in range(0, len(blob) * 8, 7 if name == "rsa" else 1):
        bent = bytearray(blob)
        bent[bit // 8] ^= 1 << bit % 8
        try:
            sshsig.verify(bytes(bent), namespace, message)
        except ValueError:
            continue
        taken.append(bit)

    assert taken == []


@here
def test_another_message_or_namespace_does_not_verify() -> None:
    """What is signed is the hash of the message, in its namespace."""
    blob, namespace, message = _sshsig("ed25519")

    for space, text in ((namespace, message + b"."), ("file", message)):
        with pytest.raises(ValueError, match=r"does not fit|signed in the namespace"):
            sshsig.verify(blob, space, text)


@here
@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "x" + t,
        lambda t: t + "x",
        lambda t: t.replace("-----END SSH SIGNATURE-----", ""),
        lambda t: re.sub(r"\n([A-Za-z0-9])", r"\n \1", t, count=1),
        lambda t: t.replace("=", ""),
        lambda t: "",
    ],
)
def test_armour_is_read_strictly(change: object) -> None:
    """One form of it, and no other."""
    text = (VECTORS / "sshsig" / "ed25519.sig").read_text("ascii")
    assert armour(sshsig.dearmour(text)) == text

    with pytest.raises(ValueError, match=r"no armoured|no base64"):
        sshsig.dearmour(change(text))  # type: ignore[operator]


@here
def test_wycheproof_ed25519() -> None:
    """All 151 cases: valid ones fit, invalid ones do not."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    data = json.loads((VECTORS / "wycheproof" / "ed25519_test.json").read_text("utf-8"))
    tried, wrong = 0, []
    for group in data["testGroups"]:
        raw = bytes.fromhex(group["publicKey"]["pk"])
        keys.refuse_low_order(raw)
        key = keys.Key("pem", b"", None, "", Ed25519PublicKey.from_public_bytes(raw))
        for case in group["tests"]:
            tried += 1
            fits = keys.verify(key, bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]))
            if fits != (case["result"] == "valid"):
                wrong.append(case["tcId"])

    assert (tried, wrong) == (data["numberOfTests"], [])
