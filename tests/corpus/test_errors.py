"""The error corpus: every diagnostic stands beside its line; a missing and an unexpected one both fail.

A file of `errors/` holds several programs, separated by a line `---`.  What is expected of a line stands behind
it as `### CODE "part of the message"`, several after each other; `### ^ …` on a line of its own speaks of the line
above, for lines that a comment cannot follow.  A program that begins with `# file: NAME` is what `use "NAME"` finds.
A character that a reader could not see is written `\\uXXXX`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from letpass.diagnostics import Diagnostic, PolicyError, Source, render
from letpass.language import misspellings
from letpass.language.parser import parse_expression

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted((HERE / "errors").glob("*.policy"))
HEADER = 'policy p: "generated"\n  on registration\n'
Diagnose = Callable[..., tuple[Diagnostic, ...]]


@dataclass(frozen=True)
class Chunk:
    """One program of a corpus file: where it begins, its text, and the texts that it may use."""

    file: str
    line: int
    name: str
    text: str
    others: dict[str, str]

    @property
    def expected(self) -> list[tuple[int, str, str]]:
        """Line, code and part of the message of every diagnostic that is expected."""
        found = []
        for number, line in enumerate(self.text.split("\n"), 1):
            _, mark, said = line.partition("### ")
            at = number - 1 if said.startswith("^") else number
            found += [(at, code, part) for code, part in re.findall(r'(GATE\d{3}) "([^"]*)"', said if mark else "")]
        return found


def _chunks() -> list[Chunk]:
    found = []
    for path in FILES:
        line, parts = 1, []
        for text in path.read_text(encoding="utf-8").split("\n---\n"):
            plain = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text)
            named = re.match(r"# file: (\S+)", text)
            parts.append((line, named[1] if named else path.name, plain))
            line += text.count("\n") + 2
        others = {name: text for _, name, text in parts if name != path.name}
        found += [Chunk(path.stem, line, name, text, others) for line, name, text in parts]
    return found


CHUNKS = _chunks()


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda c: f"{c.file}:{c.line}")
def test_every_error_stands_beside_its_line(chunk: Chunk, diagnose: Diagnose) -> None:
    """A program gives exactly the diagnostics written beside its lines, warnings too."""
    found = [d for d in diagnose(chunk.name, chunk.text, chunk.others) if d.span.source.name == chunk.name]
    missing = list(chunk.expected)
    unexpected = []
    for d in found:
        match = next((e for e in missing if e[0] == d.span.line and e[1] == d.code and e[2] in d.message), None)
        if match is None:
            unexpected.append((d.span.line, d.code, d.message))
        else:
            missing.remove(match)

    assert (missing, unexpected) == ([], [])


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda c: f"{c.file}:{c.line}")
def test_a_fault_of_a_used_file_is_told_in_that_file(chunk: Chunk, diagnose: Diagnose) -> None:
    """What a `use` brings up in another file is what that file gives by itself."""
    for d in diagnose(chunk.name, chunk.text, chunk.others):
        other = d.span.source.name

        assert other == chunk.name or render(d) in map(render, diagnose(other, chunk.others[other], chunk.others))


@pytest.mark.parametrize("chunk", CHUNKS, ids=lambda c: f"{c.file}:{c.line}")
def test_a_diagnostic_points_at_its_words(chunk: Chunk, diagnose: Diagnose) -> None:
    """Message and help are one line without a full stop, and the span lies in its text."""
    for d in diagnose(chunk.name, chunk.text, chunk.others):
        assert 0 <= d.span.start < d.span.end <= len(d.span.source.text)
        for said in (d.message, d.help):
            assert "\n" not in said
            assert not said.endswith(".")
        assert not d.message[0].isupper()


def test_thirty_errors_are_told_at_once(diagnose: Diagnose) -> None:
    """A policy of thirty faulty rules gives thirty errors in one run."""
    chunk = next(c for c in CHUNKS if c.file == "many")

    assert len(diagnose(chunk.name, chunk.text)) == 30


def _said(chunks: list[Chunk], diagnose: Diagnose) -> list[tuple[str, str, str]]:
    return [(d.code, d.message, d.help) for c in chunks for d in diagnose(c.name, c.text, c.others)]


def test_every_known_misspelling_is_in_the_corpus(diagnose: Diagnose) -> None:
    """Each entry of the table of misspellings explains at least one line of the corpus."""
    said = _said([c for c in CHUNKS if c.file == "misspellings"], diagnose)
    unused = [
        pattern.pattern
        for pattern, code, message, help_ in misspellings._KNOWN
        if not any(code == c and _like(message, m) and _like(help_, h) and _begins(pattern, m) for c, m, h in said)
    ]

    assert unused == []


def _like(template: str, text: str) -> bool:
    pattern = re.escape(template.replace("{{", "\0").replace("}}", "\1"))
    pattern = re.sub(r"\\\{\w+\\\}", ".*", pattern).replace("\0", r"\{").replace("\1", r"\}")
    return re.fullmatch(pattern, text) is not None


def _begins(pattern: re.Pattern[str], message: str) -> bool:
    """Is the word that a message quotes one of the pattern, where the message quotes it."""
    quoted = re.match(r"`([^`]+)` (?!stands)", message)
    return quoted is None or pattern.match(quoted[1]) is not None or quoted[1] == "["


def test_every_code_of_the_source_is_tested() -> None:
    """Each code that the source can give stands somewhere in the corpus or the tests."""
    used = {
        code
        for path in (ROOT / "src").rglob("*.py")
        for code in re.findall(r"GATE\d{3}", path.read_text(encoding="utf-8"))
    }
    files = [p for p in HERE.parent.rglob("*") if p.suffix in {".py", ".policy"}]
    tested = {code for path in files for code in re.findall(r"GATE\d{3}", path.read_text(encoding="utf-8"))}

    assert set() == used - tested


# ---------------------------------------------------------------- generated


@pytest.mark.parametrize("count", [1, 40])
def test_nesting_up_to_the_cap_reads(count: int, diagnose: Diagnose) -> None:
    """Forty `not`s or brackets inside each other are read."""
    nots = f"require a: {'not ' * count}code.dirty"
    brackets = f"require b: {'(' * count}code.dirty{')' * count}"

    assert diagnose("p.policy", f"{HEADER}{nots}\n{brackets}") == ()


@pytest.mark.parametrize("count", [41, 1000, 20_000])
@pytest.mark.parametrize(("before", "after"), [("not ", ""), ("(", ")"), ("not (", ")")])
def test_deep_nesting_is_an_ordinary_diagnostic(before: str, after: str, count: int, diagnose: Diagnose) -> None:
    """Nesting beyond the cap is told once for each statement, and never exhausts the stack."""
    rule = f"{before * count}code.dirty{after * count}"
    found = diagnose("p.policy", f"{HEADER}require a: {rule}\nrequire b: {rule}\nrequire fine: code.dirty")

    assert [(d.code, d.span.line) for d in found] == [("GATE008", 3), ("GATE008", 4)]


@pytest.mark.parametrize("link", [" + observations.x", " - 1", " * 2"])
def test_a_long_chain_is_an_ordinary_diagnostic(link: str, diagnose: Diagnose) -> None:
    """A chain of arithmetic beyond the cap is told, and one within it is read."""
    long, short = (f"require a: observations.x{link * n} >= 1" for n in (5000, 100))

    assert [d.code for d in diagnose("p.policy", f"{HEADER}{long}\nrequire fine: code.dirty")] == ["GATE008"]
    assert diagnose("p.policy", HEADER + short) == ()


def test_a_chain_of_quantifiers_is_an_ordinary_diagnostic(diagnose: Diagnose) -> None:
    """`have all … have all …` beyond the cap is told."""
    rule = "require a: " + "all scans have " * 3000 + "code.dirty"

    assert [d.code for d in diagnose("p.policy", f"{HEADER}{rule}\nrequire fine: code.dirty")] == ["GATE008"]


def test_a_large_condition_is_an_ordinary_diagnostic(diagnose: Diagnose) -> None:
    """A condition of more than five thousand parts is told."""
    rule = "require a: " + " and ".join(["code.dirty"] * 6000)

    assert [d.code for d in diagnose("p.policy", HEADER + rule)] == ["GATE008"]


def test_a_large_text_is_an_ordinary_diagnostic(diagnose: Diagnose) -> None:
    """A text beyond a megabyte is refused before it is looked at."""
    assert [d.code for d in diagnose("p.policy", HEADER + "#" * (1 << 20))] == ["GATE008"]


@pytest.mark.parametrize("text", ["", "\n", "# a comment\n", "\r\n \t"])
def test_a_text_of_nothing_has_no_fault_of_its_own(text: str, diagnose: Diagnose) -> None:
    """An empty file is no policy; that a policy was wanted is said where it was."""
    assert diagnose("p.policy", text) == ()


@pytest.mark.parametrize("filler", ["# é\n" * 50_000, "# é " + "a" * 500_000, 'let x = "\n' * 20_000, "(" * 100_000])
def test_a_hostile_text_is_cut_in_linear_time(filler: str, diagnose: Diagnose) -> None:
    """Megabytes of comments, letters, open texts and brackets come back in seconds."""
    assert {d.code for d in diagnose("p.policy", HEADER + filler)} <= {"GATE002", "GATE004", "GATE008", "GATE009"}


# ---------------------------------------------------------------- one expression


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("", "GATE002", 1),
        ("fairness => 0.9", "GATE005", 10),
        ("fairness >=", "GATE002", 10),
        ("require a: fairness", "GATE001", 1),
        ("(fairness >= 0.9", "GATE002", 1),
        ("fairness >= 0.9 and", "GATE002", 17),
        ('license is "MIT', "GATE004", 12),
        ("m\u043edel is recorded", "GATE007", 2),
    ],
)
def test_an_expression_points_into_what_was_typed(text: str, code: str, column: int) -> None:
    """The faults of `policy eval`'s expression stand at their column of it."""
    with pytest.raises(PolicyError) as raised:
        parse_expression(Source("<expression>", text))
    first = raised.value.diagnostics[0]

    assert (code, 1, column) == (first.code, first.span.line, first.span.column)
