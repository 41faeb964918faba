"""`policy lint` and `policy doctor` say where a gate could never open: by the twin that can, told from it by one slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, write

GATE = """policy gate: "Gate"
  on promotion to production

metric accuracy: ratio, higher is better, on "holdout"

require signed: signed by 2 in role "validator"
require good: accuracy >= 0.9 attested by "ci"
"""


@pytest.fixture(name="ready")
def _ready(office: Path) -> Path:
    """A project whose configuration protects `production`, with one policy on it."""
    (office / "policies/deployment.policy").unlink()
    write(office / "policies/gate.policy", GATE)
    text = (office / "policy.toml").read_text(encoding="utf-8")
    write(office / "policy.toml", f'protected = ["production"]\n{text}')
    return office


def told(call: Call) -> list[tuple[int, str]]:
    """What both say: exit codes, and all that they print."""
    return [(code, out) for code, out, _ in (call("lint"), call("lint", "--strict"), call("doctor"))]


def test_a_project_that_can_promote_is_told_nothing(ready: Path, call: Call) -> None:
    """The untouched twin."""
    call("sign", "policies", "--role", "policy-owner", "--key", OWN)

    (lint, strict, (code, doctor)) = told(call)

    assert (lint, strict, code) == ((0, "1 policy, 2 rules, 0 warnings\n"), (0, "1 policy, 2 rules, 0 warnings\n"), 0)
    assert "NO " not in doctor


@pytest.mark.parametrize(
    ("right", "wrong", "what", "help_"),
    [
        (
            "production", "prodution",
            "`production` is gated, and no policy is `on promotion to production`, so every promotion there is denied",
            "`gate` is on `prodution`: write `production` there, if that is meant",
        ),
        ("validator", "validater", "the trust file has no role `validater`", "a role like it exists: `validator`"),
        ("validator", "board", "the trust file has no role `board`", "`policy trust add role board --member PERSON`, and `policy trust sign`"),
        ('"ci"', '"cii"', "the trust file has no service `cii`", "a name like it exists: `ci`"),
        ('"ci"', '"scanner"', "the trust file has no service `scanner`", "`policy trust add service scanner --key KEY.pub`, and `policy trust sign`"),
        (
            "signed by 2", "signed by 4", "the role `validator` has 3 members, and 4 must sign",
            "`policy trust add role validator --member PERSON`, and `policy trust sign`",
        ),
        (
            "on promotion to production", "on rollback to production",
            "`production` is gated, and no policy is `on promotion to production`, so every promotion there is denied",
            "write a policy on it; `policy init` offers some",
        ),
    ],
    ids=["stage", "role", "no such role", "service", "no such service", "too few people", "the way back alone"],
)  # fmt: skip
def test_a_gate_that_can_never_open_is_told(
    ready: Path, call: Call, right: str, wrong: str, what: str, help_: str
) -> None:
    """All had been green, and only the first promotion was denied; both name the same word that helps."""
    write(ready / "policies/gate.policy", GATE.replace(right, wrong, 1))

    (lint, strict, (code, doctor)) = told(call)

    assert (lint[0], strict[0], code) == (0, 1, 1)
    for said in (lint[1], strict[1], doctor):
        assert (what in said, help_ in said) == (True, True), said


def test_what_the_ledger_or_the_owners_gate_is_told_by_doctor(ready: Path, call: Call) -> None:
    """The policy on it has gone since it was signed; the configuration alone says nothing of it."""
    staging = write(
        ready / "policies/staging.policy", GATE.replace("production", "staging").replace("gate:", "staging:")
    )
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    assert call("doctor")[0] == 0
    staging.unlink()

    code, out, _ = call("doctor")

    assert (code, "NO   `staging` is gated, and no policy is `on promotion to staging`" in out) == (1, True)
