"""What signatures and the log cost, beside the same work without them in the same run."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from letpass.frozen import Frozen
from letpass.ledger import gatekey, place
from letpass.ledger.entry import Entry
from letpass.ledger.log import Ledger
from letpass.trust import chain, signers, sshsig, statements
from tests.benchmarks.timing import timed
from tests.trust.keys import SshKey
from tests.trust.world import FIRST, NOW, ROOTS, World, document, version


class Sizes(Frozen):
    """How much is measured: appends one at a time, of one batch, signatures in a round."""

    single: int = 300
    batch: int = 10_000
    signatures: int = 500


FULL = Sizes()


def forget() -> None:
    """Verify anew what a second look at the same file would remember."""
    sshsig.verify.cache_clear()
    chain.load.cache_clear()


def _entry(n: int) -> Entry:
    """An entry of about the size of a sign-off."""
    return Entry("sign-off", f"{n:08}" + "x" * 1400, {}, "fraud", "4", "sha256:" + "a1" * 32)


def _line(name: str, figure: str, ratio: float, beside: str) -> None:
    print(f"{name:44} {figure:>18}   {ratio:7.2f} x {beside}")


def appends(folder: Path, sizes: Sizes) -> None:
    """Single appends beside rows of the same text committed one by one; a batch beside one commit of such rows."""
    ledger = Ledger(place.store(str(folder / "ledger.db"), make=True), (), gatekey.load_or_make(folder / "gate.key"))
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("PRAGMA synchronous = FULL")
    plain.execute("CREATE TABLE row (n INTEGER PRIMARY KEY, body TEXT)")

    def ours() -> None:
        for n in range(sizes.single):
            ledger.append([_entry(n)], NOW)

    def theirs() -> None:
        for n in range(sizes.single):
            plain.execute("INSERT INTO row VALUES (?, ?)", (n, _entry(n).text(NOW)))

    def batch() -> None:
        ledger.append([_entry(n) for n in range(sizes.batch, 2 * sizes.batch)], NOW)

    def rows() -> None:
        plain.execute("BEGIN")
        plain.executemany(
            "INSERT INTO row VALUES (?, ?)", [(n, _entry(n).text(NOW)) for n in range(sizes.batch, 2 * sizes.batch)]
        )
        plain.execute("COMMIT")

    one, other = timed(ours, 1), timed(theirs, 1)
    _line("appends, one at a time", f"{sizes.single / one:,.0f}/s", one / other, "plain rows, each committed")
    one, other = timed(batch, 1), timed(rows, 1)
    _line(
        f"appends, {sizes.batch:,} in a batch", f"{sizes.batch / one:,.0f}/s", one / other, "plain rows in one commit"
    )
    plain.close()
    ledger.store.close()


def signatures(rounds: int, sizes: Sizes) -> None:
    """Verifying a sign-off whole, beside its one ed25519 verification."""
    world = World()
    request = world.request()
    world.sign(request)
    statement_file = world.statement_files[-1]
    trust = chain.load(world.trust, world.root, "trust.json")
    key = Ed25519PrivateKey.generate()
    signature, public = key.sign(statement_file.data), key.public_key()

    def ours() -> None:
        for _ in range(sizes.signatures):
            sshsig.verify.cache_clear()
            signers.person(trust, statements.read(statement_file.name, statement_file.data), NOW)

    def theirs() -> None:
        for _ in range(sizes.signatures):
            public.verify(signature, statement_file.data)

    one, other = timed(ours, rounds), timed(theirs, rounds)
    _line("sign-offs read and verified", f"{sizes.signatures / one:,.0f}/s", one / other, "an ed25519 verification")
    data, large = world.statement_files[-1].data, b"x" * (64 << 20)
    _line("a sign-off's size", f"{len(data):,} B", len(data) / 5000, "a registry tag's 5,000 B")
    speed = len(large) / timed(lambda: hashlib.sha256(large).digest(), 3) / 1e6
    print(f"{'SHA-256 of an artifact':44} {speed:>13,.0f} MB/s")


def decisions(rounds: int) -> None:
    """A decision that rests on twenty sign-offs, beside the same decision without people."""
    people = {f"p{n}@corp.example": SshKey() for n in range(20)}
    keys = {**FIRST["people"], **{name: {"keys": [{"ssh": key.line}]} for name, key in people.items()}}
    roles = {**FIRST["roles"], "board": {"members": list(people)}}
    policy = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy >= 0.9\n'
    board = 'require board: signed by 20 in role "board" other than author\n'
    trust = [version(document(people=keys, roles=roles), *ROOTS)]
    world, alone = World(policy + board, trust=trust), World(policy, trust=trust)
    alone.enact()
    world.enact()
    request = world.request()
    for name, key in people.items():
        world.sign(request, name, key=key, role="board")
    assert (world.verdict(), alone.verdict()) == ("allow", "allow")

    def anew(of: World) -> Callable[[], object]:
        return lambda: (forget(), of.verdict())

    one, other = timed(anew(world), rounds), timed(anew(alone), rounds)
    _line("a decision with twenty sign-offs", f"{one * 1000:.1f} ms", one / other, "one without people")


def main(rounds: int, sizes: Sizes = FULL) -> None:
    """Print what each costs, a line each."""
    print()
    with tempfile.TemporaryDirectory() as folder:
        appends(Path(folder), sizes)
    signatures(rounds, sizes)
    decisions(rounds)
