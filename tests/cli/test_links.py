"""Codes lead to their pages, where a terminal shows links, and nowhere else.  The terminals are real pseudo-terminals."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from letpass.cli import terminal
from letpass.diagnostics import linked
from tests.cli.conftest import Show, write
from tests.cli.terminals import QUIET

LINK = re.compile(r"\x1b\]8;;([^\x1b]*)\x1b\\([^\x1b]*)\x1b\]8;;\x1b\\")
TO = ("--to", "production")
BASE = "https://docs.example/letpass"


def _linked(text: str) -> list[tuple[str, str]]:
    return [(address, shown) for address, shown in LINK.findall(text)]


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", LINK.sub(r"\2", text))


def test_a_report_on_a_terminal_leads_to_the_page_of_its_code(show: Show) -> None:
    """The link is the file of the page, which needs no network; nothing but the code is a link."""
    out, err = show("check", "fraud@2", *TO)

    ((address, shown),) = _linked(out)
    assert (shown, err) == ("GATE300", "")
    page = Path(unquote(urlsplit(address).path))
    assert page.read_text(encoding="utf-8").startswith("# GATE300: ")
    assert "FAIL[GATE300]  gate/good" in _plain(out)


def test_a_link_changes_no_place_of_a_character(show: Show) -> None:
    """But for links and colours, a terminal is written what a pipe is."""
    on_terminal, _ = show("check", "fraud@2", *TO)
    in_pipe, _ = show("check", "fraud@2", *TO, out=False)

    def timeless(text: str) -> str:
        return re.sub(r" in \d+ ms", "", text)

    assert timeless(_plain(on_terminal)) == timeless(in_pipe)


def test_a_link_takes_no_columns(show: Show) -> None:
    """On a narrow terminal lines break where they would without it, however long the address."""
    linked_, _ = show("check", "fraud@2", *TO, COLUMNS="24", LETPASS_DOCS=BASE + "/long" * 50)
    without, _ = show("check", "fraud@2", *TO, COLUMNS="24", CI="true")

    assert _linked(linked_) != []
    assert [line for line in _plain(linked_).splitlines() if " ms" not in line] == [
        line for line in _plain(without).splitlines() if " ms" not in line
    ]


def test_a_diagnostic_goes_by_the_terminal_of_standard_error(show: Show, project: Path) -> None:
    """Whether standard output is piped does not matter to it, and the other way round."""
    write(
        project / "policies/gate.policy",
        'policy gate: "Gate"\n  on promotion to production\nrequire latency <= 50 msec\n',
    )

    out, err = show("check", "fraud@2", *TO, out=False)
    assert out == ""
    assert [shown for _, shown in _linked(err)] == re.findall(r"^error\[(GATE\d+)\]", _plain(err), re.MULTILINE) != []

    _, err = show("check", "fraud@2", *TO, err=False)
    assert "\x1b" not in err


def test_warnings_of_a_lint_lead_to_their_pages(show: Show, project: Path) -> None:
    """They go to standard output."""
    write(
        project / "policies/gate.policy", 'policy gate: "Gate"\n  on promotion to production\nrequire accuracy >= 0.9\n'
    )

    out, _ = show("lint")

    assert _linked(out) != []
    assert "\x1b" not in show("lint", out=False)[0]


NEVER = {
    "piped": ([], {}, False),
    "piped, although colours are forced": ([], {"FORCE_COLOR": "1"}, False),
    "piped, although colours are asked for": (["--color", "always"], {}, False),
    "in a pipeline": ([], {"CI": "true"}, True),
    "on a dumb terminal": ([], {"TERM": "dumb"}, True),
    "on the console of Linux": ([], {"TERM": "linux"}, True),
    "without colours": ([], {"NO_COLOR": "1"}, True),
    "without colours by option": (["--color", "never"], {}, True),
    "over SSH, where the page is another machine's": ([], {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, True),
    "with a wrong address": ([], {"LETPASS_DOCS": "javascript:alert(1)"}, True),
}


@pytest.mark.parametrize("case", NEVER)
def test_there_is_no_link(show: Show, case: str) -> None:
    """No sequence of a link is written where nobody would see one."""
    options, environment, on_terminal = NEVER[case]

    out, _ = show("check", "fraud@2", *TO, *options, out=on_terminal, **environment)

    assert "\x1b]8" not in out
    assert "FAIL" in out
    assert "[GATE300]" in out


def test_no_link_is_written_to_a_file(show: Show, project: Path) -> None:
    """Not even with colours, and while standard output is a terminal."""
    show("check", "fraud@2", *TO, "-o", "text=report.txt", "--color", "always")

    assert "\x1b]8" not in (project / "report.txt").read_text(encoding="utf-8")


def test_a_site_of_ones_own_is_led_to(show: Show) -> None:
    """`LETPASS_DOCS` is the address of a built site; it serves over SSH too."""
    out, _ = show("check", "fraud@2", *TO, LETPASS_DOCS=f"{BASE}/", SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")

    assert _linked(out) == [(f"{BASE}/errors/GATE300.html", "GATE300")]


class _Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("base", "taken"),
    [
        (BASE, True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000/docs", True),
        ("file:///srv/site", True),
        ("HTTPS://docs.example", True),
        ("ftp://docs.example", False),
        ("javascript:alert(1)", False),
        ("docs.example", False),
        ("https://", False),
        ("https:///etc", False),
        ("https://docs.example/\x1b\\evil", False),
        ("https://docs.example/\nhttps://other.example", False),
        ("https://docs.example/\x07", False),
        ("https://docs.example/{}", False),
        ("https://docs.example/?page=", False),
        ("https://docs.example/#", False),
        ("https://docs.example/ü", False),
        (" https://docs.example", False),
    ],
)
def test_only_an_address_is_taken(base: str, taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no plain http, https or file address gives no link; it could be more than one."""
    for name, value in {**QUIET, "TERM": "xterm", "LETPASS_DOCS": base}.items():
        monkeypatch.setenv(name, value)

    found = terminal.pages(_Terminal())  # type: ignore[arg-type]

    assert found == (f"{base}/errors/{{}}.html" if taken else "")


def test_a_code_without_a_page_is_itself() -> None:
    """Where there is no address the code stands alone."""
    assert linked("GATE300", "") == "GATE300"
