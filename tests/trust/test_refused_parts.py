"""Keys, signatures, trust files and statements that are wrong in one place: each is refused with that place named.

Beside every refusal stands the same thing untouched, which is read.
"""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, TrustError
from letpass.move import promotion
from letpass.trust import bars, chain, dsse, keys, missed, signing, sshsig, statements, summary, trustfile
from letpass.trust.dsse import Envelope
from tests.trust.keys import SshKey, string
from tests.trust.world import ARTIFACT, PEOPLE, ROSA, SERVICES, VERA, document

# ---------------------------------------------------------------- keys


def pem(private: Any) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


MAKERS: dict[str, Callable[[], Any]] = {
    "ed25519": Ed25519PrivateKey.generate,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_services_key_of_each_kind_signs_and_is_verified(kind: str, tmp_path: Path) -> None:
    """What a private key in PEM signs fits its public half, and no other message and no other key."""
    private = MAKERS[kind]()
    path = tmp_path / "key.pem"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = keys.parse(pem(private))

    envelope = signing.by_service(path, b"payload", "namespace")

    message = dsse.encode(dsse.STATEMENT, b"payload")
    assert signing.service_key(path) == key
    assert keys.verify(key, envelope.signatures[0][1], message)
    assert not keys.verify(key, envelope.signatures[0][1], message + b" ")
    assert not keys.verify(keys.parse(pem(MAKERS[kind]())), envelope.signatures[0][1], message)


REFUSED_PEM = {
    "a curve that is not one of two": (lambda: pem(ec.generate_private_key(ec.SECP256K1())), "keys on the curve `secp256k1`"),
    "an algorithm of old": (lambda: pem(dsa.generate_private_key(2048)), "keys of this algorithm are not accepted"),
    "an RSA key that is too short": (lambda: pem(rsa.generate_private_key(65537, 1024)), "an RSA key of 1024 bits"),
    "a text that is no key": (
        lambda: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "no public key that can be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_PEM)
def test_other_keys_in_pem_are_refused(case: str) -> None:
    """With what is wrong with them."""
    made, why = REFUSED_PEM[case]

    with pytest.raises(InvalidError, match=why):
        keys.parse(made())


P = 2**255 - 19
REFUSED_BLOBS = {
    "too short": (string(b"ssh-ed25519") + string(b"\x01" * 31), "has 32 bytes, not 31"),
    "not in its one form": (string(b"ssh-ed25519") + string((P + 3).to_bytes(32, "little")), "not in its one form"),
    "compressed": (
        string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\x02" + b"\x01" * 32),
        "a point|not uncompressed",
    ),
}


@pytest.mark.parametrize("case", REFUSED_BLOBS)
def test_a_key_has_one_form(case: str) -> None:
    """Two blobs for one key would be two people's keys, or one that was revoked and one that was not."""
    blob, why = REFUSED_BLOBS[case]

    with pytest.raises(InvalidError, match=why):
        keys.from_blob(blob)


# ---------------------------------------------------------------- signing


def test_a_key_that_cannot_sign_is_named(tmp_path: Path) -> None:
    """A passphrase cannot be asked for in PEM, and some curves are not verified anywhere."""
    private = ec.generate_private_key(ec.SECP521R1())
    path = tmp_path / "key.pem"

    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(TrustError, match=r"keys of this algorithm do not sign here"):
        signing.by_service(path, b"payload", "namespace")
    with pytest.raises(TrustError, match=r"the key is refused: keys on the curve `secp521r1` are not accepted"):
        signing.service_key(path)
    path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", encoding="ascii")
    with pytest.raises(TrustError, match=r"no private key without a passphrase, in PEM"):
        signing.by_service(path, b"payload", "namespace")
    path.with_suffix(".pub").write_bytes(b"ssh-ed25519 \xc3\xa4")
    with pytest.raises(TrustError, match=r"no public key: it is not ASCII"):
        signing.read_key(path.with_suffix(".pub"))


MESSAGE = b"what is signed"


def said(blob: bytes, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    from tests.trust.keys import armour

    return subprocess.CompletedProcess([], code, armour(blob).encode("ascii"), b"no key\n")


def test_what_ssh_keygen_gives_is_verified_before_it_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It may sign with another key of the agent, sign nothing, hang, or not be there."""
    own, other = SshKey(), SshKey()

    def by(answer: object) -> bytes:
        def run(*_: object, **__: object) -> object:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(signing.subprocess, "run", run)
        return signing.by_person(tmp_path / "key", own.key, MESSAGE, "space")

    assert by(said(own.sign("space", MESSAGE))) == own.sign("space", MESSAGE)
    for answer, why in (
        (said(other.sign("space", MESSAGE)), "`ssh-keygen` signed with another key"),
        (said(own.sign("space", b"another")), "`ssh-keygen` made no signature that fits"),
        (said(b"", 1), "nothing was signed: no key"),
        (FileNotFoundError(), "there is no `ssh-keygen` here"),
        (subprocess.TimeoutExpired("ssh-keygen", 300), "`ssh-keygen` took more than 300 seconds"),
    ):
        with pytest.raises(TrustError, match=why):
            by(answer)


SIGNED = PEOPLE[VERA].sign("space", MESSAGE)
REFUSED_SIGNATURES = {
    "too long": (SIGNED + b"\0" * sshsig.LARGEST, "too long for a signature"),
    "hashed with SHA-1": (
        SIGNED.replace(string(b"sha512"), string(b"sha1")),
        "something other than SHA-256 or SHA-512",
    ),
    "with a reserved field": (
        SIGNED.replace(string(b"space") + string(b""), string(b"space") + string(b"x")),
        "a reserved field is not empty",
    ),
    "of another type than the key": (
        SIGNED[: SIGNED.rindex(string(b"ssh-ed25519"))] + string(b"ssh-rsa") + string(b"") + b"",
        "it ends too early|bytes follow|of type `ssh-rsa`",
    ),
}


@pytest.mark.parametrize("case", REFUSED_SIGNATURES)
def test_a_signature_is_read_to_its_last_field(case: str) -> None:
    """Whatever stands in a field that other readers pass over."""
    blob, why = REFUSED_SIGNATURES[case]

    assert sshsig.verify(SIGNED, "space", MESSAGE).key == PEOPLE[VERA].key
    with pytest.raises(InvalidError, match=why):
        sshsig.verify(blob, "space", MESSAGE)


def test_a_signature_by_a_method_of_other_keys_is_none() -> None:
    """An ed25519 key makes no RSA signature."""
    head, inner = SIGNED[: SIGNED.rindex(string(b"ssh-ed25519")) - 4], SIGNED[SIGNED.rindex(string(b"ssh-ed25519")) :]
    other = inner.replace(string(b"ssh-ed25519"), string(b"rsa-sha2-512"))

    with pytest.raises(InvalidError, match=r"a signature of type `rsa-sha2-512` by a key of type `ssh-ed25519`"):
        sshsig.verify(head + string(other), "space", MESSAGE)


def test_what_is_not_armoured_is_no_signature() -> None:
    """Nor is a text with something before or behind."""
    with pytest.raises(InvalidError, match=r"no armoured SSH signature"):
        sshsig.dearmour("-----BEGIN SSH SIGNATURE-----\n-----END-----")


# ---------------------------------------------------------------- the trust file

Change = Callable[[dict[str, Any]], Any]
LOG_KEY = "letpass-log+46a25df4+ATYOd86shUNSQ5IdmSV5s2tCPz9BSDNBnTlgVXYBGu4x"
REFUSED_FILES: dict[str, tuple[Change, str]] = {
    "a first version with a predecessor": (lambda d: d.update(previous=ARTIFACT), "has no `previous`"),
    "a second version without one": (lambda d: d.update(version=2), "has no `previous`, and every other has one"),
    "a standing of no days": (lambda d: d.update(ledger={"standing": 0}), r"`ledger\.standing` is a number of days"),
    "no roles": (lambda d: d.pop("roles"), "has no `roles`"),
    "people as a list": (lambda d: d.update(people=[]), "`people` is a mapping"),
    "a predicate with a blank": (
        lambda d: d["services"]["scanner"].update(predicates=["a b"]),
        "which is no plain ASCII text without blanks",
    ),
    "a log's key that is none": (lambda d: d.update(ledger={"keys": ["nobody"]}), r"^`ledger\.keys`: "),
    "a log's key as a witness": (lambda d: d.update(ledger={"witnesses": [LOG_KEY]}), r"`ledger\.witnesses`"),
    "a key under no form": (lambda d: d["people"][VERA].update(keys=[{"pem": "x"}]), "unknown field `pem`"),
    "a key with two forms": (
        lambda d: d["services"]["scanner"].update(keys=[{"pem": SERVICES["scanner"].pem, "ssh": PEOPLE[VERA].line}]),
        "stands under `pem` or `ssh`",
    ),
    "a key that does not read": (
        lambda d: d["people"][VERA].update(keys=[{"ssh": "ssh-ed25519"}]),
        f"a key of `{VERA}`: ",
    ),
    "a key under the wrong form": (
        lambda d: d["services"]["scanner"].update(keys=[{"ssh": SERVICES["scanner"].pem}]),
        "does not stand under its form",
    ),
    "a service with a blank in its name": (
        lambda d: d["services"].update({"a b": d["services"]["scanner"]}),
        "`a b` names no service",
    ),
    "a service that may what is not known": (
        lambda d: d["services"]["scanner"].update(may=["everything"]),
        r"`scanner\.may` holds `everything`; a service may `request`",
    ),
    "a role with a blank in its name": (
        lambda d: d["roles"].update({"a b": {"members": [ROSA]}}),
        "`a b` names no role",
    ),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_trust_file_is_refused_at_its_first_fault(case: str) -> None:
    """A field that a reader passed over could hold a condition."""
    change, why = REFUSED_FILES[case]
    data = copy.deepcopy(document())
    assert trustfile.read(canonical(data)).number == 1

    change(data)

    with pytest.raises(InvalidError, match=why):
        trustfile.read(canonical(data))


def test_a_trust_files_text_holds_versions_and_nothing_else() -> None:
    """Neither envelopes of another type, nor more of them than anybody has made."""
    version = Envelope(dsse.TRUST, canonical(document()), (("", b"x"),))
    assert chain.envelopes(chain.text((version,))) == (version,)

    with pytest.raises(InvalidError, match=r"a version of type `.*`, not `"):
        chain.envelopes(chain.text((Envelope(dsse.STATEMENT, b"{}", (("", b"x"),)),)))
    with pytest.raises(InvalidError, match=rf"{chain.MOST + 1} versions; the most is {chain.MOST}"):
        chain.envelopes(chain.text((version,) * (chain.MOST + 1)))


# ---------------------------------------------------------------- statements

WHOLE = summary.Summary(
    "allow", "models", "fraud", "4", ARTIFACT, promotion("production"), 0, ARTIFACT, ARTIFACT, ARTIFACT, engine="1",
    people=(summary.Voice("signoff", VERA, "validator", "SHA256:x", 0, ("gate/signed",)),), data=(("holdout", ARTIFACT),),
)  # fmt: skip


def changed(change: Callable[[dict[str, Any]], Any]) -> statements.Statement:
    """A decision's statement with something else in it."""
    import json

    data = json.loads(summary.payload(WHOLE))
    change(data)
    return statements.from_envelope("", Envelope(dsse.STATEMENT, canonical(data)))


def own(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["predicate"][summary.EXTENSION]
    return found


REFUSED_DECISIONS: dict[str, tuple[Change, str]] = {
    "without the gate's part": (lambda d: d["predicate"].pop(summary.EXTENSION), "no decision of the gate"),
    "a failure that allows": (
        lambda d: d["predicate"].update(verificationResult="FAILED"),
        "result and verdict differ",
    ),
    "without a verdict's model": (lambda d: own(d).pop("model"), "a decision that is incomplete"),
    "with a data set of three parts": (
        lambda d: own(d).update(data=[["a", "b", "c"]]),
        "a decision that is incomplete",
    ),
    "with a person who is a number": (lambda d: own(d)["people"][0].update(person=7), "a decision that is incomplete"),
    "with facts that are a list": (lambda d: own(d).update(facts=[]), "a field that is no text"),
    "apart in a word": (lambda d: own(d).update(apart="yes"), "`apart` is no flag"),
}


@pytest.mark.parametrize("case", REFUSED_DECISIONS)
def test_a_decision_that_is_not_whole_is_none(case: str) -> None:
    """Whoever signed it; what cannot be read says nothing that somebody may rely on."""
    change, why = REFUSED_DECISIONS[case]
    assert summary.read(changed(lambda _: None)) == WHOLE

    with pytest.raises(InvalidError, match=why):
        summary.read(changed(change))


REFUSED_STATEMENTS: dict[str, tuple[Change, str]] = {
    "of another version": (
        lambda d: d.update(_type="https://in-toto.io/Statement/v0.1"),
        "no in-toto statement of version 1",
    ),
    "about two": (lambda d: d.update(subject=d["subject"] * 2), "a statement has one subject"),
    "about no bytes": (lambda d: d["subject"][0].update(digest={}), "its subject has no digest"),
}


@pytest.mark.parametrize("case", REFUSED_STATEMENTS)
def test_a_statement_is_about_one_artifact(case: str) -> None:
    """In the one version of the format that is read here."""
    change, why = REFUSED_STATEMENTS[case]

    with pytest.raises(InvalidError, match=why):
        changed(change)


MISSED = {"condition": "accuracy >= 0.9", "operator": ">=", "value": 0.85, "bound": 0.9}
REFUSED_MISSES: dict[str, tuple[dict[str, Any], str]] = {
    "elements in a text": ({"within": "group a"}, "no list of conditions that were missed"),
    "a day that no calendar has": (
        {"unit": missed.DATE, "value": "2027-02-30T00:00:00Z", "bound": None},
        "no moment of the calendar",
    ),
    "a number without an end": ({"value": float("inf")}, "no finite number"),
}


@pytest.mark.parametrize("case", REFUSED_MISSES)
def test_what_a_waiver_names_is_read_or_refused(case: str) -> None:
    """No waiver covers what nobody can compare."""
    change, why = REFUSED_MISSES[case]
    assert missed.read(MISSED).value == 0.85

    with pytest.raises(InvalidError, match=why):
        missed.read({**MISSED, **change})


def test_whether_bars_are_older_is_known_or_not() -> None:
    """A stored answer in any other word is none."""
    known = bars.Bars(True, ("they are",))
    assert bars.from_json(known.as_json()) == known

    with pytest.raises(TypeError):
        bars.from_json({**known.as_json(), "older": "yes"})
