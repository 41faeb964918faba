"""Attacks 5, 13 to 15, 18 to 20 and 32: keys, identities, texts and the trust file itself."""

from __future__ import annotations

import json

import pytest

from letpass.diagnostics import StatementError, TrustError
from letpass.trust import chain, dsse, keys, kinds, signers, statements, strict, trustfile
from letpass.trust.bundle import MOST, StatementFile
from tests.trust.keys import PemKey, SshKey, mpint, string
from tests.trust.world import (
    FIRST,
    NOW,
    PEOPLE,
    RAVI,
    ROOTS,
    ROSA,
    STRANGER,
    VERA,
    VITO,
    World,
    document,
    root_of,
    signed_world,
    strict_digest,
    version,
)  # fmt: skip


def refused(*versions: dsse.Envelope, root: str | None = None) -> str:
    """Why a trust file is refused; nothing where it is taken."""
    try:
        chain.load(chain.text(versions), root or strict_digest(versions[0].payload), "trust.json")
    except TrustError as error:
        return error.message
    return ""


def people(**changes: object) -> dict[str, object]:
    return {**FIRST["people"], **{f"{n}@corp.example": v for n, v in changes.items()}}


def fault(data: dict[str, object]) -> str:
    """Why one version is refused."""
    return refused(version(data, *ROOTS)).removeprefix("the trust file is refused: ")


# ---------------------------------------------------------------- 5


def test_attack_05_two_keys_of_one_person_are_one_person() -> None:
    """People are counted, never keys."""
    second = SshKey()
    both = {**FIRST["people"], VERA: {"keys": [{"ssh": PEOPLE[VERA].line}, {"ssh": second.line}]}}
    world = World(trust=[version(document(people=both), *ROOTS)])
    world.enact()
    request = world.request()
    world.sign(request, VERA, key=second)
    vito = world.sign(request, VITO)
    assert world.verdict() == "allow"

    world.statement_files = [p for p in world.statement_files if vito[7:23] not in p.name]
    world.sign(request, VERA)
    assert world.verdict() == "undecided"


@pytest.mark.parametrize(
    ("wrapped", "said"),
    [
        ("the same line", "one key under two names"),
        ("as PEM of a service", "one key under two names"),
        ("twice under one", "one key stands twice"),
    ],
)
def test_attack_05_one_key_under_two_names_refuses_the_trust_file(wrapped: str, said: str) -> None:
    """Whatever it is wrapped in: a key is told by its bytes."""
    assert fault(document()) == ""
    shared = PEOPLE[VERA]
    if wrapped == "as PEM of a service":
        pem = PemKey()
        pem.private = shared.private
        bad = document(services={"twin": {"keys": [{"pem": pem.pem}], "predicates": ["*"]}})
    elif wrapped == "twice under one":
        bad = document(people=people(vera={"keys": [{"ssh": shared.line}, {"ssh": shared.line + " comment"}]}))
    else:
        bad = document(people=people(vito={"keys": [{"ssh": shared.line}]}))

    assert fault(bad).startswith(f"{said}")


# ---------------------------------------------------------------- 13, 14, 15


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"payload": "e30=", "payload": "e30=", "payloadType": "x", "signatures": []}', "the key `payload` stands twice"),
        (b'{"payload": NaN}', "`NaN` is no number"),
        (b'{"payload": 1e999}', "`1e999` is no finite number"),
        (b'{"payload": 99999999999999999999}', "`99999999999999999999…` is too large for an exact number"),
        (b"[" * 100_0 + b"]" * 100_0, "nested more than 32 deep"),
        (b"[" * 30_000 + b"]" * 30_000, "nested more than 32 deep"),
        (b'{"payload": "\\ud800"}', "a lone surrogate in a text"),
        (b"\xff\xfe", "not UTF-8: byte 0"),
        (b"", "no JSON: expecting value at character 0"),
        (b"payload: yaml\n", "no JSON: expecting value at character 0"),
        (b'{"payload": "e30", "payloadType": "x", "signatures": []}', "no base64"),
        (b'{"payload": "e31=", "payloadType": "x", "signatures": []}', "base64 with stray bits"),
        (b'{"payload": "e30=", "payloadType": "x", "signatures": [1]}', "a signature without `sig`"),
        (b"null", "no envelope: it has no `payload`"),
    ],
)  # fmt: skip
def test_attack_13_a_text_that_two_readers_read_differently_is_refused(text: bytes, why: str) -> None:
    """Outside the signature: JSON that is ambiguous, broken or too deep is one refused statement and no more."""
    world, _ = signed_world()
    assert world.verdict() == "allow"

    world.statement_files.append(StatementFile("odd.json", text))

    found = [s for s in world.decide().statements if s.name == "odd.json"]
    assert [(s.valid, s.why) for s in found] == [(False, why)]


