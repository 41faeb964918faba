"""Hypothesis walks through the life of versions, and holds the program against the model after every step."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.life.moves import Moves
from tests.life.owners import Owners
from tests.life.project import Killed, before
from tests.life.values import PRODUCTION
from tests.life.versions import Versions
from tests.life.walk import KILLED, WHICH


class Life(Versions, Owners, Moves):
    """All of it, on a folder registry and a ledger in SQLite; and what comes in between the steps of a move."""

    @rule(which=WHICH, moved=st.booleans())
    def kill_between_two_steps(self, which: int, moved: bool) -> None:
        """The process ends after `begun`: before the registry has moved, or right behind it."""
        version = self._some(which)
        self._taken_over()  # as the command does; where it is not asked, the next one does
        if self._is_there(version, PRODUCTION):
            self.promote(which=which)
            return
        kind = self.model.kind_to(version)
        wanted = self._verdict(version, kind)
        try:
            with self.project.killed(moved=moved):
                code, *_ = self._promote(version)
        except Killed:
            code = -1
        self._did(f"kill {'behind' if moved else 'before'} the move", KILLED if code == -1 else code)
        if code != -1:
            self._as_wanted(version, PRODUCTION, code, wanted)
        self.model.decided(version, kind, code == -1)
        if code == -1:
            self.model.begin(version, kind, moved=moved, entries=len(self.project.entries()))

    @rule(which=WHICH, other=WHICH, how=st.sampled_from(("promote", "retire", "deploy", "renew", "register")))
    def two_writers(self, which: int, other: int, how: str) -> None:
        """While one move is under way no other move of the model begins, whichever it is (docs/lifecycle.md, One move at a time)."""
        second, first = self._some(other), self._some(which)
        self._taken_over()
        if self._is_there(first, PRODUCTION):
            self.promote(which=which)
            return
        kind = self.model.kind_to(first)
        wanted = self._verdict(first, kind)
        inner: list[int] = []
        words = {
            "promote": ("--to", PRODUCTION), "retire": ("--reason", "it is over"), "register": (),
            "deploy": ("--endpoint", "https://fraud.corp.example", "--environment", "eu-west"), "renew": (),
        }[how]  # fmt: skip

        def between(*_: Any, **__: Any) -> None:
            asked, said = self.project.asked, self.project.said
            inner.append(self.project.run(how, f"fraud@{second.number}", *words))
            refused = {4, 2} if how == "renew" else {4}  # what is in no stage is not renewed
            assert inner[-1] in refused, self._told(inner[-1], "a move of the model is under way")
            self.project.asked, self.project.said = asked, said

        with before(*self.project.mover(), between):
            code = self.project.run("promote", f"fraud@{first.number}", "--to", PRODUCTION)
        self._did("two writers", f"{code} and {inner[0] if inner else 'none'}")
        self._as_wanted(first, PRODUCTION, code, wanted)
        self._judged(first, kind, code)
