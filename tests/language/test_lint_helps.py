"""What the warning of a guard that anybody can switch says to do, where a service can vouch for it and where none can."""

from __future__ import annotations

import pytest

from letpass.facts.schema import VOCABULARY
from letpass.project.policyset import from_texts

POLICY = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy on "A" >= 90%\n  when {}\n'


@pytest.mark.parametrize(
    ("guard", "helps"),
    [
        ("risk >= high", 'write `(risk >= high attested by "SERVICE")`'),
        ("model is churn", "under another name only the other policies judge it"),
        ('not (version like "2*")', "under another name only the other policies judge it"),
        ("stage is staging", "no service vouches for that"),
        ("artifact.format is onnx", "no service vouches for that"),
    ],
)
def test_what_is_told_of_a_guard_can_be_done(guard: str, helps: str) -> None:
    """Which version it is no evidence may say, so that a policy obeying `model is churn attested by` applied to nothing."""
    warned = [w for w in from_texts({"gate.policy": POLICY.format(guard)}, VOCABULARY).warnings if w.code == "GATE254"]
    assert [w.help.startswith(helps) for w in warned] == [True]