def test_attack_13_also_inside_the_payload() -> None:
    """A payload is read as strictly, after its signature, from the very bytes that were signed."""
    payload = statements.build(kinds.SIGNOFF, "x", "sha256:" + "0" * 64, {})
    twice = payload.replace(b'"predicateType"', b'"_type":"https://in-toto.io/Statement/v1","predicateType"')
    world = World()
    world.put(twice, PEOPLE[VERA].sign(signers.NAMESPACE, dsse.encode(dsse.STATEMENT, twice)))

    assert [s.why for s in world.decide().statements] == ["the key `_type` stands twice"]


@pytest.mark.parametrize(
    ("predicate", "why"),
    [
        ({"approved": True}, "the unknown field `approved`"),
        ({"role": 7}, "its `role` cannot be read"),
        ({"reason": "x" * 2001}, "its `reason` cannot be read"),
        ({"issuedAt": "2026-02-30T00:00:00Z"}, "its `issuedAt` cannot be read"),
    ],
)
def test_attack_13_unknown_and_odd_fields_of_our_own_statements_are_refused(
    predicate: dict[str, object], why: str
) -> None:
    """A field that a reader would skip may hold the condition."""
    assert signed_world()[0].verdict() == "allow"
    world = World()
    world.sign(world.request(), **predicate)

    assert [s.why for s in world.decide().statements if s.kind == "statement"] == [why]


@pytest.mark.parametrize(
    "name",
    ["vеra@corp.example", "Vera@corp.example", "vera@corp.example.", "vera\u200b@corp.example", "vera", "@corp.example",
     "vera @corp.example", "vera@corp..example", "vera@corp.example\n", "*@corp.example", "-vera@corp.example"],
)  # fmt: skip
def test_attack_14_identities_that_look_like_others_are_refused(name: str) -> None:
    """Lower-case ASCII addresses: no homoglyph, case, trailing dot or hidden character makes a second person."""
    assert fault(document(people=people(vera2={"keys": [{"ssh": STRANGER.line}]}))) == ""

    assert "names no person" in fault(document(people={**FIRST["people"], name: {"keys": [{"ssh": STRANGER.line}]}}))


def test_attack_14_an_alias_means_one_person() -> None:
    """Also in another case."""
    twice = people(
        vera={"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": ["V. V."]},
        vito={"keys": [{"ssh": PEOPLE[VITO].line}], "aliases": ["v. v."]},
    )
    assert fault(document(people=twice)) == "the alias `v. v.` of `vito@corp.example` means `vera@corp.example` too"
    theirs = people(vera={"keys": [{"ssh": PEOPLE[VERA].line}], "aliases": [VITO]})
    assert (
        fault(document(people=theirs))
        == "the alias `vito@corp.example` of `vera@corp.example` means `vito@corp.example` too"
    )


