"""With `LETPASS_REQUIRE_REAL=1` an integration test that is skipped for want of a real part fails."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

SHARED = "are not here"  # data beside the checkout may be absent anywhere; services may not

REAL = {"integration", "pipelines"}  # folders of tests that need real parts


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("LETPASS_REQUIRE_REAL") == "1" and item.path.parent.name in REAL:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if SHARED not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped although LETPASS_REQUIRE_REAL=1: {reason}"
    return report
