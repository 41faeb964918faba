"""Why a statement does not read, in words: known misspellings first, else what could have stood there."""

from __future__ import annotations

import re

from assay.language.diagnostics import Diagnostic, Span, nearest, offer

UNITS = "`ms`, `s`, `minutes`, `hours`, `days`, `weeks`, `kB`, `MB`, `GB`, `points`"

# (what stands there, code, message, help); `{0}` is the match, `{name}` its groups.
_KNOWN: tuple[tuple[re.Pattern[str], str, str, str], ...] = tuple(
    (re.compile(pattern), code, message, help_)
    for pattern, code, message, help_ in (
        (r"(?P<d>\d+(?:\.\d+)?)[eE][+-]?\d+", "GATE003", "`{0}` is not a number here", "write it out, such as `0.001`"),
        (r"\.(?P<d>\d+)", "GATE003", "`{0}` is not a number", "write `0.{d}`"),
        (r"(?P<d>\d+)\.(?!\d)", "GATE003", "`{0}` is not a number", "write `{d}` or `{d}.0`"),
        (r"(?P<d>\d{1,3}(?:[,_']\d{3})+)", "GATE003", "`{0}` is not a number", "write the digits without separators"),
        (r"\d{4}-\d{2}-\d{2}[T ][\d:.]+\S*", "GATE003", "`{0}` is not a date", "write `2027-12-02` or `2027-12-02T09:00:00Z`"),
        (r"(?P<d>\d+(?:\.\d+)?)(?P<u>[A-Za-z]+)\b", "GATE003", "a number and its unit are two words", "write `{d} {u}`"),
        (r"=>", "GATE005", "`=>` is not a comparison", "write `>=`"),
        (r"=<", "GATE005", "`=<` is not a comparison", "write `<=`"),
        (r"===?|<>|=|!==|!(?!=)", "GATE005", "`{0}` is not a comparison", "write `==` for numbers and dates, `is` for words, `not` to negate"),
        (r"&&?", "GATE005", "`{0}` is not an operator", "write `and`"),
        (r"\|\|?", "GATE005", "`{0}` is not an operator", "write `or`"),
        (r"/", "GATE005", "there is no division", "compare `a` with `b * 0.5` instead"),
        (r"'[^'\n]*'?", "GATE004", "a text stands in double quotation marks", 'write `"…"`'),
        (r"(?P<w>[a-z][a-z0-9_]*(?:-[a-z0-9_]+)+)", "GATE006", "`{0}` is not a name", "write `{snake}`; a minus has a space on both sides"),
        (r"(?P<w>[a-z_]+[A-Z]\w*|[A-Z]\w*)", "GATE006", "`{0}` is not a name", "names are snake_case: `{snake}`; a quoted word is a text"),
        (r"\[[^\]\n]*\]?", "GATE001", "`[` has no meaning here", "a list of words stands in `{{…}}`; elements are chosen with `where`"),
        (r";|,", "GATE001", "`{0}` has no meaning here", "statements and clauses follow each other without a mark between them"),
    )
)
_WORD = re.compile(r'"[^"\n]*"|[A-Za-z_0-9][\w.%-]*|[<>=!]+|.', re.DOTALL)

_VALUE = {"NUMBER", "PERCENT", "PATH", "DATE", "STRING"}
_PREDICATE = {"CMP", "_IS", "_IN", "_LIKE", "_WITHIN"}