def test_attack_15_key_ids_are_hints() -> None:
    """A wrong, missing or borrowed key id changes nothing: the key inside the signature counts, byte for byte."""
    world, _request = signed_world()
    assert world.verdict() == "allow"
    found = statements.read("", world.statement_files[-1].data)
    for keyid in ("", PEOPLE[VERA].key.fingerprint, "x" * 5000):
        signed = ((keyid, found.envelope.signatures[0][1]),)
        world.statement_files[-1] = StatementFile(
            "hint.json", dsse.Envelope(dsse.STATEMENT, found.envelope.payload, signed).text()
        )
        assert (world.verdict(), world.why(found.digest)) == ("allow", "")


# ---------------------------------------------------------------- 18, 19

LOW_ORDER = [
    "00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]  # fmt: skip


def ssh_line(blob: bytes, kind: str = "") -> str:
    import base64

    name = kind or blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode()
    return f"{name} {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize("raw", [*LOW_ORDER, *[f"{h[:-2]}{int(h[-2:], 16) | 0x80:02x}" for h in LOW_ORDER]])
def test_attack_18_a_low_order_key_is_refused(raw: str) -> None:
    """Its one signature would fit every message; the seven points, with either sign, in SSH's form and as a log's key."""
    from letpass.trust.verifiers import verifier

    with pytest.raises(ValueError, match="low-order"):
        keys.parse(ssh_line(string(b"ssh-ed25519") + string(bytes.fromhex(raw))))
    with pytest.raises(ValueError, match="low-order"):
        keys.refuse_low_order(bytes.fromhex(raw))
    import base64

    with pytest.raises(ValueError, match="low-order"):
        verifier("log+00000000+" + base64.b64encode(b"\x01" + bytes.fromhex(raw)).decode())


def test_attack_18_malformed_keys_are_refused_with_the_reason() -> None:
    """Short RSA, small exponents, curves that do not belong, bytes behind the end, integers in a longer form."""
    good = SshKey()
    assert keys.parse(good.line + " somebody@host").kind == "ssh-ed25519"
    rsa = SshKey("rsa").private.public_key().public_numbers()
    ecdsa = SshKey("ecdsa").blob
    cases = {
        "bytes follow its end": ssh_line(good.blob + b"\0"),
        "it ends too early": ssh_line(good.blob[:-1]),
        "an RSA key of 1024 bits": ssh_line(string(b"ssh-rsa") + mpint(65537) + mpint((1 << 1023) + 1)),
        "an RSA key with the exponent 3": ssh_line(string(b"ssh-rsa") + mpint(3) + mpint(rsa.n)),
        "not in its shortest form": ssh_line(string(b"ssh-rsa") + string(b"\0\1\0\1") + mpint(rsa.n)),
        "the curve `nistp384` does not belong": ssh_line(ecdsa.replace(b"\0\0\0\x08nistp256", b"\0\0\0\x08nistp384")),
        "keys of type `ssh-dss`": ssh_line(string(b"ssh-dss") + mpint(3)),
        "it says `ssh-rsa`": ssh_line(good.blob, "ssh-rsa"),
        "no base64": "ssh-ed25519 AAA!",
        "no public key: write": "nonsense",
        "is not `ssh:`": ssh_line(SshKey("sk", b"web:corp.example").blob),
        "too long": "x" * 30_000,
        "one public key is wanted": PemKey().pem * 2,
        "this is a private key": "-----BEGIN " + "PRIVATE KEY-----\nAAAA\n-----END " + "PRIVATE KEY-----\n",
    }  # fmt: skip
    for why, line in cases.items():
        with pytest.raises(ValueError, match=why):
            keys.parse(line)


def test_attack_18_a_point_off_its_curve_is_refused() -> None:
    """The library checks that a point lies on its curve."""
    blob = SshKey("ecdsa").blob
    bent = blob[:-1] + bytes([blob[-1] ^ 1])

    assert keys.from_blob(blob).kind == "ecdsa-sha2-nistp256"
    with pytest.raises(ValueError, match=r"."):
        keys.from_blob(bent)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "sk"])
