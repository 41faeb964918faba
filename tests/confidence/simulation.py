"""Draws of models that are known: how often the formulas let one pass that is just too bad, and one that is equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from letpass.facts import judges, power
from letpass.facts.contrasts import Pairs, Side, mover, tango
from letpass.facts.estimates import wilson

LEVEL = 0.95
WRONG = (1 - LEVEL) / 2
"""Of the draws of a model that is just too bad, the share that may pass."""
BEYOND = 0.006
"""By how much more may."""
EXACT = 50
"""Cases that come out differently from which the share is met from both sides."""
NEAR = 0.02
"""How near the truth a chance is that is told."""


@dataclass(frozen=True)
class Rates:
    """Of the draws, how many passed, and how many were shown to be too bad."""

    passed: float
    refused: float


@dataclass(frozen=True)
class Design:
    """name: what is drawn · bad: rates of a model that is just too bad · equal: of one as good as the champion, None where none is
    drawn · told: the chance that is printed for that one, None where none is · exact: the share has to be met from both sides.
    """

    name: str
    bad: Callable[[int, np.random.Generator], Rates]
    equal: Callable[[int, np.random.Generator], Rates] | None = None
    told: float | None = None
    exact: bool = False


def quantile(tries: int = 1) -> float:
    return NormalDist().inv_cdf(1 - WRONG / tries)


def _rates(draws: int, found: Iterator[tuple[bool, bool, int]]) -> Rates:
    passed = refused = 0
    for good, bad, times in found:
        passed += good * times
        refused += bad * times
    return Rates(passed / draws, refused / draws)


def _tested(better: float, worse: float, cases: float, margin: float, z: float) -> tuple[bool, bool]:
    gain, error = tango(Pairs(better, worse, cases), margin)
    return gain >= z * error and gain > 0, gain < -z * error


# ---------------------------------------------------------------- shares


def paired(cases: int, apart: float, difference: float, margin: float, tries: int = 1) -> Callable[..., Rates]:
    """Cases that both were measured on; of several candidates, each as good as the others, the best is taken."""
    chances = ((apart + difference) / 2, (apart - difference) / 2, 1 - apart)

    def drawn(draws: int, random: np.random.Generator) -> Rates:
        counts = random.multinomial(cases, chances, size=(draws, tries))[:, :, :2].astype(float)
        best = np.argmax(counts[:, :, 0] - counts[:, :, 1], axis=1)
        taken = Counter(map(tuple, counts[np.arange(draws), best].tolist()))
        z = quantile(tries)
        return _rates(draws, ((*_tested(b, c, float(cases), margin, z), times) for (b, c), times in taken.items()))

    return drawn


def share_side(successes: float, samples: float, z: float) -> Side:
    return Side(
        successes / samples, wilson(successes, samples, z, lower=True), wilson(successes, samples, z, lower=False)
    )


def unpaired(ours: int, theirs: int, share: float, difference: float, margin: float) -> Callable[..., Rates]:
    """Cases of each version's own."""

    def drawn(draws: int, random: np.random.Generator) -> Rates:
        a, b = random.binomial(ours, share + difference, draws), random.binomial(theirs, share, draws)
        z = quantile()
        first = {k: share_side(k, ours, z) for k in set(a.tolist())}
        second = {k: share_side(k, theirs, z) for k in set(b.tolist())}

        def told() -> Iterator[tuple[bool, bool, int]]:
            for (k, j), times in Counter(zip(a.tolist(), b.tolist(), strict=True)).items():
                low, high = mover(first[k], second[j], 1.0)
                yield low >= -margin, high < -margin, times

        return _rates(draws, told())

    return drawn


# ---------------------------------------------------------------- means and judges


def clustered(clusters: int, spread: float, difference: float, margin: float) -> Callable[..., Rates]:
    """Means over clusters of cases, whose own means are spread: a standard error of the clusters."""

    def drawn(draws: int, random: np.random.Generator) -> Rates:
        sides = []
        for mean in (0.7 + difference, 0.7):
            of = mean + spread * random.standard_normal((draws, clusters))
            sides.append((of.mean(axis=1), of.std(axis=1, ddof=1) / sqrt(clusters)))
        z = quantile()

        def told() -> Iterator[tuple[bool, bool, int]]:
            (a, s), (b, t) = sides
            for x, e, y, f in zip(a.tolist(), s.tolist(), b.tolist(), t.tolist(), strict=True):
                low, high = mover(Side(x, x - z * e, x + z * e), Side(y, y - z * f, y + z * f), 1.0)
                yield low >= -margin, high < -margin, 1

        return _rates(draws, told())

    return drawn


