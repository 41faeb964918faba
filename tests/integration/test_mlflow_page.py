"""MLflow's own web page, before the gate: what a person who clicks is told."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.integration import browser
from tests.integration import mlflow as mlflows

pytestmark = pytest.mark.once
POLICY = 'policy gate: "Gate"\n  on promotion to production\nrequire good: accuracy on "holdout-2026" >= 0.9\n'
ALIASES = "button[data-component-id*='modelversiontablealiasescell']"


@pytest.fixture(name="page")
def _page(gated: mlflows.Server, tmp_path: Path) -> Any:
    if browser.programs() is None:
        pytest.skip("there is no Chromium: install Debian's packages chromium and chromium-driver")
    pytest.importorskip("selenium", reason="selenium is not installed")
    (gated.folder / "policy.toml").write_text(f'registry = "mlflow+{gated.uri}"\n')
    (gated.folder / "policies").mkdir(exist_ok=True)
    for path in (gated.folder / "policies").glob("*"):
        path.unlink()
    (gated.folder / "policies/gate.policy").write_text(POLICY)
    with browser.browser(tmp_path / "profile") as opened:
        yield opened


def _promote(page: Any, server: mlflows.Server, name: str, row: int) -> str:
    """Add the alias `production` to the version in a row of the model's page; what the page says then."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(page, 40)
    page.get("about:blank")
    page.get(f"{server.uri}/#/models/{name}")
    wait.until(lambda p: len(p.find_elements(By.CSS_SELECTOR, ALIASES)) > row)
    page.find_elements(By.CSS_SELECTOR, ALIASES)[row].click()
    field = wait.until(lambda p: p.find_element(By.CSS_SELECTOR, "[role=dialog] input"))
    field.send_keys("production", Keys.ENTER)
    wait.until(lambda p: "@ production" in p.find_element(By.CSS_SELECTOR, "[role=dialog]").text.replace("\n", " "))
    page.find_element(By.CSS_SELECTOR, "[data-component-id='mlflow.edit-aliases-modal.save-button']").click()

    def answered(page: Any) -> str | None:
        dialogs = page.find_elements(By.CSS_SELECTOR, "[role=dialog]")
        alerts = page.find_elements(By.CSS_SELECTOR, "[role=alert]")
        if alerts:
            return str(alerts[0].text)
        return "saved" if not dialogs else None

    return str(wait.until(answered))


def test_a_promotion_on_mlflows_page_is_refused_with_the_reason_and_the_next_one_passes(
    gated: mlflows.Server, page: Any
) -> None:
    """The page shows the gate's words; the alias stays where it was.  A version that complies moves."""
    client, name = gated.client(), f"page-{uuid.uuid4().hex[:8]}"
    for accuracy in (0.5, 0.95):
        mlflows.version(client, name, {"accuracy": accuracy})

    said = _promote(page, gated, name, 1)  # the newest version stands first

    picture = browser.keep(page, "mlflow-refused")
    assert said == (
        f"gate: {name}@1 -> production refused: 1 rule does not hold: gate/good (accuracy is 0.5, short by 0.4)"
    )
    assert picture.stat().st_size > 10_000
    assert dict(client.get_registered_model(name).aliases) == {}

    assert _promote(page, gated, name, 0) == "saved"

    browser.keep(page, "mlflow-promoted")
    assert dict(client.get_registered_model(name).aliases) == {"production": "2"}