def test_keys_of_every_kind_sign(kind: str) -> None:
    """ECDSA, RSA and security keys count as ed25519 does."""
    key = SshKey(kind)
    world = World(trust=[version(document(people=people(vera={"keys": [{"ssh": key.line}]})), *ROOTS)])
    world.enact()
    request = world.request()
    world.sign(request, VERA, key=key)
    world.sign(request, VITO)

    assert world.verdict() == "allow"


def test_attack_19_a_security_key_must_be_touched() -> None:
    """Its flags are signed with it; `ssh-keygen` would not ask."""
    key = SshKey("sk")
    world = World(
        trust=[version(document(people=people(vera={"keys": [{"ssh": key.line, "hardware": True}]})), *ROOTS)]
    )
    world.enact()
    request = world.request()
    world.sign(request, VITO)
    world.sign(request, VERA, key=key, flags=5)
    assert world.verdict() == "allow"

    del world.statement_files[-1]
    untouched = world.sign(request, VERA, key=key, flags=0)
    assert (world.verdict(), world.why(untouched)) == ("undecided", "nobody touched the security key")


def test_attack_19_a_software_key_is_no_security_key() -> None:
    """A trust file that calls it one is refused, and so is one beside a key that must be one."""
    touched, plain = {"ssh": SshKey("sk").line, "hardware": True}, {"ssh": PEOPLE[VERA].line}
    assert fault(document(people=people(vera={"keys": [touched]}))) == ""
    assert "beside it one that is none" in fault(document(people=people(vera={"keys": [touched, plain]})))
    assert "is no security key, and says `hardware`" in fault(
        document(people=people(vera={"keys": [{"ssh": PEOPLE[VERA].line, "hardware": True}]}))
    )


# ---------------------------------------------------------------- 20


def second(**changes: object) -> dict[str, object]:
    return document(**{"version": 2, "previous": root_of(FIRST), **changes})


def test_attack_20_a_trust_file_is_signed_by_its_root_and_the_root_before() -> None:
    """Unsigned, one of two, an outsider, another namespace, or only the new root: each is refused."""
    first = version(FIRST, *ROOTS)
    assert refused(first) == ""
    assert refused(first, version(second(), *ROOTS)) == ""

    assert "0 of 2 signatures by the root of version 1" in refused(version(FIRST))
    assert "1 of 2 signatures" in refused(version(FIRST, PEOPLE[ROSA]))
    assert "1 of 2 signatures" in refused(version(FIRST, PEOPLE[ROSA], PEOPLE[ROSA]))
    assert "vera@corp.example is not of the root" in refused(version(FIRST, PEOPLE[ROSA], PEOPLE[VERA]))
    assert "is not of the root" in refused(version(FIRST, PEOPLE[ROSA], STRANGER))
    assert "signed in the namespace `statement@letpass`" in refused(version(FIRST, *ROOTS, namespace=signers.NAMESPACE))
    usurped = second(roles={**FIRST["roles"], "root": {"members": [VERA]}})
    assert "0 of 2 signatures by the root of version 1" in refused(first, version(usurped, PEOPLE[VERA]))
    assert refused(first, version(usurped, PEOPLE[VERA], *ROOTS)) == ""


def test_attack_20_versions_follow_one_another() -> None:
    """Rollback, gap and fork, and a first version that is not the pinned one."""
    first, next_ = version(FIRST, *ROOTS), version(second(), *ROOTS)
    assert refused(first, next_) == ""

    assert "version 2 does not follow the one before it" in refused(next_, root=strict_digest(next_.payload))
    assert "version 3 does not follow" in refused(first, version(second(version=3), *ROOTS))
    assert "version 2 does not follow" in refused(first, version(second(previous="sha256:" + "0" * 64), *ROOTS))
    assert "version 1 does not follow" in refused(first, first)
    other = version(document(expires="2027-07-01T00:00:00Z"), *ROOTS)
    assert f"its first version is {strict_digest(other.payload)}, and {root_of(FIRST)} is pinned" in refused(
        other, root=root_of(FIRST)
    )
    forked = version(second(previous=strict_digest(other.payload)), *ROOTS)
    assert "does not follow" in refused(first, forked)