def explain(statement: Span, at: int, accepts: frozenset[str]) -> Diagnostic:
    """The diagnostic for a statement that stops making sense at `at`; `accepts` are terminals of the grammar."""
    source, text = statement.source, statement.source.text
    if at >= statement.end:
        last = max(statement.start, statement.end - 1)
        return Diagnostic(
            "GATE002", f"the statement ends after `{_word_before(text, statement)}`", Span(source, last, statement.end), _expected(accepts)
        )
    word = _word_at(text, at)
    span = Span(source, at, min(at + len(word), statement.end))
    before = text[statement.start : at].rstrip()
    if word in {"and", "or"} and (" and " in before or " or " in before or "\n" in before) and ("_AND" in accepts) != ("_OR" in accepts):
        return Diagnostic("GATE010", "`and` and `or` are mixed", span, "put one of them into parentheses: `(a and b) or c`")
    if word == "%" and re.search(r"\d[ \t]*$", text[statement.start : at]):
        return Diagnostic("GATE003", "a number and its `%` are one word", span, f"write `{before.split()[-1]}%`")
    if before and before[-1].isdigit() and "UNIT" in accepts and re.match(r"[A-Za-z]", word) and not _is_keyword(word, accepts):
        return Diagnostic("GATE201", f"`{word}` is not a unit", span, f"units are {UNITS}")
    if word == ":" and re.search(r"[A-Za-z_0-9]$", before):
        label = before.split()[-1]
        return Diagnostic("GATE006", f"`{label}` is not a label", Span(source, at - len(label), at), f"labels are kebab-case: `{_kebab(label)}`")
    for pattern, code, message, help_ in _KNOWN:
        match = pattern.match(text, at, statement.end)
        if match and not (code == "GATE006" and not accepts & {"PATH", "WORD"}):
            groups = {**{k: v or "" for k, v in match.groupdict().items()}, "snake": _snake(match.group())}
            return Diagnostic(code, message.format(match.group(), **groups), Span(source, at, match.end()), help_.format(match.group(), **groups))
    near = nearest(word, [_keyword(t) for t in accepts if _keyword(t)]) if re.match(r"[a-z]", word) else ()
    return Diagnostic("GATE001", f"`{word}` cannot stand here", span, offer(near).replace("a name", "a word") if near else _expected(accepts))


def _word_at(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match.group() if match else ""


def _word_before(text: str, statement: Span) -> str:
    words = _WORD.findall(re.sub(r"#[^\n]*", "", text[statement.start : statement.end]))
    return next((w for w in reversed(words) if w.strip()), "")


def _is_keyword(word: str, accepts: frozenset[str]) -> bool:
    return f"_{word.upper()}" in accepts


def _keyword(terminal: str) -> str:
    name = terminal.lstrip("_")
    return name.lower() if terminal.startswith("_") and name.isalpha() and name not in {"PLUS", "STAR", "WS"} else ""


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).replace("-", "_").lower()


def _kebab(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", _snake(word)).strip("-") or "a-label"


def _expected(accepts: frozenset[str]) -> str:
    """At most three things that could stand there, in words."""
    wanted = []
    if _VALUE & accepts == _VALUE or {"PATH", "NUMBER"} <= accepts:
        wanted.append("a name, a number or a condition")
    elif "PATH" in accepts:
        wanted.append("a name")
    elif "NUMBER" in accepts:
        wanted.append("a number")
    if "UNIT" in accepts and "CMP" not in accepts:
        wanted.append(f"a unit ({UNITS})")
    if accepts & _PREDICATE and "CMP" in accepts:
        wanted.append("a comparison such as `>= 0.9`")
    if "STRING" in accepts and not {"PATH"} & accepts:
        wanted.append("a text in quotation marks")
    if "WORD" in accepts:
        wanted.append("a word")
    if "DATE" in accepts and "NUMBER" not in accepts:
        wanted.append("a date such as `2027-12-02`")
    if "LABEL" in accepts and "PATH" not in accepts:
        wanted.append("a name in kebab-case and a colon")
    if not wanted or len(accepts) <= 3:
        wanted += [f"`{k}`" for k in sorted(_keyword(t) for t in accepts) if k]
        marks = {"COLON": "`:`", "EQUAL": "`=`", "RPAR": "`)`", "LBRACE": "`{`", "RBRACE": "`}`", "COMMA": "`,`"}
        wanted += [marks[t] for t in sorted(accepts) if t in marks]
    return "what can follow: " + " or ".join(dict.fromkeys(wanted[:3])) if wanted else "see docs/language.md"
