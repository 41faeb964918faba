"""Reports read back as whoever gets them reads them: the verdict in each, and its structure without its texts."""

from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import cmarkgfm
from cmarkgfm.cmark import Options

from letpass.cli.reporting import FORMATS

MACHINES = tuple(f for f in FORMATS if f not in {"text", "concise"})


def verdict(form: str, text: str) -> str:
    """What a report of one decision says, in a word: allow, deny or undecided."""
    return _VERDICTS[form](text)


def _of_weights(denies: bool, blocks: bool) -> str:
    return "deny" if denies else "undecided" if blocks else "allow"


def _junit(text: str) -> str:
    root = ET.fromstring(text)
    told = {p.get("value") for p in root.iter("property") if p.get("name") == "verdict"}
    found = _of_weights(root.find(".//failure") is not None, root.find(".//error") is not None)
    assert told == {found}
    for suite in root:
        for name, count in (
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
            ("tests", "testcase"),
        ):
            assert suite.get(name) == str(len(list(suite.iter(count))))
    return found


def _sarif(text: str) -> str:
    run = json.loads(text)["runs"][0]
    (told,) = {d["verdict"] for d in run["properties"]["decisions"]}
    outcomes = {r["properties"]["outcome"] for r in run["results"] if r["level"] == "error"}
    assert _of_weights(bool(outcomes & {"fail", "deny"}), bool(outcomes)) == told
    return str(told)


def _github(text: str) -> str:
    lines = text.splitlines()
    told = re.search(r"title=(allowed|denied|undecided)::", lines[-1])
    assert told is not None
    assert any(line.startswith("::error") for line in lines) == (told[1] != "allowed")
    return _word(told[1])


def _gitlab(text: str) -> str:
    severities = {issue["severity"] for issue in json.loads(text)}
    return _of_weights("blocker" in severities, "critical" in severities)


def _azure(text: str) -> str:
    lines = text.splitlines()
    blocked = any("type=error" in line for line in lines[:-1])
    assert blocked == (not lines[-1].startswith("allowed"))
    return _word(lines[-1].partition(":")[0])


def _tap(text: str) -> str:
    lines = text.splitlines()
    blocked = [line for line in lines if line.startswith("not ok") and not re.search(r"(?<!\\)# TODO", line)]
    told = _word(lines[-1].removeprefix("# ").partition(":")[0])
    assert bool(blocked) == (told != "allow")
    assert f"1..{len([1 for line in lines if re.match(r'(not )?ok ', line)])}" == lines[1]
    return told


def _html(text: str) -> str:
    (word,) = re.findall(r'<p class="word">(\w+)</p>', text)
    return _word(word.lower())


def _markdown(text: str) -> str:
    return _word(text.splitlines()[1].removeprefix("## ").partition(":")[0].lower())


def _word(said: str) -> str:
    return {"allowed": "allow", "denied": "deny", "undecided": "undecided"}[said]


_VERDICTS: dict[str, Callable[[str], str]] = {
    "text": lambda text: _word(text.split()[0].lower()),
    "concise": lambda text: text.splitlines()[-1].split(": ")[1].split()[0],
    "json": lambda text: str(json.loads(text)["decision"]["verdict"]),
    "json-line": lambda text: str(json.loads(text.splitlines()[-1])["verdict"]),
    "markdown": _markdown,
    "html": _html,
    "junit": _junit,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
    "tap": _tap,
}


# ---------------------------------------------------------------- structure


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{tag} {' '.join(name for name, _ in attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")


CODE = frozenset({"<code >", "</code>"})
"""What stands in backticks is code in a page, and makes nothing else of it."""


def tags(text: str) -> list[str]:
    """A page's elements and the names of their attributes."""
    parser = _Tags()
    parser.feed(text)
    return parser.found


def rendered(text: str) -> str:
    """Markdown as GitHub renders it, before it takes out the HTML that it does not let in."""
    return str(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _shape(v) for k, v in value.items()}
    return [_shape(v) for v in value] if isinstance(value, list) else type(value).__name__


def _line(line: str) -> str:
    """What a line is to a build server or a reader of TAP, with the names of its properties."""
    command = re.match(r"::([\w-]+)(?: ([^:]*))?::", line)
    if command:
        return f"{command[1]} {[p.partition('=')[0] for p in (command[2] or '').split(',')]}"
    command = re.match(r"(?i)##vso\[([\w.]+)(?: ([^\]]*))?\]", line)
    if command:
        return f"{command[1]} {[p.partition('=')[0] for p in (command[2] or '').split(';')]}"
    assert not re.search(r"(?i)^\s*::|##\[|##vso\[", line)
    kind = re.match(r"not ok|ok|\d+\.\.|# |  ---|  \.\.\.|  \w+:|TAP", line)
    directive = re.search(r"(?<!\\)# (SKIP|TODO)", line) if kind and kind[0].endswith("ok") else None
    return f"{kind[0] if kind else ''} {directive[0] if directive else ''}"


def _lines(text: str) -> list[str]:
    return [_line(line) for line in text.split("\n")]


def structure(form: str, text: str) -> Any:
    """A report without its texts: of two with other texts it is the same."""
    if form in {"json", "sarif", "gitlab"}:
        return _shape(json.loads(text))
    if form == "json-line":
        return [_shape(json.loads(line)) for line in text.splitlines()]
    if form == "html":
        return [t for t in tags(text) if t not in CODE]
    if form == "markdown":
        return tags(rendered(text))
    if form == "junit":
        return [(e.tag, sorted(e.attrib)) for e in ET.fromstring(text).iter()]
    return _lines(text)
