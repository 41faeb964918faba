"""What was read of a log before, so that the next reading goes on from there: for a process that decides often."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from letpass.ledger.entry import Logged


class Memory:
    """The entries that were read and found to be what a signed head says, and the frontier of their tree.

    It only grows, and only by entries that continue it to a head that is signed.  Several ledgers over one log may share
    it, in several threads, each holding `lock` while it reads on.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.texts: list[tuple[int, str]] = []
        self.frontier: list[bytes] = []
        self.roots: dict[int, bytes] = {}
        self.parsed: dict[int, Logged] = {}
        self.by_kind: dict[str, tuple[int, list[int]]] = {}  # how far was looked, and what was found
        # the same for characters that a text has, or has not
        self.having: dict[tuple[str, bool], tuple[int, list[int]]] = {}
        # how far readers have read, and what they have made of it: of the models that were asked about, and of what is gated
        self.pasts: dict[tuple[Any, ...], tuple[int, object]] = {}
        self.gated: tuple[int, Mapping[Any, int]] = 0, {}
        self.registries: tuple[int, frozenset[str]] = 0, frozenset()

    def grow(self, new: list[tuple[int, str]], frontier: list[bytes], root: bytes) -> None:
        """Take in entries that lead to a signed head."""
        self.texts += new
        self.frontier = frontier
        self.roots[len(self.texts)] = root
