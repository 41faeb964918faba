"""Numbers, dates, texts, comments and functions as other languages write them, and what is written here instead.

A help says what replaces the words that are underlined, so that it can be obeyed as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from letpass.diagnostics import Diagnostic, Span, nearest
from letpass.frozen import Frozen
from letpass.language import unitwords
from letpass.language.types import RECORDED_UNITS
from letpass.language.unitwords import quantity

AROUND = 400  # characters before and behind a place that are looked at, so that no text takes long
FUNCTIONS = "the only functions are `min`, `max` and `abs`"


class Place(Frozen):
    """The place where a statement stops making sense.

    at: the place · word: what stands there · before: what stands before it, without blanks at its end, and `base`, where
    that begins · rest: what follows from `at` · accepts: the terminals of the grammar that could stand there.
    """

    statement: Span
    at: int
    word: str
    base: int
    before: str
    rest: str
    accepts: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Is `before` all of the statement that stands before the place."""
        return self.base == self.statement.start

    @property
    def is_first(self) -> bool:
        """Is the word the first of its line."""
        text = self.statement.source.text
        return not text[text.rfind("\n", 0, self.at) + 1 : self.at].strip()

    @property
    def number(self) -> str:
        """The number that stands right before the place; nothing where there is none."""
        found = re.search(r"(?<![\w.])\d{1,20}(?:\.\d{1,20})?$", self.before)
        return found[0] if found is not None else ""

    def found(self, code: str, message: str, start: int, end: int, help_: str) -> Diagnostic:
        """A diagnostic about the characters from `start` to `end` of the source."""
        return Diagnostic(code, message, Span(self.statement.source, start, min(end, self.statement.end)), help_)


def place(statement: Span, at: int, word: str, accepts: frozenset[str]) -> Place:
    """The place at an offset of the source, with what stands around it."""
    text = statement.source.text
    before = text[statement.start : at].rstrip()
    base = statement.start + max(0, len(before) - AROUND)
    rest = text[at : min(at + AROUND, statement.end)]
    return Place(statement, at, word, base, before[-AROUND:], rest, accepts)


# How many elements there are is asked with a bound: what such a comparison means, by its operator.
_TALLIES: dict[str, Callable[[int, str], str]] = {
    ">=": lambda n, of: f"at least {n} {of}" if n else "",
    ">": lambda n, of: f"at least {n + 1} {of}",
    "<=": lambda n, of: f"at most {n} {of}" if n else f"no {of}",
    "<": lambda n, of: f"at most {n - 1} {of}" if n > 1 else f"no {of}" if n else "",
    "==": lambda n, of: f"(at least {n} {of}) and at most {n} {of}" if n else f"no {of}",
    "!=": lambda n, of: "" if n else f"at least 1 {of}",
}
_COUNTING = frozenset({"len", "length", "count", "size", "num"})
_MEAN = frozenset({"avg", "average", "mean", "sum", "total", "median", "std", "stdev", "var", "percentile", "quantile"})
_RECORDED = frozenset({"exists", "defined", "present", "recorded", "is_set", "isset"})
_BARE = re.compile(
    r"""[A-Za-z0-9_](?:[^\n"#,(){}]*?)
    (?=[ \t]*(?:$|[\n#,)]|[ \t](?:with|within|other|for|and|or|when|because|fix|owner|from|waivable|attested|is|are)(?![\w-])
              |[ \t][<>=!]=?))""",
    re.VERBOSE,
)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?![\w./-])")
_YEAR_LAST = re.compile(r"(\d{1,2})(\.|/)(\d{1,2})\2(\d{4}|\d{2})(?![\w./])")


def comment(p: Place) -> Diagnostic | None:
    """`// …`, `/* …`, `-- …`"""
    mark, start = p.rest[:2], p.at
    if mark not in {"//", "/*"}:
        mark, start = "--", p.base + len(p.before) - 2
        if not re.search(r"[\w\")}]\s{0,9}--$", p.before):
            return None
    text = p.statement.source.text
    end = text.find("\n", start)
    end = end if end >= 0 else len(text)
    said = text[start:end].strip(" /*-\t\r")
    return p.found("GATE005", f"`{mark}` begins no comment", start, end, f"write `# {said}`" if said else "write `#`")


