"""Hypothesis walks through the life of versions, and holds the program against the model after every step."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.life.moves import Moves
from tests.life.owners import Owners
from tests.life.project import Killed, before
from tests.life.values import CODES, PRODUCTION
from tests.life.versions import Versions
from tests.life.walk import WHICH


class Life(Versions, Owners, Moves):
    """All of it, on a folder registry and a ledger in SQLite; and what comes in between the steps of a move."""

    @rule(which=WHICH, moved=st.booleans())
    def kill_between_two_steps(self, which: int, moved: bool) -> None:
        """The process ends after `begun`: before the registry has moved, or right behind it."""
        version = self._some(which)
        if self._is_there(version, PRODUCTION) or self._is_half(version):
            return
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        request = self.model.request_of(version, kind)
        try:
            with self.project.killed(moved=moved):
                code, *_ = self._promote(version)
        except Killed:
            code = -1
        self._did(f"kill {'behind' if moved else 'before'} the move", "killed" if code == -1 else code)
        if code != -1:
            self._as_wanted(version, PRODUCTION, code, wanted)
        self.model.decided(version, kind, code == -1)
        if code == -1:
            self.model.allowed(version, kind, made=False)
            self.model.followed(version)
            self.model.half = (version.number, request, moved)
            if moved:
                self.model.moved(version, PRODUCTION, gated=True)

    @rule(which=WHICH, other=WHICH)
    def two_writers(self, which: int, other: int) -> None:
        """While one move is under way another one is made as a whole: at most one of them holds the stage then."""
        first, second = self._some(which), self._some(other)
        if first is second or any(self._is_there(v, PRODUCTION) or self._is_half(v) for v in (first, second)):
            return
        kind = self.model.kind_to(first)
        wanted, request = self._verdict(first, kind), self.model.request_of(first, kind)
        inner: list[int] = []

        def between(*_: Any, **__: Any) -> None:
            asked, said = self.project.asked, self.project.said
            code, kind, wanted = self._promote(second)
            # while another move is under way it may be told to wait; it is never allowed what it would not be alone
            assert code == 4 or code == CODES[wanted], self._told(code, wanted)
            inner.append(code)
            if code != 4:
                self._judged(second, kind, code)
            self.project.asked, self.project.said = asked, said

        with before(*self.project.mover(), between):
            code = self.project.run("promote", f"fraud@{first.number}", "--to", PRODUCTION)
        self._did("two writers", f"{code} and {inner[0] if inner else 'none'}")
        if not inner:
            self._as_wanted(first, PRODUCTION, code, wanted)
            self.model.decided(first, kind, allowed=False)
            return
        self.model.decided(first, kind, allowed=True)
        assert {code, inner[0]} != {0}, self._told(code, f"both were moved at once: {inner}")
        assert code in {0, 4}, self._told(code, "made, or told that another one was")
        if code == 0:
            self.model.move(first, PRODUCTION, kind, gated=True)
            return
        self.model.allowed(first, kind, made=False)
        if request is not None:  # another move has followed the one that was begun
            request.used = True
