"""A case is judged once, and each signature in it is verified once, however many judges ask."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from letpass.trust import chain, sshsig
from tests.cli.conftest import Call, signed


@pytest.fixture(name="verified")
def _verified(monkeypatch: pytest.MonkeyPatch) -> Counter[bytes]:
    """How often each signature was verified, in a process that has verified none before."""
    found: Counter[bytes] = Counter()
    real = sshsig._fits

    def counted(key: Any, kind: str, raw: bytes, message: bytes) -> bool:
        found[raw] += 1
        return real(key, kind, raw, message)

    monkeypatch.setattr(sshsig, "_fits", counted)
    sshsig.verify.cache_clear()
    chain.load.cache_clear()
    return found


@pytest.mark.parametrize("command", [("check", "fraud@4", "--to", "production"), ("promote", "fraud@4", "--to", "production"),
                                     ("check", "fraud@4", "--to", "production", "--log")])  # fmt: skip
def test_a_promote_with_three_signatures_verifies_three(
    call: Call, office: Path, verified: Counter[bytes], command: tuple[str, ...]
) -> None:
    """Two validators and the owner of the policies; beside them the request's and those of the trust file's two versions.  It had been nineteen."""
    signed(call, office)
    sshsig.verify.cache_clear()
    chain.load.cache_clear()
    verified.clear()

    assert call(*command)[0] == 0

    assert set(verified.values()) == {1}
    assert len(verified) == 3 + 1 + 2