def comma(p: Place) -> Diagnostic | None:
    """`0,9`; three digits behind a comma are thousands, unless a zero stands before it."""
    whole = re.search(r"(?<![\w.,])\d{1,15}$", p.before)
    part = re.match(r",(\d{1,15}%?)(?![\w.])", p.rest)
    if whole is None or part is None or (re.fullmatch(r"\d{3}", part[1]) and len(whole[0]) <= 3 and whole[0] != "0"):
        return None
    said, meant = f"{whole[0]},{part[1]}", f"{whole[0]}.{part[1]}"
    start = p.base + whole.start()
    return p.found("GATE003", f"`{said}` is not a number", start, p.at + part.end(), f"write `{meant}`")


def operator(p: Place) -> Diagnostic | None:
    """`=`, `===`, `<>`, `> =`, `!x`"""
    if negated := re.match(r"!\s*([a-z_][\w.]*|\()", p.rest) if "_NOT" in p.accepts else None:
        return p.found("GATE005", "`!` is not an operator", p.at, p.at + negated.end(), f"write `not {negated[1]}`")
    begun = re.search(r"[<>=!]{1,2}$", p.before)
    start = p.base + begun.start() if begun is not None else p.at
    said = re.match(
        r"[<>=!]{1,3}(?:\s{1,9}[<>=!]{1,2})?", p.statement.source.text[start : min(start + 16, p.statement.end)]
    )
    if said is None or not re.match(r"[<>=!]", p.rest):
        return None
    signs, end = "".join(said[0].split()), start + said.end()
    behind = p.statement.source.text[end : end + AROUND].lstrip()
    what = f"`{said[0]}` is not a comparison"
    if p.is_whole and re.fullmatch(r"let\s+\w+\s*=?", p.before) and signs == "==":
        return p.found("GATE005", what, start, end, "write `=`")
    if signs in {">=", "<=", "==", "!=", "=>", "=<"} and said[0] != signs:
        return p.found("GATE005", what, start, end, f"write `{signs.replace('=>', '>=').replace('=<', '<=')}`")
    if signs not in {"=", "===", "!==", "<>", "!"}:
        return None
    equal, word = ("==", "is") if signs in {"=", "==="} else ("!=", "is not")
    if re.match(r"[A-Z\"]", behind):
        return p.found("GATE005", what, start, end, f"write `{word}`")
    plain = re.match(r"[a-z_]\w*(?![\w.(])", behind)
    return p.found("GATE005", what, start, end, f"write `{equal}`" + (f", or `{word}` before a word" if plain else ""))


def number(p: Place) -> Diagnostic | None:
    """`1e-3`, `1,000`, `0.9.`, `30d`, `within a week`, `within last 30 days`"""
    if found := re.match(r"\d{1,15}(?:\.\d{1,15})?[eE][+-]?\d{1,3}(?!\w)", p.rest):
        written = f"{Decimal(found[0]):f}"
        help_ = f"write `{written}`" if len(written) <= 20 else "write it out, as in `0.001`"
        return p.found("GATE003", f"`{found[0]}` is not a number here", p.at, p.at + found.end(), help_)
    if found := re.match(r"\d{1,3}(?:[,_']\d{3})+(?![\d,])", p.rest):
        digits = re.sub(r"\D", "", found[0])
        return p.found("GATE003", f"`{found[0]}` is not a number", p.at, p.at + found.end(), f"write `{digits}`")
    if found := re.match(r"(\d{1,15}\.\d{1,15})\.(?![\w.])", p.rest):
        return p.found("GATE003", f"`{found[0]}` is not a number", p.at, p.at + found.end(), f"write `{found[1]}`")
    if found := re.match(r"(\d{1,15}(?:\.\d{1,15})?)(%?)([A-Za-z]{1,20})(?![\w.])", p.rest):
        if found[3] in {"percent", "pct"}:
            return None
        is_unit = not found[2] and (unitwords.known(found[3]) or bool(nearest(found[3], RECORDED_UNITS)))
        exact = found[3] in RECORDED_UNITS or found[3] in {"point", "points"}
        help_ = (
            unitwords.instead(found[3], found[1])
            if is_unit and not exact
            else f"write `{found[1]}{found[2]} {found[3]}`"
        )
        return p.found("GATE003", f"`{found[0]}` is two words", p.at, p.at + found.end(), help_)
    if re.search(r"(?<![\w.-])within$", p.before):
        spare = re.match(r"(?:the\s+)?(?:last|past)\s+(\d{1,9}\s+\w{1,20})", p.rest)
        one = re.match(r"(?:an?|one|the\s+last|last)\s+([a-z]{1,20})(?![\w.])", p.rest)
        if spare is not None:
            return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + spare.end(), f"write `{spare[1]}`")
        if one is not None:
            help_ = unitwords.instead(one[1], "1") if unitwords.known(one[1]) else f"write `1 {one[1]}`"
            return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + one.end(), help_)
    return None