def judged(cases: int, share: float, sharp: float, strict: float, labels: int) -> Callable[..., Rates]:
    """A share that a model judged which errs, against the very share that people would find."""

    def drawn(draws: int, random: np.random.Generator) -> Rates:
        seen = random.binomial(cases, share * sharp + (1 - share) * (1 - strict), draws).tolist()
        agreed, refused = (
            random.binomial(labels, sharp, draws).tolist(),
            random.binomial(labels, strict, draws).tolist(),
        )
        z = quantile()

        def told() -> Iterator[tuple[bool, bool, int]]:
            for (k, right, wrong), times in Counter(zip(seen, agreed, refused, strict=True)).items():
                counts = {"right": labels, "right_of_right": right, "wrong": labels, "wrong_of_wrong": wrong}
                found = judges.corrected({"judge": {n: float(c) for n, c in counts.items()}}, k, cases, z)
                if isinstance(found, judges.Corrected):
                    yield found.low >= share, found.high < share, times

        return _rates(draws, told())

    return drawn


def designs() -> Iterator[Design]:
    """What is drawn in the long run."""
    z = quantile()
    for cases in (100, 300, 1319, 2091, 10_000):
        for apart in (0.02, 0.05, 0.1, 0.2):
            for margin in (0.01, 0.03):
                if margin < apart:
                    yield Design(
                        f"paired, {cases} cases, {apart * 100:g} of 100 apart, {margin * 100:g} points",
                        paired(cases, apart, -margin, margin),
                        paired(cases, apart, 0.0, margin),
                        power.paired(cases, apart, margin, z),
                        exact=cases * apart >= EXACT,
                    )
    for ours, theirs in ((100, 100), (300, 300), (300, 2000), (1319, 1319), (10_000, 10_000)):
        for share in (0.5, 0.88, 0.99):
            yield Design(
                f"unpaired, {ours} and {theirs} cases, {share * 100:g}%",
                unpaired(ours, theirs, share, -0.02, 0.02),
                unpaired(ours, theirs, share, 0.0, 0.02),
                power.unpaired(ours, theirs, share, 0.02, z),
            )
    for clusters in (30, 50, 200):
        error = 0.1 / sqrt(clusters)
        yield Design(
            f"{clusters} clusters",
            clustered(clusters, 0.1, -0.05, 0.05),
            clustered(clusters, 0.1, 0.0, 0.05),
            power.means(error, error, 0.05, z),
        )
    for sharp, strict in ((0.95, 0.9), (0.9, 0.75), (0.8, 0.7)):
        for labels in (50, 100, 400):
            for cases, share in ((300, 0.5), (1319, 0.88)):
                yield Design(
                    f"judged, {cases} cases, {share * 100:g}%, judge {sharp:g}/{strict:g} on {labels}",
                    judged(cases, share, sharp, strict, labels),
                )
    for tries in (2, 5, 10, 20):
        yield Design(f"best of {tries}", paired(1319, 0.1, -0.02, 0.02, tries))


def faults(design: Design, draws: int, seed: int, room: float = 0.0) -> Iterator[str]:
    """What does not hold; `room`: how many standard errors of the draws it may be off."""
    random = np.random.default_rng(seed)
    error = room * sqrt(WRONG * (1 - WRONG) / draws)
    bad = design.bad(draws, random)
    if bad.passed > WRONG + BEYOND + error:
        yield f"{design.name}: {bad.passed * 100:.2f} of 100 pass that are too bad"
    if design.exact and bad.passed < WRONG - BEYOND - error:
        yield f"{design.name}: only {bad.passed * 100:.2f} of 100 pass that are just too bad"
    if design.exact and abs(bad.refused - WRONG) > BEYOND + error:
        yield f"{design.name}: {bad.refused * 100:.2f} of 100 are shown to be worse than what they are"
    if design.equal is not None and design.told is not None:
        equal = design.equal(draws, random)
        off = room * sqrt(max(design.told * (1 - design.told), 1e-4) / draws)
        if abs(equal.passed - design.told) > NEAR + off:
            yield f"{design.name}: {equal.passed * 100:.1f} of 100 equal ones pass, and {design.told * 100:.1f} are told"
