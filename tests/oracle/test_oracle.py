"""The oracle and the engine on the same policies and records: twenty thousand truths in every run, none apart.

`make long` compares a million. A difference is found again by its seed: `python -m tests.oracle --seed SEED --truths 1`.
"""

from __future__ import annotations

import ast
import secrets
from pathlib import Path
from random import Random

import pytest

from tests.oracle import coverage, engine, printing
from tests.oracle.facts import Side
from tests.oracle.generating import Policies
from tests.oracle.meaning import Meaning
from tests.oracle.policies import Policy, Rule
from tests.oracle.pools import NOW
from tests.oracle.running import Ran, batch, several
from tests.oracle.shrinking import shown, small
from tests.oracle.world import World

pytestmark = pytest.mark.once

TRUTHS = 20_000
OTHERS = 25
"""So many policies that no other run has."""
FURTHEST = 1000
"""By this seed everything has stood everywhere."""
TOUCHING_THE_ENGINE = {"engine", "running", "shrinking", "__main__"}


@pytest.fixture(scope="module", name="base")
def _base() -> Ran:
    """The same policies in every run: enough for the truths, then those with something where nothing like it has stood."""
    ran, seeds = Ran(), iter(range(FURTHEST))
    while ran.truths < TRUTHS:
        batch(next(seeds), ran)
    for seed in seeds:
        missing = coverage.places() - ran.pairs
        if not missing:
            break
        if missing & coverage.pairs(Policies(Random(seed)).policy()):
            batch(seed, ran)
    return ran


@pytest.fixture(scope="module", name="other")
def _other() -> tuple[int, Ran]:
    first = secrets.randbits(32)
    return first, several(range(first, first + OTHERS))


def _told(ran: Ran) -> str:
    return "\n\n".join(shown(small(a)) for a in ran.apart[:3])


def test_the_engine_says_what_the_oracle_says(base: Ran) -> None:
    """The interpreter, and the compiled form."""
    assert not base.apart, _told(base)


def test_the_engine_says_what_the_oracle_says_of_what_nobody_has_seen(other: tuple[int, Ran]) -> None:
    """Other policies and records in every run."""
    first, ran = other
    assert not ran.apart, f"seeds from {first} on\n{_told(ran)}"


def test_twenty_thousand_truths_are_compared_in_every_run(base: Ran, other: tuple[int, Ran]) -> None:
    """All rules by both engines, and enough of each truth."""
    ran = Ran()
    ran += base
    ran += other[1]

    assert ran.truths > TRUTHS
    assert ran.compiled >= 0.9 * ran.truths
    assert min(ran.values[v] for v in (True, False, None)) >= 2000
    assert sum(ran.refused.values()) <= 0.001 * ran.truths


def test_every_form_comes_to_every_truth(base: Ran) -> None:
    """Of what is never false: to true and to unknown."""
    assert coverage.truths() - base.forms == set()


def test_every_part_stands_wherever_it_may(base: Ran) -> None:
    """Each condition in each place for conditions, each term in each place for terms."""
    assert coverage.places() - base.pairs == set()


def test_a_difference_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """By an engine that takes what is unknown for true: nothing is left of the record, and one rule of the policy."""
    right = engine.truths
    monkeypatch.setattr(engine, "truths", lambda policy, given: [t is not False for t in right(policy, given)])
    found = several(range(1)).apart
    less = small(next(a for a in found if a.form == "interpreter"))

    assert {(a.ours, a.theirs) for a in found if a.form == "interpreter"} == {(None, True)}
    assert (len(less.policy.rules), less.policy.applies) == (1, None)
    assert less.world.candidate == Side({"model": "churn", "version": "7"})
    assert "the interpreter says True, the oracle None" in shown(less)


def test_the_oracle_shares_nothing_with_the_engine() -> None:
    """What says what a policy means imports nothing of the program, nor of its other tests."""
    found = {}
    for path in Path(__file__).parent.glob("*.py"):
        if path.stem in TOUCHING_THE_ENGINE or path.stem.startswith("test_"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        names += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        foreign = [n for n in names if n.startswith(("letpass", "tests")) and not n.startswith("tests.oracle")]
        found[path.stem] = foreign + [n for n in names if n.removeprefix("tests.oracle.") in TOUCHING_THE_ENGINE]

    assert {path: names for path, names in found.items() if names} == {}
    assert {"meaning", "numbers", "slots", "facts", "presence", "people"} <= found.keys()


@pytest.mark.parametrize(("packages", "findings", "expected"), [(1001, 1000, None), (60, 50, False)])
def test_forms_inside_forms_have_a_budget(packages: int, findings: int, expected: bool | None) -> None:
    """Over a million combinations are unknown to both, before anything is evaluated."""
    text = "all environment.packages have no scans.findings where (component is torch and deprecated)"
    read = engine.read(f'policy x: "X"\n  on promotion to production\nrequire a: {text}\n')
    data = {
        "model": "m", "version": "1",
        "environment": {"packages": [{"name": f"p{i}", "deprecated": i > 1} for i in range(packages)]},
        "scans": [{"tool": "t", "scanned": 1, "findings": [{"severity": "low", "component": "torch"}] * findings}],
    }  # fmt: skip
    world = World(Side(data), NOW)
    assert not isinstance(read, str)
    policy = _policy()

    assert printing.condition(policy.rules[0].test) == text
    assert engine.truths(read, engine.input_of(world)) == [expected]
    assert Meaning(policy, world).rule(policy.rules[0]) is expected


def _policy() -> Policy:
    from tests.oracle import conditions as c
    from tests.oracle.terms import Name

    torch = c.And((c.Is(Name("component"), "torch"), c.Flag(Name("deprecated"))))
    inner = c.Count("no", 0, Name("scans.findings"), torch)
    return Policy(rules=(Rule("a", c.ForAll(Name("environment.packages"), None, inner)),))


@pytest.mark.long
def test_a_million_truths_are_none_apart() -> None:
    """The long run."""
    from tests.oracle.running import until

    first = secrets.randbits(32)
    apart = [a for ran in until(first, 1_000_000, 2) for a in ran.apart]
    assert not apart, f"seeds from {first} on\n{shown(small(apart[0]))}"
