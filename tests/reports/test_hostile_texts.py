"""Texts that try to be more than texts: through every field and into every format, the structure of no report changes."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letpass.cli.buildserver import said
from letpass.cli.platforms import dotenv, github_outputs
from letpass.cli.reporting import FORMATS
from letpass.diagnostics import clean
from letpass.evaluation.decision import Decision, PolicyResult, RuleResult
from letpass.frozen import replace
from letpass.reports.interface import Report, Style, renderer
from letpass.reports.markdown import code, escape
from letpass.trust.accepted import Hold, Judged, NextCommand
from letpass.trust.missed import Missed
from tests.reports.making import HEADER, RULES, fault, judged, record, unused, waiver
from tests.reports.reading import rendered, structure, tags

CORPUS = {
    "a GitHub command": "::add-mask::hunter",
    "one behind blanks": "  ::error::pwned",
    "one on a line of its own": "x\n::error file=a,line=1::pwned\r\n::set-output name=x::y",
    "one behind a blank of another kind": "\u00a0::error::pwned",
    "one behind wide blanks": "\u3000 \u2003::error::pwned",
    "one with what selects a glyph": "\ufe0f:\ufe0f:error::pwned #\ufe0f#\ufe0f[error]x",
    "one behind a joiner": "\u034f::error::pwned \u115f##\u180b[error]x",
    "a command of old": "##[error]pwned ###[command]x",
    "a command of Azure": "##vso[task.complete result=Succeeded;]done ##VSO[task.setvariable variable=a]b",
    "bars": "a | b || c \\| d",
    "backticks": "`a` ``b`` ``` c ```` `",
    "a mention": "@team @org/team cc @alice a@b.example",
    "references": "#1 GH-12 org/repo#3 !4 $5 %6 &7 ~bug ^alert#8 PROJ-9 :tada:",
    "links": "[x](http://evil.example) ![y](http://evil.example/p.png) www.evil.example http://evil.example <http://evil.example>",
    "links behind marks": "_www.evil.example ~www.evil.example a@b@.evil.example _PROJ-9 [issue:1]",
    "an escape": "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "a terminal's link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "a NUL": "a\x00b\x08c\x7f",
    "the end of a script": "</script><script>alert(1)</script>",
    "the end of a style": "</style><img src=x onerror=alert(1)>",
    "the end of a title": "</title></svg><svg onload=alert(1)>",
    "the end of an attribute": "\" onmouseover='alert(1)' x=\"",
    "the end of CDATA": "]]> <![CDATA[ <!-- --> --> <!-- letpass fraud 0 -->",
    "an entity": "&lt;b&gt; &amp; &#x3c;b&#x3e; &bogus;",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "unseen": "a\u200bb\u2060c\ufeffd\u00ade",
    "line ends": "a\u2028b\u2029c\x85d\ve\ff",
    "headings": "# x\n## y\n---\n===\n* a\n1. b\n> c\n\n    d",
    "a table's head": "a | b\n--- | ---\n1 | 2",
    "a template": "{{ 7*7 }} {% raw %} {# #} ${x} $(x) `x`",
    "a placeholder": "{0} {name} [link](1)",
    "a directive": "x # TODO y # SKIP z \\# w",
    "YAML": "...\n---\n  - a: b\n&x *x !x",
    "not a character": "\ufffe\uffff\U0010ffff",
    "wide": "汉字 ＡＢ 👩‍👩‍👧 e\u0301",
    "very long": "x" * 5000,
    "many lines": "\n".join(["y"] * 300),
}
PLAIN = "plain"
# fmt: off
PIECES = [*"a1 |\\`*_{}[]()#+-.!<>&~$:/@^%'\"=,;?\t\n", "||", "\\|", "``", "http://", "www.", "<!--", "-->", "</details>", "<b>",
          "&amp;", "[^1]", "- [ ] ", "1. ", "a@b.c", "xmpp:a@b", "mailto:a@b.c", "ftp://x", "GH-1", "x/y#1", "***", "$`"]
# fmt: on


def _laden(text: str) -> Report:
    """A report that has a text in every place where one may stand."""
    metric = {"value": 0.5, "data_set": text, "source": text, "slices": [{"group": text, "value": 0.5, "samples": 20}]}
    champion = record(version="1", metrics={"accuracy": {**metric, "value": 0.9}})
    found = record(
        model=text.replace("//", "/ /"), version=text.replace("//", "/ /"), license=text, author=text, tags={text: text}, facts={"team": text},
        metrics={"accuracy": metric}, suites=[{"name": text, "passed": False, "ran_at": "2026-11-01"}],
        notices=[{"kind": text, "what": text}],
    )  # fmt: skip
    rules = RULES + f'require suite: passed {_quoted(text)}\nadvise other: tags."team" is recorded\n'.replace(
        'tags."team"', "tags.team"
    )
    made = judged(found, HEADER + rules, champion)
    made = replace(made, policies=tuple(_spoken(p, text) for p in made.policies), holds=(Hold("GATE403", text, text),),
                   statements=(Judged("sign-off", text, text, text, text, valid=False, why=text),),
                   unused_waivers=unused(text), next=NextCommand(text))  # fmt: skip
    made = replace(made, record=replace(made.record, passed_over=(text,)))
    decisions = (made,)
    return Report(
        decisions,
        ({"policies": {}},),
        (fault(text, f"{text.replace('://', '')}.yaml"),),
        again=text,
        style=Style(verbose=True),
    )


def _quoted(text: str) -> str:
    """A text as a policy may hold it: what its strings cannot hold is left out."""
    return '"' + "".join([c for c in text if unicodedata.category(c)[0] not in "CZ" and c not in '"\\'])[:100] + 'x"'


def _spoken(policy: PolicyResult, text: str) -> PolicyResult:
    """A policy whose every sentence is the text, one of its rules waived."""

    def spoken(result: RuleResult) -> RuleResult:
        rule = replace(result.rule, because=text, fix=text, owner=text, text=text)
        given = (
            waiver(people=(text,), role=text, reason=text, missed=_missed(text)) if rule.label == "stamped" else None
        )
        return replace(result, rule=rule, waiver=given)

    rules = tuple(spoken(r) for r in policy.rules)
    return replace(policy, policy=replace(policy.policy, title=text, owner=text), rules=rules)


def _missed(text: str) -> tuple[Missed, ...]:
    return (
        Missed(text, (text,), "", text, unit=text),
        Missed(text, (text,), ">=", text, text, words=(text,)),
        Missed(text, (text,), "<=", 0.5, 0.4, text, up_to=0.6),
        Missed(text, (text,), unknown=((text, text),)),
    )


def _form(report: Report, form: str) -> str:
    return renderer(form)(report)


def _bare(report: Report, form: str) -> Any:
    text = _form(report, form)
    found = structure(form, text)
    if form == "markdown":  # code spans and escapes make no elements of their own; empty texts make no span
        return found
    return found


@pytest.fixture(scope="module", name="plain")
def _plain() -> dict[str, Any]:
    return {form: _bare(_laden(PLAIN), form) for form in FORMATS}


@pytest.mark.parametrize("form", [f for f in FORMATS if f not in {"text", "concise"}])
@pytest.mark.parametrize("name", CORPUS)
def test_the_structure_is_that_of_a_plain_text(name: str, form: str, plain: dict[str, Any]) -> None:
    """Elements, keys, lines and commands are the same as with a harmless word in every place."""
    assert _bare(_laden(CORPUS[name]), form) == plain[form]


@pytest.mark.parametrize("form", [f for f in FORMATS if f not in {"json", "gitlab", "sarif"}])
@pytest.mark.parametrize("name", CORPUS)
def test_no_report_holds_what_moves_a_cursor_or_is_not_seen(name: str, form: str) -> None:
    """No control but the line's end, nothing that turns the direction, no command of a build server."""
    out = _form(_laden(CORPUS[name]), form)
    allowed = "\u2060" if form == "markdown" else ""

    assert not [c for c in out if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    assert not [c for c in out if c in "\u202e\u202c\u2066\u2069\u200f\u2028\u2029\u200b\ufeff" and c not in allowed]
    if form != "github":
        assert not re.search(r"(?m)^\s*::", out)
    if form != "azure":
        assert not re.search(r"(?i)##(\[|vso\[)", out)


@pytest.mark.parametrize("form", ["json", "json-line", "sarif", "gitlab"])
@pytest.mark.parametrize("name", [n for n in CORPUS if "command" in n])
def test_json_in_a_log_is_no_command(name: str, form: str) -> None:
    """A build server that reads the log finds nothing to obey in it."""
    out = _form(_laden(CORPUS[name]), form)

    assert not re.search(r"(?i)##(\[|vso\[)", out)
    assert not re.search(r"(?m)^\s*::", out)


@pytest.mark.parametrize("name", CORPUS)
def test_no_line_begins_with_a_command_for_a_runner_that_trims(name: str) -> None:
    """GitHub's trims all blanks of Unicode, and its comparison passes over characters that nobody sees."""
    for form in ("text", "concise", "markdown", "tap", "azure"):
        for line in _form(_laden(CORPUS[name]), form).split("\n"):
            seen = re.sub("[\ufe0e\ufe0f\u034f\u115f\u180b]", "", line)
            assert not seen.lstrip().startswith("::")
            assert form == "azure" or not re.search(r"(?i)##(\[|vso\[)", seen)


@pytest.mark.parametrize("name", CORPUS)
def test_nobody_is_mentioned_and_nothing_is_linked(name: str) -> None:
    """What GitHub renders of it has no link, no picture, no script, and no word that it would take for a reference."""
    page = rendered(_form(_laden(CORPUS[name]), "markdown"))
    prose = re.sub(r"<[^>]*>", "", re.sub(r"(?s)<code>.*?</code>", "", page))

    assert not {t.split()[0].strip("<>") for t in tags(page)} & {"a", "img", "script", "svg", "style", "iframe"}
    assert not re.search(r"[@#!~^$](?=\w)|%(?=\d)|&(?!\w+;|#)(?=\w)|\b(GH|PROJ)-\d|\bwww\.|://|:tada:", prose)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
def test_no_text_leaves_its_cell(text: str) -> None:
    """Texts made of all that Markdown knows: in prose, in a cell and in code they read as written, and make nothing."""

    def doc(said: str) -> str:
        cells = f"| {code(said)} | {escape(said)} | {code(said)} |\n"
        head = f"## Denied: {code(said)} → {escape(said)}\n\nso {escape(said)}.\n\n| a | b | c |\n| --- | --- | --- |\n"
        return f"{head}{cells}<details><summary>1 passed</summary>\n\n- {code(said)}\n\n</details>\n\nNote: {escape(said)}\n"

    if not text.strip():
        return
    page = rendered(doc(text))

    assert tags(page) == tags(rendered(doc(PLAIN)))
    seen = [html.unescape(re.sub("<[^>]*>", "", c)).replace("\u2060", "") for c in re.findall("<td>(.*?)</td>", page)]
    assert set(seen) == {" ".join(clean(text).split())}


def test_what_is_escaped_reads_as_it_was_written() -> None:
    """Rendered, an escaped text is the text: only the unseen joiners are new."""
    for name, text in CORPUS.items():
        if "\\u" in repr(text) or any(ord(c) < 32 or ord(c) > 126 for c in text) or len(text) > 400:
            continue
        flat = " ".join(text.split())
        seen = re.sub(r"</?p>\n?", "", rendered(escape(text))).rstrip("\n")
        plain = (
            seen.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", '"')
            .replace("&amp;", "&")
            .replace("\u2060", "")
        )

        assert flat.replace("##[", "## [").replace("##vso[", "## vso[").replace("##VSO[", "## VSO[") == re.sub(
            r"^: :", "::", plain
        ), name


@pytest.mark.parametrize("name", CORPUS)
def test_outputs_keep_their_lines(name: str) -> None:
    """No text makes an output of its own, neither on GitHub nor in GitLab's dotenv, which stays below 5 KB."""
    values = said(_laden(CORPUS[name]))
    plain = said(_laden(PLAIN))

    lines = github_outputs(values).splitlines()
    assert [line.partition("=")[0] for line in lines] == [f"{key}" for key in plain]
    shown = dotenv(values)
    assert [line.partition("=")[0] for line in shown.splitlines()] == [
        line.partition("=")[0] for line in dotenv(plain).splitlines()
    ]
    assert re.fullmatch(r"(LETPASS_[A-Z_]+=[\w/.,:@+-]*\n)+", shown, re.ASCII)
    assert len(shown) < 5_000


def test_the_report_has_the_text_in_every_place() -> None:
    """So that the tests above are of all of them: the word stands in the page at least as often as there are fields."""
    report = _laden("zzword")
    decision: Decision = report.decisions[0]

    assert _form(report, "html").count("zzword") > 40
    assert decision.record.name == "zzword@zzword"