def percent(p: Place) -> Diagnostic | None:
    """`90 percent`, `90pct`, `- 1 percent`"""
    glued = re.match(r"(\d{1,15}(?:\.\d{1,15})?)\s{0,9}(?:percent|pct)(?!\w)", p.rest)
    number = re.search(r"(?<![\w.])\d{1,15}(?:\.\d{1,15})?$", p.before) if p.word in {"percent", "pct"} else None
    if glued is not None:
        count, start, end = glued[1], p.at, p.at + glued.end()
    elif number is not None:
        count, start, end = number[0], p.base + number.start(), p.at + len(p.word)
    else:
        return None
    said = p.statement.source.text[start:end]
    if re.search(r"[+-]\s{0,9}$", p.statement.source.text[max(p.base, start - 10) : start]):
        return p.found("GATE201", f"`{said}` can mean two things", start, end, f"write `{quantity(count, 'points')}` for an absolute difference")  # fmt: skip
    return p.found("GATE003", f"`{said}` is not a number", start, end, f"write `{count}%`")


def day(p: Place) -> Diagnostic | None:
    """`01.02.2027`, `02/01/2027`, `2027/01/02`, `2027-1-2`, and a date in quotation marks."""
    start, rest = p.at, p.rest
    if p.rest[:1] == "/" and (read := re.search(r"(?<![\w./-])\d{1,4}$", p.before)):
        # the number before a stroke has been read already
        start = p.base + read.start()
        rest = p.statement.source.text[start : min(start + AROUND, p.statement.end)]
    elif not p.accepts & {"DATE", "NUMBER"}:
        return None
    if found := _YEAR_FIRST.match(rest):
        said = f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}"
        return p.found("GATE003", f"`{found[0]}` is not a date", start, start + found.end(), f"write `{said}`")
    if (quoted := re.match(r'"(\d{4}-\d{2}-\d{2})"', rest)) and "STRING" not in p.accepts:
        return p.found("GATE004", "a date has no quotation marks", start, start + quoted.end(), f"write `{quoted[1]}`")
    if not (found := _YEAR_LAST.match(rest)):
        return None
    one, two = int(found[1]), int(found[3])
    of = int(found[4]) + (2000 if len(found[4]) == 2 else 0)
    days = [f"`{of}-{m:02}-{d:02}`" for d, m in ((one, two), (two, one)) if 1 <= m <= 12 and 1 <= d <= 31]
    if not days:
        help_ = "a date has the year first, as in `2027-12-02`"
    elif len(set(days)) == 1:
        help_ = f"write {days[0]}"
    elif found[2] == ".":  # with dots the day comes first, wherever dates have dots
        help_ = f"write {days[0]}, read with the day first"
    else:
        help_ = f"write {days[0]} if the day comes first, {days[1]} if the month does"
    return p.found("GATE003", f"`{found[0]}` is not a date", start, start + found.end(), help_)


def call(p: Place) -> Diagnostic | None:
    """`len(…)`, `avg(…)`, `exists(…)`"""
    name = re.search(r"(?<![\w.-])[A-Za-z_]\w{0,40}$", p.before)
    if p.word != "(" or name is None:
        return None
    folded, start = name[0].lower(), p.base + name.start()
    apart = p.statement.source.text[p.at - 1].isspace()
    if folded in {"in", "passed"} or (apart and folded not in _COUNTING | _MEAN | _RECORDED):
        return None
    inner = re.match(r"\(\s*([^()]*?)\s*\)", p.rest)
    end = p.at + (inner.end() if inner else 1)
    said = " ".join(inner[1].split()) if inner else ""
    help_ = FUNCTIONS
    if folded in _RECORDED and re.fullmatch(r"[a-z_][\w.]*", said):
        help_ = f"write `{said} is recorded`"
    elif folded in _COUNTING:
        bound = re.match(r"\([^()]*\)\s*(>=|<=|==|!=|>|<)\s*(\d{1,6})(?![\w.%])", p.rest)
        if said and bound is not None and (tally := _TALLIES[bound[1]](int(bound[2]), said)):
            end, help_ = p.at + bound.end(), f"write `{tally}`"
        else:
            help_ = f"{FUNCTIONS}; how many there are is asked as in `at least 2 scans`"
    elif folded in _MEAN:
        help_ = f"{FUNCTIONS}; record the {folded} as a metric of its own, or bound each element: `all … have …`"
    return p.found("GATE001", f"there is no function `{name[0]}`", start, end, help_)


