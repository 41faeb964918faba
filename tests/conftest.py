"""With `LETPASS_REQUIRE_REAL=1` an integration test that is skipped for want of a real part fails."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest

from tests.warm import measured

counted = measured.begin()

OWN = ("LETPASS_REQUIRE_REAL", "LETPASS_SHARED", measured.NAME)
BUFFERS = ("PYTHONUNBUFFERED",)  # under which what is printed would come in another order than users get it
SHARED = "are not here"  # data beside the checkout may be absent anywhere; services may not

REQUIRED = os.environ.get("LETPASS_REQUIRE_REAL") == "1"
REAL = {"integration", "pipelines"}  # folders of tests that need real parts


@pytest.fixture(autouse=True, scope="session")
def _own() -> Iterator[None]:
    """What the tests are told by variables is no word to the program, which would name those that it does not know.

    They are read before, where modules are imported.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in OWN + BUFFERS:
            patch.delenv(name, raising=False)
        yield


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write what was counted, while the process is still waited for."""
    counted()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and REQUIRED and item.path.parent.name in REAL:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if SHARED not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped although LETPASS_REQUIRE_REAL=1: {reason}"
    return report