def test_attack_20_an_expired_trust_file_decides_nothing() -> None:
    """The error says since when."""
    world, _ = signed_world()
    world.versions[0] = version(document(expires=strict.written(NOW + 1_000_000)), *ROOTS)
    with pytest.raises(TrustError, match="the trust file expired at 2026-11-23T12:00:01Z"):
        world.verdict(NOW + 1_000_000)


def test_attack_20_a_revoked_root_key_signs_no_version() -> None:
    """Revocation takes hold with the version that says it."""
    revoked = {"at": strict.written(NOW), "reason": "lost"}
    keys_ = people(rosa={"keys": [{"ssh": PEOPLE[ROSA].line, "revoked": revoked}]})
    first = version(FIRST, *ROOTS)

    assert "the key of rosa@corp.example is revoked" in refused(first, version(second(people=keys_), *ROOTS))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"roles": {"root": {"members": [ROSA, RAVI], "threshold": 0}}}, "the threshold of `root` is a number from 1"),
        ({"roles": {"root": {"members": [ROSA], "threshold": 2}}}, "the threshold of `root` is a number from 1 to that of its members, 1"),
        ({"roles": {"root": {"members": []}}}, "the threshold of `root`"),
        ({"roles": {"root": {"members": ["*"]}}}, "has the member `*`, who is none of the people"),
        ({"roles": {"root": {"members": [ROSA, ROSA]}}}, "`root.members` names one twice"),
        ({"roles": {"validator": {"members": [VERA]}}}, "it has no role `root`"),
        ({"roles": {**FIRST["roles"], "v": {"members": [VERA], "models": []}}}, "`v.models` is empty"),
        ({"roles": {**FIRST["roles"], "v": {"members": [VERA], "level": "skip"}}}, "the role `v` has the unknown field `level`"),
        ({"surprise": True}, "the trust file has the unknown field `surprise`"),
        ({"type": "letpass.trust/v9"}, "its type is `letpass.trust/v9`"),
        ({"expires": "never"}, "`expires`: no time such as"),
        ({"version": True}, "its `version` is a whole number from 1"),
        ({"services": {"s": {"keys": [{"pem": PemKey().pem}], "predicates": []}}}, "`s` may attest nothing"),
        ({"services": {"s": {"keys": [], "predicates": ["*"]}}}, "at least one"),
        ({"ledger": {"witnesses": [], "quorum": 1}}, "the `quorum` is a number from 0"),
    ],
)  # fmt: skip
def test_attack_30_a_trust_file_that_makes_a_rule_vacuous_is_refused(change: dict[str, object], why: str) -> None:
    """No threshold of nothing, no wildcard member, no empty scope, no field that nobody reads."""
    assert fault(document()) == ""

    assert why in fault(document(**change))


def test_attack_32_size_is_limited_before_anything_is_parsed() -> None:
    """Oversized envelopes, ten thousand signatures, a folder full of statements."""
    world, _ = signed_world()
    assert world.verdict() == "allow"
    one = {"sig": "AAAA"}

    world.statement_files += [
        StatementFile("large.json", b'{"payload": "' + b"A" * dsse.LARGEST + b'"}'),
        StatementFile(
            "many.json", json.dumps({"payload": "e30=", "payloadType": "x", "signatures": [one] * 2000}).encode()
        ),
    ]
    assert [s.why for s in world.decide().statements if s.kind == "statement"] == [
        "64,015 bytes are too many; the most is 64,000",
        "2000 signatures; the most is 32",
    ]
    world.statement_files += [StatementFile(f"{n}.json", b"{}") for n in range(MOST)]
    with pytest.raises(StatementError, match="statements beside one version; the most is 2,000"):
        world.verdict()


def test_a_trust_file_of_too_many_bytes_is_refused() -> None:
    """One version has at most a mebibyte."""
    with pytest.raises(ValueError, match="too many"):
        trustfile.read(b" " * (trustfile.LARGEST + 1))
