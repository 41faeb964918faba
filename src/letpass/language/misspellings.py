"""Why a statement does not read, in words: known misspellings first, else what could have stood there."""

from __future__ import annotations

import re

from letpass.diagnostics import Diagnostic, Span, nearest, offer
from letpass.language import borrowed, unitwords, wordings
from letpass.language.borrowed import place
from letpass.language.statements import STARTS, nameless

# (what stands there, code, message, help); `{0}` is the match, `{name}` its groups.
_KNOWN: tuple[tuple[re.Pattern[str], str, str, str], ...] = tuple(
    (re.compile(pattern), code, message, help_)
    for pattern, code, message, help_ in (
        (r"\.(?P<d>\d+)", "GATE003", "`{0}` is not a number", "write `0.{d}`"),
        (r"(?P<d>\d+)\.(?!\d)", "GATE003", "`{0}` is not a number", "write `{d}` or `{d}.0`"),
        (r"\d+(?:\.\d+){2,}\S*", "GATE003", "`{0}` is not a number", 'a version is a text: `"{0}"`'),
        (
            r"\d{4}-\d{2}-\d{2}[T ][\d:.]+\S*",
            "GATE003",
            "`{0}` is not a date",
            "a moment is in UTC, as in `2027-12-02T09:00:00Z`; a day is `2027-12-02`",
        ),
        (r"0[xXbBoO][0-9A-Fa-f]+", "GATE003", "`{0}` is not a number", "write it in decimal"),
        (r"=>", "GATE005", "`=>` is not a comparison", "write `>=`"),
        (r"=<", "GATE005", "`=<` is not a comparison", "write `<=`"),
        (r"&&?", "GATE005", "`{0}` is not an operator", "write `and`"),
        (r"\|\|?", "GATE005", "`{0}` is not an operator", "write `or`"),
        (r"/", "GATE005", "there is no division", "compare with a product instead, such as `b * 0.5`"),
        (r"'[^'\n]*", "GATE004", "a text stands in double quotation marks", 'put `"` on both sides of it'),
        (
            r"(?P<w>[a-z][a-z0-9_]*(?:-[a-z0-9_]+)+)",
            "GATE006",
            "`{0}` is not a name",
            "write `{snake}`, if that is the name; a minus has a space on both sides",
        ),
        (
            r"(?P<w>[a-z_]+[A-Z]\w*|[A-Z]\w*)",
            "GATE006",
            "`{0}` is not a name",
            "write `{snake}`, if it is a name; a text stands in quotation marks",
        ),
        (
            r"\[[^\]\n]*\]?",
            "GATE001",
            "`[` has no meaning here",
            "a list of words stands in `{{…}}`; elements are chosen with `where`",
        ),
        (
            r";|,",
            "GATE001",
            "`{0}` has no meaning here",
            "statements and clauses follow each other without a mark between them",
        ),
    )
)
# What the lexer begins to read as something else, so that it stops making sense only in the middle.
_BEGUN = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d[\d:.]+\S*|\d{1,3}(?:[,']\d{3})+(?!\d)|[<>=!]{2,3}")
_WORD = re.compile(r'"[^"\n]*"|[A-Za-z_0-9][\w.%-]*|[<>=!]+|.', re.DOTALL)

# The lines of a header in their order, by their first words.
_HEADER = ("on", "approved", "applies", "owner")
_ORDER = "a header says `on …`, `approved for …`, `applies when …` and `owner …` in this order"
# Other words for how long an approval lasts.
_LASTING = frozenset({"valid", "approval", "approve", "approves", "expires", "expire", "lasts", "good", "ends"})

# What other languages would read, in the order in which it is looked for.
_ELSEWHERE = (
    borrowed.comment, borrowed.operator, borrowed.comma, borrowed.day, borrowed.number, borrowed.call, borrowed.unquoted,
    borrowed.percent, borrowed.words, wordings.recorded, wordings.keyword, wordings.comparison, wordings.joined, wordings.first, wordings.order, wordings.trait, wordings.label,
)  # fmt: skip

_VALUE = {"NUMBER", "PERCENT", "PATH", "DATE", "STRING"}


def explain(statement: Span, at: int, accepts: frozenset[str]) -> Diagnostic:
    """The diagnostic for a statement that stops making sense at `at`; `accepts` are terminals of the grammar."""
    source, text = statement.source, statement.source.text
    if at >= statement.end:
        last = _last_word(statement)
        return Diagnostic("GATE002", f"the statement ends after `{last.text}`", last, _expected(accepts))
    at = next(
        (m.start() for m in _BEGUN.finditer(text, statement.start, statement.end) if m.start() < at < m.end()), at
    )
    word = _word_at(text, at)
    span = Span(source, at, min(at + len(word), statement.end))
    before = text[statement.start : at].rstrip()
    where = place(statement, at, word, accepts)
    if (
        word in {"and", "or"}
        and (" and " in before or " or " in before or "\n" in before)
        and ("_AND" in accepts) != ("_OR" in accepts)
    ):
        return Diagnostic(
            "GATE010", "`and` and `or` are mixed", span, "put one of them into parentheses: `(a and b) or c`"
        )
    if (
        word == "%"
        and where.number
        and statement.start + len(before) == at - len(text[:at]) + len(text[:at].rstrip(" \t"))
    ):
        whole = Span(source, statement.start + len(before) - len(where.number), at + 1)
        return Diagnostic("GATE003", "a number and its `%` are one word", whole, f"write `{where.number}%`")
    for known in _ELSEWHERE:
        if (meant := known(where)) is not None:
            return meant
    keywords = [_keyword(t) for t in accepts if _keyword(t)]
    if (
        where.number
        and "UNIT" in accepts
        and re.match(r"[A-Za-z]", word)
        and word not in keywords
        and unitwords.is_meant(word, keywords)
    ):
        whole = Span(source, statement.start + len(before) - len(where.number), span.end)
        return Diagnostic("GATE201", f"`{word}` is not a unit", whole, unitwords.instead(word, where.number))
    if (help_ := _header_line(text, statement, word, accepts)) is not None:
        return Diagnostic("GATE001", f"`{word}` cannot stand here", span, help_)
    label = _label(text, at, word, before, accepts)
    if label is not None:
        start = at if word != ":" else statement.start + len(before) - len(label)
        what = "a policy's name" if text.startswith("policy", statement.start) else "a label"
        return Diagnostic(
            "GATE006",
            f"`{label}` is not {what}",
            Span(source, start, start + len(label)),
            f"write `{_kebab(label)}`, in kebab-case",
        )
    if re.fullmatch(">=|<=|==|!=|>|<", word) and "_AND" in accepts:
        return Diagnostic(
            "GATE001", f"`{word}` cannot stand here", span, "a comparison has two sides, as in `0.8 <= x and x <= 0.9`"
        )
    if (
        word in {"and", "or"}
        and not accepts & {"_AND", "_OR"}
        and re.search(r"\b(?:all|no|least|most|where|have)\b", before)
    ):
        return Diagnostic(
            "GATE001",
            f"`{word}` cannot stand here",
            span,
            "after `where` and `have` stands one condition, longer ones in parentheses; a quantified form stands last",
        )
    if word in {"all", "no", "at"} and {"PATH", "_NOT"} <= accepts and f"_{word.upper()}" not in accepts:
        return Diagnostic(
            "GATE001",
            f"`{word}` cannot stand here",
            span,
            f"a quantified form stands in parentheses here: `({word} …)`",
        )
    for pattern, code, message, help_ in _KNOWN:
        match = pattern.match(text, at, statement.end)
        if match and not (code == "GATE006" and not accepts & {"PATH", "WORD"}):
            groups = {**match.groupdict(""), "snake": _snake(match.group())}
            return Diagnostic(
                code,
                message.format(match.group(), **groups),
                Span(source, at, match.end()),
                help_.format(match.group(), **groups),
            )
    if _is_first(text, at) and word in STARTS:
        return nameless(span)
    if _is_first(text, at) and (near := nearest(word, STARTS)):
        return Diagnostic("GATE001", f"`{word}` begins no statement", span, f"write `{near[0]}`")
    near = nearest(word, keywords) if re.match(r"[a-z]", word) else ()
    return Diagnostic(
        "GATE001",
        f"`{word}` cannot stand here",
        span,
        offer(near, "word") if near else _expected(accepts),
    )


def _word_at(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match.group() if match else ""


def _last_word(statement: Span) -> Span:
    """The last word of a statement, which ends with no comment."""
    text, end = statement.source.text, statement.end
    line = max(text.rfind("\n", 0, end) + 1, statement.start)
    last = [m for m in _WORD.finditer(text, line, end) if m.group().strip()][-1]
    return Span(statement.source, last.start(), last.end())


def _is_first(text: str, at: int) -> bool:
    """Is the word at `at` the first of its line."""
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _header_line(text: str, statement: Span, word: str, accepts: frozenset[str]) -> str | None:
    """What helps where a line of a header stands in the wrong place, or how long an approval lasts is said otherwise."""
    if not text.startswith("policy", statement.start):
        return "`approved for 365 days` is a line of the header, under its moves" if word == "approved" else None
    if word in _HEADER and "$END" in accepts:
        return _ORDER
    return "an approval lasts as in `approved for 365 days`, under the moves" if word in _LASTING else None


def _label(text: str, at: int, word: str, before: str, accepts: frozenset[str]) -> str | None:
    """What was meant for a label or a policy's name and is none; None: nothing was."""
    found = re.compile(r"([A-Za-z_0-9][\w-]*)[ \t]*:").match(text, at) if "LABEL" in accepts else None
    label = (
        found.group(1)
        if found
        else before.split()[-1]
        if word == ":" and re.search(r"[A-Za-z_0-9-]$", before)
        else None
    )
    return label if label is not None and re.match(r"[A-Za-z_0-9]", label) and _kebab(label) != label else None


def _keyword(terminal: str) -> str:
    name = terminal.lstrip("_")
    return name.lower() if terminal.startswith("_") and name.isalpha() and name not in {"PLUS", "STAR", "WS"} else ""


def _snake(word: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).replace("-", "_").lower()


def _kebab(word: str) -> str:
    kebab = re.sub(r"[^a-z0-9]+", "-", _snake(word)).strip("-")
    return kebab if kebab[:1].isalpha() else f"a-{kebab}".rstrip("-")


def _expected(accepts: frozenset[str]) -> str:
    """At most three things that could stand there, in words."""
    wanted = []
    if _VALUE & accepts == _VALUE or {"PATH", "NUMBER"} <= accepts:
        wanted.append("a name, a number or a condition")
    elif "PATH" in accepts:
        wanted.append("a name")
    elif "NUMBER" in accepts:
        wanted.append("a number")
    if "TYPE" in accepts:
        wanted.append("a type: `ratio`, `number`, `count`, `duration`, `size`, `text`, `date`, `flag`")
    if "PERCENT" in accepts and "NUMBER" not in accepts:
        wanted.append("a percentage such as `95%`")
    if "UNIT" in accepts and "CMP" not in accepts:
        wanted.append(f"a unit ({unitwords.UNITS})")
    if "CMP" in accepts:
        wanted.append("a comparison such as `>= 0.9`")
    if "STRING" in accepts and not {"PATH"} & accepts:
        wanted.append("a text in quotation marks")
    if "WORD" in accepts:
        wanted.append("a word")
    if "DATE" in accepts and "NUMBER" not in accepts:
        wanted.append("a date such as `2027-12-02`")
    if "LABEL" in accepts and "PATH" not in accepts:
        wanted.append("a name in kebab-case and a colon")
    if accepts <= {"$END"}:
        return f"the statement is complete before it; {_ORDER}"
    if not wanted or len(accepts) <= 3:
        wanted += [f"`{k}`" for k in sorted(_keyword(t) for t in accepts) if k]
        marks = {"COLON": "`:`", "EQUAL": "`=`", "RPAR": "`)`", "LBRACE": "`{`", "RBRACE": "`}`", "COMMA": "`,`"}
        wanted += [marks[t] for t in sorted(accepts) if t in marks]
    return "what can follow: " + " or ".join(dict.fromkeys(wanted[:3])) if wanted else "see docs/language.md"
