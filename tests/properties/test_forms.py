"""The laws of the canonical form: it says what a policy means and nothing of how it is laid out."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.diagnostics import LetpassError
from letpass.facts.schema import VOCABULARY
from letpass.language.rules import Policy
from letpass.project.policyset import from_texts
from tests.properties.generate import DECLARATIONS, Author

SEEDS = st.integers(0, 2**40)
TRIES = settings(max_examples=100, deadline=None)


def read(texts: dict[str, str]) -> Policy:
    """The one policy among some texts."""
    (found,) = from_texts(texts, VOCABULARY, warn=False).policies
    return found


def made(seed: int) -> str:
    """A policy whose declarations stand in a block that can be taken out."""
    return Author(Random(seed)).policy()


def forms(policy: Policy) -> list[str]:
    """Its form and those of its rules, as they are hashed."""
    return [policy.digest, policy.form, *[r.digest for r in policy.rules], *[r.form for r in policy.rules]]


@TRIES
@given(SEEDS, st.randoms(use_true_random=False))
def test_comments_blanks_the_order_of_declarations_and_files_make_no_other_form(seed: int, random: Random) -> None:
    """Of the policy and of every rule."""
    text = made(seed)
    lines = [line for line in DECLARATIONS.splitlines() if line]
    random.shuffle(lines)
    noisy = []
    for line in text.replace(DECLARATIONS, '\nuse "shared.policy"\n').splitlines():
        noisy += [line + random.choice(("", "  # behind")), *random.choice(([], [""], ["# a note", "#"]))]
        noisy[-1] += random.choice(("", "   "))
    body = re.sub(r" (and|or) ", lambda m: random.choice((m[0], f"\n  {m[1]}  # then\n\t")), "\n".join(noisy))

    assert forms(read({"a.policy": text})) == forms(read({"b.policy": body, "shared.policy": "\n".join(lines)}))


@TRIES
@given(SEEDS)
def test_a_form_reads_as_the_policy_that_it_is_of(seed: int) -> None:
    """Nothing is lost in it, so that what is signed is what is judged."""
    policy = read({"a.policy": made(seed)})

    again = read({"a.policy": policy.form})

    assert forms(again) == forms(policy)
    assert [(r.test, r.guard, r.advice, r.label) for r in again.rules] == [
        (r.test, r.guard, r.advice, r.label) for r in policy.rules
    ]
    for rule in policy.rules:
        alone = read({"a.policy": f'policy made: "m"\n  on promotion to production\n{rule.form}'}).rules[0]
        assert (alone.test, alone.guard, alone.form) == (rule.test, rule.guard, rule.form)


@TRIES
@given(SEEDS, st.randoms(use_true_random=False))
def test_a_change_of_what_a_rule_means_changes_its_form_and_leaves_the_others(seed: int, random: Random) -> None:
    """A number, a unit, a data set, a declaration or a let: whatever a rule uses is in its form."""
    text = made(seed)
    before = read({"a.policy": text})
    words = list(
        re.finditer(r"(?<![\w.\"-])(?:[0-9]+(?:\.[0-9]+)?|>=|<=|\"[A-Z]\"|ms|higher|and|or)(?![\w.\"-])", text)
    )
    word = random.choice(words)
    other = random.choice(("7", "0.25", "<", ">", '"C"', "s", "lower", "or", "and", "3 #"))
    try:
        after = read({"a.policy": text[: word.start()] + other + text[word.end() :]})
    except LetpassError:
        return

    for old, new in zip(before.rules, after.rules, strict=False):
        if (old.test, old.guard, old.advice) != (new.test, new.guard, new.advice):
            assert old.digest != new.digest
    if [(r.test, r.guard) for r in before.rules] != [(r.test, r.guard) for r in after.rules]:
        assert before.digest != after.digest
    if word.start() > max(text.rfind("\nrequire"), text.rfind("\nadvise")):
        assert [r.digest for r in before.rules[:-1]] == [r.digest for r in after.rules[: len(before.rules) - 1]]
