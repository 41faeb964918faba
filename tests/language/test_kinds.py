"""Which policies are about which kind of version: by what they say of `kind`, and whatever else is recorded."""

from __future__ import annotations

import pytest

from letpass.diagnostics import PolicyError, RecordError, Source
from letpass.evaluation.input import Input
from letpass.evaluation.verdicts import verdicts_of
from letpass.facts import reader
from letpass.facts.document import read
from letpass.facts.schema import VOCABULARY
from letpass.gate import gated
from letpass.gate.judgement import again, inputs, judge
from letpass.language import kinds
from letpass.move import Target, promotion
from letpass.project.policyset import PolicySet, from_texts

MOVE = promotion("production")
AT = 1_800_000_000_000_000


def policies(header: str = "", rules: str = "require named: author is recorded") -> PolicySet:
    text = f'policy gate: "Gate"\n  on promotion to production\n{header}\n{rules}\n'
    return from_texts({"gate.policy": text}, VOCABULARY, warn=False)


def version(kind: str, text: str = 'model: greeting\nversion: "1"\nauthor: nina\n') -> reader.Record:
    return reader.of_kind(reader.read(read(Source("greeting.yaml", text))), kind)


@pytest.mark.parametrize(
    ("header", "about"),
    [
        ("", {"model", "application"}),
        ("  applies when risk >= high", {"model", "application"}),
        ("  applies when kind is prompt", {"prompt"}),
        ("  applies when kind is not prompt", {"model", "application"}),
        ("  applies when not (kind is prompt and risk >= high)", {"model", "application", "prompt"}),
        ("  applies when kind in {model, prompt}", {"model", "prompt"}),
        ("  applies when kind is prompt and risk >= high", {"prompt"}),
        ("  applies when chat\nlet chat = kind is prompt or kind is application", {"prompt", "application"}),
    ],
)
def test_a_policy_is_about_the_kinds_that_it_may_apply_to(header: str, about: set[str]) -> None:
    """Nothing but the kind is known of what is not there yet: a condition on anything else may hold."""
    (policy,) = policies(header).policies

    assert {kind for kind in kinds.KINDS if kinds.may_govern(policy, kind)} == about


@pytest.mark.parametrize("kind", kinds.KINDS)
@pytest.mark.parametrize(
    "header",
    ["", "  applies when kind is prompt", "  applies when kind is not prompt", "  applies when kind is application"],
)
def test_both_engines_let_a_policy_govern_what_it_is_about(header: str, kind: str) -> None:
    found = policies(header)
    record, (policy,) = version(kind), found.policies
    compiled = verdicts_of(found.policies, found.digest, MOVE)
    assert compiled is not None

    decision = judge(found, record, MOVE, AT)
    quick = compiled.of(Input(record, MOVE, AT))

    assert decision.allowed is kinds.may_govern(policy, kind)
    assert quick.verdict is decision.verdict


def test_a_rule_that_speaks_of_the_kind_makes_its_policy_one_for_prompts() -> None:
    found = policies("", 'require named: author is recorded\nrequire tested: passed "t" when kind is model')

    assert judge(found, version("prompt"), MOVE, AT).allowed
    assert not judge(found, version("model"), MOVE, AT).allowed


def test_what_is_for_prompts_alone_gates_no_model() -> None:
    assert set(gated.of_policies(policies("  applies when kind is prompt").policies)) == {
        Target.of_move(MOVE, "prompt")
    }
    assert set(gated.of_policies(policies().policies)) == {Target.of_move(MOVE)}


@pytest.mark.parametrize(
    "text", ['model: m\nversion: "1"\nkind: prompt\n', '{"model": "m", "version": "1", "kind": "model"}']
)
def test_no_record_says_its_own_kind(text: str) -> None:
    """Whoever writes the record would else choose the policies that it is judged by."""
    with pytest.raises(RecordError, match="does not say its own `kind`"):
        reader.read(read(Source("m.yaml" if text.startswith("model") else "m.json", text)))


def test_a_decision_on_a_prompt_replays_as_one() -> None:
    found = policies("  applies when kind is prompt")
    made = judge(found, version("prompt"), MOVE, AT)
    stored = {"decision": made.as_json(), "inputs": inputs(made, found)}

    assert again(stored).as_json() == made.as_json()
    assert stored["inputs"]["record"]["kind"] == "prompt"
    del stored["inputs"]["record"]["kind"]
    assert again(stored).as_json()["digests"] != made.as_json()["digests"]


def test_a_target_of_prompts_is_written_and_read() -> None:
    target = Target.of_move(MOVE, "prompt")

    assert Target.of(target.as_json()) == target != Target.of_move(MOVE)
    assert str(target) == "moves of prompts to production"


def test_a_kind_that_there_is_not_is_offered_its_neighbours() -> None:
    with pytest.raises(PolicyError) as found:
        policies("  applies when kind is prompts")

    assert "prompt" in found.value.diagnostics[0].help
