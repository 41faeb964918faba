"""Signed notes, verifier keys, checkpoints and cosignatures."""

from __future__ import annotations

from pathlib import Path

import pytest

from letpass.ledger import gatekey, note, proofs, witness
from letpass.trust.verifiers import LOG, WITNESS, VerifierKey, verifier
from tests.ledger.conftest import NOW, Bench, entry

# the one text example of c2sp.org/signed-note that can be verified needs its key; this log's note is made here
TEXT = "example.com/log\n3\n" + "A" * 43 + "=\n"


@pytest.fixture(name="key")
def _key(tmp_path: Path) -> gatekey.GateKey:
    return gatekey.load_or_make(tmp_path / "k", LOG, "example.com/log")


def test_a_note_is_signed_by_its_key(key: gatekey.GateKey) -> None:
    """And by no other of the same name."""
    signed = note.sign(key.private, key.public, TEXT)
    other = VerifierKey(key.public.name, LOG, b"\x09" * 32)

    assert note.signed_by(signed, (key.public,)) == (key.public,)
    assert note.signed_by(signed, (other,)) == ()
    assert verifier(str(key.public)) == key.public
    read = note.read(signed)
    assert (read.origin, read.size, read.root, note.body(read.origin, read.size, read.root)) == (
        "example.com/log",
        3,
        bytes(32),
        TEXT,
    )


def test_a_known_key_whose_signature_does_not_fit_refuses_the_note(key: gatekey.GateKey) -> None:
    """A changed text is not merely unsigned."""
    signed = note.sign(key.private, key.public, TEXT).replace("\n3\n", "\n4\n")

    with pytest.raises(ValueError, match="does not fit the checkpoint"):
        note.signed_by(signed, (key.public,))


@pytest.mark.parametrize(
    "change",
    [
        lambda n: n.replace("\n\n", "\n"),
        lambda n: n[:-1],
        lambda n: n.replace("\u2014", "-"),
        lambda n: n.replace("\u2014 example.com/log ", "\u2014 example.com/log+x "),
        lambda n: n + "\n",
        lambda n: n.replace("3", "3\t"),
        lambda n: n + "\u2014 other AAAA\n",
        lambda n: n + n.split("\n\n")[1] * 40,
        lambda n: n * 2000,
        lambda n: "",
        lambda n: "\n\n" + n.split("\n\n")[1],
    ],
)
def test_a_note_is_read_strictly(key: gatekey.GateKey, change: object) -> None:
    """Blank line, signature lines, no control characters, bounded."""
    signed = note.sign(key.private, key.public, TEXT)
    with pytest.raises(ValueError, match=r"."):
        note.parse(change(signed))  # type: ignore[operator]


@pytest.mark.parametrize(
    "body",
    ["", "o\n", "o\n03\n" + "A" * 43 + "=\n", "o\n-1\n" + "A" * 43 + "=\n", "o\n3\nAAAA\n", "o\n3\n", "o\nx\nAAAA\n"],
)
def test_a_checkpoint_has_an_origin_a_size_and_a_root(key: gatekey.GateKey, body: str) -> None:
    """Three lines, each in its one form."""
    with pytest.raises(ValueError, match=r"."):
        note.read(note.sign(key.private, key.public, body or "\n"))


@pytest.mark.parametrize(
    "bend",
    [
        "+",
        "name",
        "name+00000000",
        "name+00000000+AAAA",
        "a b+00000000+",
        "{name}+{id}+{body}x",
        "{name}x+{id}+{body}",
        "{name}+00000000+{body}",
    ],
)
def test_mangled_verifier_keys_are_refused(key: gatekey.GateKey, bend: str) -> None:
    """The id is that of name and key."""
    name, id_, body = str(key.public).split("+", 2)
    with pytest.raises(ValueError, match=r"."):
        verifier(bend.format(name=name, id=id_, body=body))


def test_every_changed_character_of_a_verifier_key_refuses_it(key: gatekey.GateKey) -> None:
    """No other text means the same key."""
    text = str(key.public)
    for at in range(len(text)):
        for char in "A+0\n":
            bent = text[:at] + char + text[at + 1 :]
            if bent == text:
                continue
            with pytest.raises(ValueError, match=r"."):
                verifier(bent)


def test_a_cosignature_says_when_and_counts_each_witness_once(tmp_path: Path, key: gatekey.GateKey) -> None:
    """Type 4 of c2sp.org: a time in front, and the checkpoint's text below it."""
    signed = note.sign(key.private, key.public, TEXT)
    one = gatekey.load_or_make(tmp_path / "w1", WITNESS, "witness.example/1")
    twin = VerifierKey("witness.example/twin", WITNESS, one.public.raw)
    line = note.cosign(one.private, one.public, TEXT, 1_700_000_000)
    second = note.signature_line(twin, note.parse(signed + line).signatures[-1][2])
    both = note.add(note.add(signed, line), second)

    assert note.add(both, line) == both
    assert witness.quorum(both, (one.public, twin)) == 1
    assert witness.quorum(signed, (one.public,)) == 0
    with pytest.raises(ValueError, match="does not fit"):
        witness.quorum(note.add(signed.replace("\n3\n", "\n4\n"), line), (one.public,))


def test_a_proof_file_reads_back_and_shows_its_entry(bench: Bench) -> None:
    """c2sp.org/tlog-proof, with the entry as extra data."""
    ledger = bench.filled(20)
    for index in (0, 7, 19):
        proof = ledger.prove(index)
        text = proofs.tlog_proof(proof)
        assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
        assert proofs.read_tlog_proof(text) == proof
        assert proofs.shows(proof)
    for bad in (
        "",
        text.replace("@v1", "@v2"),
        text.replace("index 19", "index 019"),
        text.replace("index 19", "index -1"),
        text.replace("extra ", "extra !"),
    ):
        with pytest.raises(ValueError, match=r"."):
            proofs.read_tlog_proof(bad)


def test_an_offer_for_a_witness_reads_back(bench: Bench) -> None:
    """c2sp.org/tlog-witness, the body of add-checkpoint."""
    ledger = bench.filled()
    old = ledger.checkpoint()
    ledger.append([entry(n) for n in range(50, 60)], NOW + 10**9)
    proof = ledger.continues(old)
    offered = proofs.read_offer(proofs.offer(old.size, proof, ledger.checkpoint()))

    assert (offered.old, offered.proof, offered.note) == (10, proof, ledger.checkpoint().note)
    for bad, why in (
        ("", "it begins with `old SIZE`"),
        ("new 3\n\n", "it begins with `old SIZE`"),
        ("old x\n\n", "the old size is a number"),
        ("old 007\n\n", "the old size is a number"),
        ("old 3\nAAAA\n\n", "a proof is a list of hashes"),
        ("old 3\n!\n\n", "no base64"),
        ("old 3\n" + ("A" * 43 + "=\n") * 64 + "\n", "a proof is a list of hashes, at most 63"),
    ):
        with pytest.raises(ValueError, match=why):
            proofs.read_offer(bad)
