"""What was read of a log before, so that the next reading goes on from there: for a process that decides often."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from letpass.ledger.entry import Logged
from letpass.ledger.listing import Listed
from letpass.ledger.note import Checkpoint
from letpass.ledger.state import State
from letpass.ledger.store import EMPTY, Head
from letpass.ledger.subtrees import Groups
from letpass.ledger.writing import Append
from letpass.trust.verifiers import VerifierKey

_ROOTS = 1_000  # heads that are remembered
Signers = tuple[VerifierKey, ...]
"""The keys of a log that have signed a head of it."""


class Memory:
    """The newest head of a log that was found to be signed and to go on from those before it, and what was read below it.

    keys: whose signature was looked for on it · signers: whose was found · trust: the trust file by which it was looked at · roots: of the heads that were seen, by their sizes · nodes, groups: parts of the
    trees of lists and of entries, compared with what is signed each time they are used · standing: the entries of kinds that
    every decision asks for, and how far they were read · gated: what of them shows where moves lead that are gated, and of how many entries ·
    pasts: what readers have made of models.

    Several ledgers over one log may share it, in several threads, each holding `lock` while it reads on.  leading: held by who
    appends for all who are `waiting` to.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.leading = threading.Lock()
        self.waiting: list[Append] = []
        self.keys: tuple[VerifierKey, ...] = ()
        self.signers: Signers = ()
        self.trust: object = None
        self.head: Head = EMPTY
        self.checkpoint: Checkpoint | None = None
        self.state: State | None = None
        self.roots: dict[int, bytes] = {}
        self.nodes: dict[int, bytes] = {}
        self.groups: Groups = {}
        self.standing: dict[str, tuple[Listed, Sequence[Logged]]] = {}
        self.gated: tuple[int, Mapping[Any, int]] | None = None
        self.pasts: dict[tuple[Any, ...], tuple[Any, object]] = {}

    def take(
        self, head: Head, checkpoint: Checkpoint, state: State, keys: tuple[VerifierKey, ...], trust: object,
        signers: Signers,
    ) -> None:  # fmt: skip
        """Remember a head that goes on from the one before it."""
        self.head, self.checkpoint, self.state, self.keys, self.trust = head, checkpoint, state, keys, trust
        self.signers = signers
        self.roots[head.size] = checkpoint.root
        if len(self.roots) > _ROOTS:
            del self.roots[next(iter(self.roots))]
