"""How one case of a JUnit report ended: by the elements below it, and by its attributes.

The elements and words are those of the writers that are in use: Ant, Surefire, Gradle, pytest, gtest, CTest, Catch2, Bazel,
Behat, Ginkgo, node, jest-junit, Playwright, cargo-nextest, go-junit-report, NUnit's and xUnit's converters.  What is in no
list is not guessed at: such a case cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

BROKEN = frozenset({"failure", "error", "rerunfailure", "rerunerror"})
"""Elements that tell of a failure that stayed.  Surefire and nextest write `rerun…` beside the first one."""
FLAKY = frozenset({"flakyfailure", "flakyerror"})
"""Elements that tell of a failure that was gone when the case ran again."""
AGAIN = FLAKY | {"rerunfailure", "rerunerror"}
ENDING = BROKEN | FLAKY | {"skipped"}
"""Elements that tell how a case ended, where they stand directly in it."""
PRINTED = frozenset({"system-out", "system-err", "output", "stdout", "stderr"})
"""Elements that hold what a program has printed, in which anything may stand."""
HARMLESS = PRINTED | {"properties", "property", "attachments", "attachment"}
"""Elements that say nothing of how it ended."""
_KNOWN = HARMLESS | FLAKY
_ENDINGS = ("status", "result", "outcome", "success")
_SILENT = frozenset(_ENDINGS).isdisjoint


class Ending(IntEnum):
    """How a case ended; of several that one file tells of it the greatest counts."""

    PASSED = 0
    LEFT_OUT = 1
    UNREAD = 2
    FAILED = 3


_WORDS = {
    **dict.fromkeys(["run", "passed", "pass", "ok", "success", "successful", "succeeded", "completed"], Ending.PASSED),
    # gtest writes the cases that it was told to leave out as if they were there
    **dict.fromkeys(
        ["notrun", "skipped", "skip", "disabled", "suppressed", "ignored", "pending", "untested", "notexecuted"],
        Ending.LEFT_OUT,
    ),
    **dict.fromkeys(["failed", "fail", "failure", "error", "errored", "broken", "undefined"], Ending.FAILED),
    **dict.fromkeys(["crashed", "panicked", "interrupted", "aborted", "timedout", "timeout"], Ending.FAILED),
}
_FLAGS = {"true": Ending.PASSED, "false": Ending.FAILED}


def said(attributes: Mapping[str, str]) -> tuple[Ending, str]:
    """How it ended by its attributes, and which one nobody can read."""
    ending, why = Ending.PASSED, ""
    if _SILENT(attributes.keys()):
        return ending, why
    for name in _ENDINGS:
        if name not in attributes:
            continue
        word = attributes[name].strip().lower()
        found = _WORDS.get(word, _FLAGS.get(word, Ending.UNREAD) if name == "success" else Ending.UNREAD)
        if found is Ending.UNREAD and not why:
            why = f"`{name}` is `{attributes[name][:40]}`"
        ending = max(ending, found)
    return ending, why


class Case:
    """One case while it is read."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        """Begin with what its attributes say."""
        self.name = attributes.get("name", "")[:60]
        self.ending, self.why = said(attributes)
        self.again, self.flaky = 0, False

    def holds(self, element: str) -> None:
        """Take in an element directly below it."""
        if element in BROKEN:
            self.ending = Ending.FAILED
        elif element == "skipped":
            self.ending = max(self.ending, Ending.LEFT_OUT)
        elif element not in _KNOWN:
            self.doubt(f"it holds `{element[:40]}`")
        self.again += element in AGAIN
        self.flaky = self.flaky or element in FLAKY

    def doubt(self, why: str) -> None:
        """Something in it says that nobody can tell how it ended."""
        self.ending = max(self.ending, Ending.UNREAD)
        self.why = self.why or why
