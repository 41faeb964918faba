"""What people see before they sign: the verdict so far, what is missed and by how much, the champion, and who has answered.

They had seen digests and nonces, twice, and not one number.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, Call, signed, write

SIGN = ("sign", "fraud@5", "--role", "validator", "--key")


@pytest.fixture(name="next_")
def _next(office: Path, call: Call) -> Path:
    """A project with a version in production, and a request for the next one, which is worse and misses two rules."""
    rules = "require close: accuracy >= champion.accuracy - 1 point\n  when there is a champion\n"
    text = (office / "policies/gate.policy").read_text(encoding="utf-8")
    write(office / "policies/gate.policy", text.replace("require good", f"metric accuracy: ratio\n{rules}require good"))
    measured(office, 4, 4, "0.95")
    assert call("request", "fraud@4", "--to", "production", "--key", "bob")[0] == 0
    for name in ("vera", "vito"):
        assert call("sign", "fraud@4", "--role", "validator", "--key", name)[0] == 0
    assert call("sign", "policies", "--role", "policy-owner", "--key", OWN)[0] == 0
    assert call("promote", "fraud@4", "--to", "production")[0] == 0
    measured(office, 3, 5, "0.85")
    assert call("request", "fraud@5", "--to", "production", "--key", "bob")[0] == 0
    return office


def measured(office: Path, artifact: int, version: int, accuracy: str) -> None:
    """Write a version with the bytes of one that is there, measured on a data set."""
    text = (office / f"models/fraud/{artifact}.yaml").read_text(encoding="utf-8")
    text = re.sub(r"accuracy: [\d.]+", f"accuracy: {{value: {accuracy}, data_set: h}}", text)
    write(office / f"models/fraud/{version}.yaml", text.replace(f"version: '{artifact}'", f"version: '{version}'"))


def before(out: str) -> list[str]:
    """What is shown before the bytes that are signed, a line each, without a time."""
    return [re.sub(r"\d{4}-\S+Z", "TIME", line) for line in out.partition("the request:")[0].splitlines()]


def test_who_signs_sees_the_numbers(next_: Path, call: Call) -> None:
    """Each rule that is missed with what is seen and by how much; then what is awaited."""
    code, out, _ = call(*SIGN, "vera")

    assert (code, before(out)) == (
        0,
        [
            "so far denied: fraud@5 → promotion to production: 2 rules do not hold, 1 awaits sign-offs",
            "  rules        2 failed, 1 unknown",
            "  champion     fraud@4 (since TIME, entry 9 of the ledger)",
            "  fail         gate/close: accuracy is 0.85, champion.accuracy is 0.95, short by 9 points",
            "  fail         gate/good: accuracy is 0.85, short by 0.05",
            (
                "  awaits       gate/signed: role `validator`: 0 of 2 sign-offs; rosa@corp.example, vera@corp.example,"
                " vito@corp.example can sign"
            ),
        ],
    )
    assert next_.is_dir()


def test_who_signs_sees_who_has_answered(next_: Path, call: Call) -> None:
    """The second sees the first, and one who objects."""
    assert call(*SIGN, "vera")[0] == 0
    _, out, _ = call(*SIGN, "vito")
    assert "  sign-off     by vera@corp.example as validator" in before(out)

    words = ("reject", "fraud@5", "--to", "production", "--role", "risk", "--key", OWN, "--reason", "too bold")
    assert call(*words)[0] == 0
    _, out, _ = call(*SIGN, "vito")
    assert "  objection    by rosa@corp.example: too bold" in before(out)
    assert "  sign-off     by vito@corp.example as validator, yours" in before(out)
    assert next_.is_dir()


def test_who_signs_can_have_it_as_a_page(next_: Path, call: Call) -> None:
    """The page of `check`, with the champion beside."""
    assert call(*SIGN, "vera", "-o", "html=page.html")[0] == 0

    page = (next_ / "page.html").read_text(encoding="utf-8")
    for said in ("fraud@5", "fraud@4", "0.85", "gate/good"):
        assert said in page
    # nothing on it tells anybody to run what does not run
    code, out, _ = call("check", "fraud@5", "--to", "production", "-o", "json-line")
    assert (code, '"verdict":"deny"' in out) == (1, True)


def test_who_signs_what_holds_sees_that_nothing_is_missed(office: Path, call: Call) -> None:
    """The twin of the above."""
    signed(call, office)
    _, out, _ = call("sign", "fraud@4", "--role", "validator", "--key", "vera")

    lines = before(out)
    assert lines[0].startswith("so far allowed: fraud@4 → promotion to production")
    assert [line for line in lines if line.startswith("  fail")] == []