def unquoted(p: Place) -> Diagnostic | None:
    """`passed Fairness Check`, `scanned by modelscan`, `in role validator`, `'…'`, `signed by "validator"`"""
    signed = re.search(r"(?<![\w.-])(?:signed|waivable)\s{1,9}by(?:\s{1,9}\d{1,7})?$", p.before)
    if signed is not None and (said := re.match(r'"[^"\n]*"|[A-Za-z][\w-]*', p.rest)):
        if said[0] in {"role", "roles", "in"} or ("role" in p.word and '"' not in said[0]):
            return None
        if said[0].lower() not in NUMBERS:
            role = said[0] if said[0].startswith('"') else f'"{said[0]}"'
            where = "in role" if signed[0][-1].isdigit() else "role"
            what = f"`{said[0]}` cannot stand here"
            return p.found("GATE001", what, p.at, p.at + said.end(), f"write `{where} {role}`")
    if single := re.match(r"'([^'\n\"\\]*)'", p.rest):
        what = "a text stands in double quotation marks"
        return p.found("GATE004", what, p.at, p.at + single.end(), f'write `"{single[1]}"`')
    suite = re.search(r"(?<![\w.-])passed$", p.before)
    if suite is not None and (inner := re.match(r'\(\s*"?([^()"\n]+?)"?\s*\)', p.rest)):
        start, help_ = p.base + suite.start(), f'write `passed "{inner[1]}"`'
        return p.found("GATE004", "the name of a suite has no brackets", start, p.at + inner.end(), help_)
    wanted = "STRING" in p.accepts and not p.accepts & {"PATH", "WORD", "NUMBER", "COMMA", "$END"}
    said = _BARE.match(p.rest) if suite is not None or wanted else None
    if said is None or (
        suite is not None
        and said[0].split()[0] in {"is", "are", "in", "like", "within", "at", "not", "and", "or", "on"}
    ):
        return None
    return p.found("GATE004", "a text stands in quotation marks", p.at, p.at + said.end(), f'write `"{said[0]}"`')


def words(p: Place) -> Diagnostic | None:
    """`in [MIT, BSD]`, `in (low, high)`, `in MIT`, `is MIT or BSD`"""
    if "LBRACE" in p.accepts and (
        found := re.match(r"[\[(]([^\[\](){}\n]*)[\])]|[A-Za-z][\w.-]*|\"[^\"\n]*\"", p.rest)
    ):
        said = [w.strip() for w in (found[1] if found[1] is not None else found[0]).split(",")]
        if not all(re.fullmatch(r"[A-Za-z_][\w. -]*|\"[^\"]*\"|'[^'\"]*'", w) for w in said):
            return None
        what = f"`{p.rest[:1] if found[1] is not None else found[0]}` cannot stand here"
        return p.found("GATE001", what, p.at, p.at + found.end(), f"write `{{{', '.join(map(symbol, said))}}}`")
    either = re.search(r"(?<![\w.-])is\s{1,9}(\w{1,80}|\"[^\"\n]*\")\s{1,9}or$", p.before)
    if either is not None and (other := re.match(r"[A-Z]\w*(?![\w.-])|\"[^\"\n]*\"", p.rest)):
        start, what = p.base + either.start(), "each side of `or` is a condition"
        return p.found(
            "GATE001", what, start, p.at + other.end(), f"write `in {{{symbol(either[1])}, {symbol(other[0])}}}`"
        )
    return None


def symbol(word: str) -> str:
    """A word as a symbol, in quotation marks where it is no plain word."""
    word = word.strip("'\"")
    return word if re.fullmatch(r"[A-Za-z_]\w*", word) and word not in _NO_SYMBOLS else f'"{word}"'


_NO_SYMBOLS = frozenset({"policy", "use", "metric", "fact", "let", "require", "advise", "when", "because", "and", "or"})
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
