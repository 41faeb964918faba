"""Two versions of a model that were measured alike, so that comparisons with confidence come to every truth."""

from __future__ import annotations

from base64 import b64encode
from random import Random
from typing import Any

CASES = ("sha256:" + "ec" * 32, "sha256:" + "0f" * 32)


def outcomes(right: list[bool]) -> str:
    """One bit a case, as a record holds them."""
    text = "".join("01"[each] for each in right).ljust(-(-len(right) // 8) * 8, "0")
    return b64encode(bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))).decode()


def share(right: list[bool]) -> dict[str, Any]:
    """A share of the first cases, with which of them were right."""
    found: dict[str, Any] = {"value": sum(right) / len(right), "samples": len(right), "successes": sum(right)}
    return {**found, "outcomes": {"cases": CASES[0], "right": outcomes(right)}}


class Versions:
    """Of one seed; `odd`: the chance that something in a piece does not fit."""

    def __init__(self, random: Random, odd: float = 0.03) -> None:
        self.random, self.odd = random, odd

    def oddly(self) -> bool:
        return self.random.random() < self.odd

    def pair(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """A candidate and a champion."""
        metrics: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        for name, whole in (("share", 1.0), ("percent", 100.0), ("plain", 1.0)):
            for into, piece in zip(metrics, self.shares(whole), strict=True):
                into[name] = piece
        for name, unit in (("latency", "ms"), ("score", "")):
            for into, piece in zip(metrics, self.means(unit), strict=True):
                into[name] = piece
        versions = ({"model": "m", "version": v, "metrics": m} for v, m in zip("21", metrics, strict=True))
        return next(versions), next(versions)

    def shares(self, whole: float) -> tuple[dict[str, Any], dict[str, Any]]:
        """A metric of both, measured on the same cases, in groups too."""
        cases = self.random.choice((8, 40, 300, 1319))
        share = self.random.choice((0.5, 0.88, 0.99, 1.0))
        apart = self.random.choice((0.0, 0.02, 0.1, 0.3))
        theirs = [self.random.random() < share for _ in range(cases)]
        better = self.random.choice((0.1, 0.5, 0.9, 1.0))
        ours = [(self.random.random() < better) if self.random.random() < apart else each for each in theirs]
        pieces = [self.counted(right, whole) | self.about() for right in (ours, theirs)]
        half = cases // 2
        for piece, right in zip(pieces, (ours, theirs), strict=True):
            parts = {"a": right[:half], "b": right[half:]}
            piece["slices"] = [{"group": g, **self.counted(part, whole)} for g, part in parts.items() if part]
        if self.random.random() < 0.3:
            for piece in pieces:
                for judged in (piece, *piece["slices"]):
                    judged["judge"] = self.judge()
        return pieces[0], pieces[1]

    def counted(self, right: list[bool], whole: float) -> dict[str, Any]:
        """A share of cases, with which of them were right."""
        samples, successes = len(right), sum(right)
        found: dict[str, Any] = {"value": successes / samples * whole, "samples": samples, "successes": successes}
        if self.random.random() < 0.8:
            text = outcomes(right) if not self.oddly() else "AA=="
            found["outcomes"] = {"cases": CASES[self.oddly()], "right": text}
        if self.random.random() < 0.15:
            error = self.random.choice((0.002, 0.01, 0.05)) * whole
            found["standard_error"] = error
        if self.random.random() < 0.1:
            near = self.random.choice((0.001, 0.03)) * whole
            level = self.random.choice((0.9, 0.95, 0.9999))
            found["interval"] = {"low": found["value"] - near, "high": found["value"] + near, "level": level}
        if self.oddly():
            found["clusters"] = self.random.choice((2, 30))
        if self.oddly():
            found["value"] = whole / 2
        if self.oddly():
            del found[self.random.choice(tuple(found))]
        return found

    def means(self, unit: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A mean of both with its standard error; perhaps in two units."""
        middle, error = self.random.choice((30.0, 0.7)), self.random.choice((0.1, 0.8, 1e-12))
        pieces = []
        for _ in range(2):
            found = {"value": self.random.gauss(middle, error), "standard_error": error, "samples": 500} | self.about()
            if unit and self.random.random() < 0.3:
                found |= {"value": found["value"] / 1000, "standard_error": error / 1000, "unit": "s"}
            elif unit and not self.oddly():
                found["unit"] = unit
            pieces.append(found)
        return pieces[0], pieces[1]

    def about(self) -> dict[str, Any]:
        """How and on what it was measured."""
        found: dict[str, Any] = {"data_set": "A"}
        if self.oddly():
            found["data_set"] = "B"
        if self.oddly():
            found["protocol"] = self.random.choice(("p1", "p2", 5))
        if self.random.random() < 0.8:
            found["tries"] = self.random.choice((1, 1, 3, 4, 7))
        return found

    def judge(self) -> dict[str, Any]:
        """A judge that mostly agrees with people."""
        found = {
            "model": ("j@1", "j@2")[self.oddly()],
            "right": 100,
            "right_of_right": 95,
            "wrong": 120,
            "wrong_of_wrong": 100,
        }
        if self.oddly():
            found[self.random.choice(tuple(found))] = self.random.choice((29, 3, 1.5))
        if self.oddly():
            found["right_of_right"] = self.random.choice(
                (40, 70, 80)
            )  # of what is found right there may be more than that
        return found
