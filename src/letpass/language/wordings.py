"""Keywords, comparisons and qualifiers in other words, or in another order, than the language has them.

A help says what replaces the words that are underlined, so that it can be obeyed as it stands.
"""

from __future__ import annotations

import re

from letpass.diagnostics import Diagnostic, is_one_slip, offer
from letpass.language.borrowed import NUMBERS, Place

# Other words for a keyword, or for a type: offered where that can stand.
_WORDS = {
    "if": "when", "provided": "when", "also": "and", "plus": "and", "has": "have", "having": "have", "with": "where",
    "that": "where", "which": "where", "matches": "like", "since": "from", "reason": "because", "why": "because",
    "remedy": "fix", "waiveable": "waivable", "waivered": "waivable",
}  # fmt: skip
_TYPES = {
    "float": "number", "double": "number", "decimal": "number", "real": "number", "num": "number", "int": "count",
    "integer": "count", "percent": "ratio", "percentage": "ratio", "rate": "ratio", "share": "ratio", "fraction": "ratio",
    "string": "text", "str": "text", "bool": "flag", "boolean": "flag", "time": "duration", "timespan": "duration",
    "datetime": "date", "timestamp": "date", "bytes": "size", "enum": "one of", "choice": "one of", "oneof": "one of",
}  # fmt: skip
# Words of the language that are no slip of another one.
_SHORT = frozenset({"on", "to", "not", "no", "now", "all", "at", "or", "of", "as", "in", "is", "by", "and"})
_QUANTIFIERS = {
    "any": "at least 1", "some": "at least 1", "every": "all", "each": "all", "none": "no", "without": "no", "zero": "no",
}  # fmt: skip
_COMPARED = {
    "at least": ">=", "at most": "<=", "not less than": ">=", "not lower than": ">=", "not more than": "<=",
    "not greater than": "<=", "not higher than": "<=", "greater than": ">", "more than": ">", "higher than": ">",
    "less than": "<", "lower than": "<", "fewer than": "<", "greater than or equal to": ">=",
    "less than or equal to": "<=", "equal to": "==", "equals": "==", "above": ">", "over": ">", "below": "<", "under": "<",
}  # fmt: skip
# Other words for what begins a rule, or another statement.
_STARTS = {
    "must": "require", "should": "require", "shall": "require", "assert": "require", "ensure": "require", "expect": "require",
    "check": "require", "rule": "require", "warn": "advise", "recommend": "advise", "import": "use",
    "include": "use", "var": "let", "def": "let", "set": "let", "define": "let", "measure": "metric",
}  # fmt: skip
_IN_WORDS = re.compile(
    r"(?:is\s{1,9})?(?P<said>"
    + "|".join(w.replace(" ", r"\s{1,9}") for w in sorted(_COMPARED, key=len, reverse=True))
    + r")(?=\s{1,9}[-\d])"
)
_CLAUSES = re.compile(r"\s+(?:because|fix|owner|from|waivable)(?![\w.-])|\s*#|\s*\Z")
_LABEL = r"[a-z][a-z0-9_]*(?:-[a-z0-9]+)*"
_TRAIT = r"(?:(?:higher|lower)\s+is\s+better|on\s+\"[^\"\n]*\"|recorded\s+as\s+\"[^\"\n]*\")"
_FOLLOWS = frozenset({"is", "are", "in", "like", "within", "and", "or", "at", "on", "attested", "where", "have"})


def begins(word: str) -> str:
    """The word that begins a statement, for another one that people begin such with; else the word itself."""
    return _STARTS.get(word, word)


def recorded(p: Place) -> Diagnostic | None:
    """`x exists`, `x recorded`, `exists x`"""
    if p.word in {"recorded", "pinned", "computed"} and "_IS" in p.accepts:
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), f"write `is {p.word}`")
    if (
        p.word in {"exists", "exist", "present"}
        and re.search(r"(?<![\w.-])[a-z_][\w.]*$", p.before)
        and "_IS" in p.accepts
    ):
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), "write `is recorded`")
    first = re.search(r"(?<![\w.-])exists$", p.before)
    if first is not None and (path := re.match(r"[a-z_][\w.]*", p.rest)):
        start = p.base + first.start()
        return p.found(
            "GATE001", "`exists` is no word here", start, p.at + path.end(), f"write `{path[0]} is recorded`"
        )
    return None


def keyword(p: Place) -> Diagnostic | None:
    """A keyword in capitals, or another word for one."""
    folded, what = p.word.lower(), f"`{p.word}` cannot stand here"
    if not re.fullmatch(r"[a-z]+", folded):
        return None
    meant = ""
    if folded != p.word and p.accepts & {f"_{folded.upper()}", folded.upper()}:
        meant = folded
    elif folded == "unless" and "_WHEN" in p.accepts:
        return _unless(p, what)
    elif folded in {"else", "otherwise", "then", "implies"} and p.accepts & {"_AND", "_WHEN", "_IS"}:
        help_ = "a rule asks one thing, and its guard stands behind: `require … when …`"
        return p.found("GATE001", what, p.at, p.at + len(p.word), help_)
    elif folded in NUMBERS and "NUMBER" in p.accepts and "PATH" not in p.accepts:
        meant = str(NUMBERS.index(folded))
    elif folded in _TYPES and "TYPE" in p.accepts and (_TYPES[folded] != "one of" or "_ONE" in p.accepts):
        meant = _TYPES[folded]
    elif folded in _STARTS and p.is_first:
        meant = _STARTS[folded]
        what = f"`{p.word}` begins no statement"
    elif folded == "with" and re.match(r"with\s+\d+(?:\.\d+)?%\s+confidence", p.rest) and "_AT" in p.accepts:
        meant = "at"
    elif f"_{_WORDS.get(folded, '-').upper()}" in p.accepts:
        meant = _WORDS[folded]
    return p.found("GATE001", what, p.at, p.at + len(p.word), f"write `{meant}`") if meant else None


def _unless(p: Place, what: str) -> Diagnostic:
    until = _CLAUSES.search(p.rest)
    end = until.start() if until is not None else len(p.rest)
    condition = " ".join(p.rest[len(p.word) : end].split())
    if not condition or "(" in condition:
        return p.found("GATE001", what, p.at, p.at + len(p.word), "write `when not`, with its condition in parentheses")
    return p.found("GATE001", what, p.at, p.at + end, f"write `when not ({condition})`")


def first(p: Place) -> Diagnostic | None:
    """`any scans where …`, `if …`: what has been read as a name, and is one of these words."""
    slipped = re.search(r"(?<![\w.-])[a-z]{2,9}$", p.before)
    written = slipped[0] if slipped is not None and slipped[0] not in _SHORT else ""
    near = tuple(w for w in _before(p.word) if is_one_slip(written, w))
    if slipped is not None and near:
        where = p.base + slipped.start()
        return p.found(
            "GATE001", f"`{slipped[0]}` is no word here", where, where + len(slipped[0]), offer(near, "word")
        )
    name = re.search(r"(?<![\w.-])(?<!from )(?:any|some|every|each|none|without|zero|if|unless)$", p.before)
    if name is None or not re.match(r"[a-z_(]", p.word) or p.word in _FOLLOWS:
        return None
    start, what = p.base + name.start(), f"`{name[0]}` is no word here"
    if name[0] in _QUANTIFIERS:
        return p.found("GATE001", what, start, start + len(name[0]), f"write `{_QUANTIFIERS[name[0]]}`")
    return p.found(
        "GATE001", what, start, start + len(name[0]), "a guard stands behind the condition: `require … when …`"
    )


def _before(word: str) -> tuple[str, ...]:
    """The words of the language behind which a word can stand, and no name."""
    if word in {"least", "most"}:
        return ("at",)
    if word == "by":
        return "signed", "scanned"
    if word.startswith('"'):
        return ("passed",)
    return ("not", "no", "all") if re.match(r"[a-z_]", word) and word not in _FOLLOWS else ()


def comparison(p: Place) -> Diagnostic | None:
    """`x between 0.8 and 0.9`, `x is at least 0.9`, `x is >= 0.9`"""
    name = re.search(r'(?<![\w.-])[a-z_][\w.]{0,200}(?:\s{1,9}on\s{1,9}"[^"\n]*")?$', p.before)
    ends = re.match(r"between\s+(-?[\d.]+%?)\s+and\s+(-?[\d.]+%?)(?=[\s)]|$)", p.rest)
    if name is not None and ends is not None:
        said = f"{name[0]} >= {ends[1]} and {name[0]} <= {ends[2]}"
        start = p.base + name.start()
        return p.found("GATE005", "`between` is not a comparison", start, p.at + ends.end(), f"write `{said}`")
    # where `is` has been read already, the word behind it may have been too, as a symbol
    begun = re.search(
        r"(?<![\w.-])is(?:\s{1,9}not)?(?:\s{1,9}(?:at|greater|more|higher|less|lower|fewer|equal))?$", p.before
    )
    start = p.base + begun.start() if begun is not None else p.at
    text = p.statement.source.text[start : min(start + 100, p.statement.end)]
    if begun is not None and (sign := re.match(r"is\s{1,9}(>=|<=|==|!=|>|<)", text)):
        what = f"`{' '.join(sign[0].split())}` is not a comparison"
        return p.found("GATE005", what, start, start + sign.end(), f"write `{sign[1]}`")
    if (words := _IN_WORDS.match(text)) is None or (begun is None and "CMP" not in p.accepts):
        return None
    operator = _COMPARED[" ".join(words["said"].split())]
    what = f"`{' '.join(words[0].split())}` is not a comparison"
    return p.found("GATE005", what, start, start + words.end(), f"write `{operator}`")


def order(p: Place) -> Diagnostic | None:
    """Qualifiers of a condition, and the parts of a clause, in another order than they stand in."""
    age = re.search(r"(?<![\w.-])within\s{1,9}\d{1,9}(?:\.\d{1,9})?\s{1,9}[A-Za-z]{1,9}$", p.before)
    late = re.match(r"(with\s+score\s*(?:>=?|<=?|==)\s*[\d.]+%?)|other\s+than\s+author", p.rest)
    kind = "passed" if late is not None and late[1] else "signed"
    if age is not None and late is not None and re.search(rf"(?<![\w.-]){kind}(?![\w.-])", p.before):
        said = f"{' '.join(late[0].split())} {' '.join(age[0].split())}"
        what = f"`{' '.join(late[0].split()[:2])}` stands before `within`"
        return p.found("GATE001", what, p.base + age.start(), p.at + late.end(), f"write `{said}`")
    lasts = re.match(r"(for\s+\d+(?:\.\d+)?\s+[A-Za-z]+)\s+(by\s+role\s+\"[^\"\n]*\")", p.rest)
    if lasts is not None and re.search(r"(?<![\w.-])waivable$", p.before):
        return p.found(
            "GATE001", "`for` stands behind the role", p.at, p.at + lasts.end(), f"write `{lasts[2]} {lasts[1]}`"
        )
    if p.word == "within" and "_WITHIN" not in p.accepts and "_AND" in p.accepts:
        help_ = "an age is asked of a date, as in `registered_at within 30 days`, of a suite, a scan or a signature"
        return p.found("GATE001", "`within` cannot stand here", p.at, p.at + 6, help_)
    if p.word == "with" and late is not None:
        return p.found(
            "GATE001", "`with score` cannot stand here", p.at, p.at + late.end(), "only a suite has a score: `passed`"
        )
    if p.word == "for" and "_FOR" not in p.accepts:
        help_ = 'a waiver says how long it lasts, as in `waivable by role "ROLE" for 14 days`'
        return p.found("GATE001", "`for` cannot stand here", p.at, p.at + 3, help_)
    if re.search(r"(?<![\w.-])at$", p.before) and re.match(r"\d+(?:\.\d+)?%\s+confidence", p.rest):
        help_ = "a confidence stands behind the comparison, as in `accuracy >= 0.9 at 95% confidence`"
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), help_)
    if p.word in {"paired", "corrected", "over"} and f"_{p.word.upper()}" not in p.accepts and "PATH" not in p.accepts:
        help_ = "the order is as in `accuracy >= champion.accuracy - 3 points paired at 95% confidence over 5 tries`"
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), help_)
    begun = re.search(r"(?<![\w.-])(waivable|from|fix|owner)$", p.before)
    early = p.word in {"when", "because"} and "PATH" in p.accepts
    if early or (
        begun is not None and re.search(r":\s*\w+$", p.before) and p.word not in _FOLLOWS and "CMP" in p.accepts
    ):
        help_ = "the condition stands first, and `when`, `because`, `fix`, `owner`, `from` and `waivable` behind it"
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), help_)
    role = re.search(r'(?<![\w.-])role\s{1,9}"[^"\n]*"(?:\s{1,9}other\s{1,9}than\s{1,9}author)?$', p.before)
    if role is not None and re.match(r"in\s+role|by\s+\d", p.rest):
        help_ = 'the order is as in `signed by 2 in role "validator" other than author within 30 days`'
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.at, p.at + len(p.word), help_)
    return None


def trait(p: Place) -> Diagnostic | None:
    """Traits and the documentation of a metric without their comma, or in another order."""
    if not p.statement.source.text.startswith("metric", p.statement.start):
        return None
    found = re.match(_TRAIT, p.rest)
    if found is not None and "COMMA" in p.accepts:
        what = "a comma stands before a trait of a metric"
        return p.found("GATE001", what, p.base + len(p.before), p.at + found.end(), f"write `, {found[0]}`")
    if p.word == "better" and re.search(r"(?:higher|lower)$", p.before):
        return p.found("GATE001", "`better` cannot stand here", p.at, p.at + 6, "write `is better`")
    doc = re.search(r'\s{0,9}("[^"\n]*")$', p.before)
    traits = re.match(rf"(?:\s*,\s*{_TRAIT})+", p.rest)
    if doc is not None and traits is not None:
        said = f"{' '.join(traits[0].split())} {doc[1]}"
        what = "the documentation of a metric stands last"
        return p.found("GATE001", what, p.base + doc.start(), p.at + traits.end(), f"write `{said}`")
    return None


def joined(p: Place) -> Diagnostic | None:
    """Words that lack what holds them together: `champion accuracy`, `at least 2 of scans`, `there is champion`."""
    path = re.match(r"[a-z_][\w.]*", p.rest)
    owner = re.search(r"(?<![\w.-])(champion|candidate)$", p.before)
    if owner is not None and path is not None and path[0] not in _FOLLOWS and not p.is_first:
        what, said = f"`{path[0]}` cannot stand here", f"{owner[1]}.{path[0]}"
        return p.found("GATE001", what, p.base + owner.start(), p.at + path.end(), f"write `{said}`")
    counted = re.search(r"(?<![\w.-])(?:least|most)\s{1,9}\d{1,7}\s{1,9}(of)$", p.before)
    if counted is not None and path is not None:
        return p.found(
            "GATE001", "`of` is no word here", p.base + counted.start(1), p.at + path.end(), f"write `{path[0]}`"
        )
    there = re.search(r"(?<![\w.-])[a-z]+\s{1,9}is\s{1,9}a$", p.before)
    if p.word == "champion" and there is not None:
        what = "`champion` cannot stand here"
        return p.found("GATE001", what, p.base + there.start(), p.at + 8, "write `there is a champion`")
    if ".." in p.word and (dotted := re.match(r"[a-z_]\w*(?:\.+[a-z_]\w*)+", p.rest)):
        said = re.sub(r"\.+", ".", dotted[0])
        return p.found("GATE006", f"`{dotted[0]}` is not a name", p.at, p.at + dotted.end(), f"write `{said}`")
    if p.word == "champion" and "_A" in p.accepts:
        return p.found("GATE001", "`champion` cannot stand here", p.at, p.at + 8, "write `a champion`")
    if p.word == "is" and (late := re.match(r"(is\s+(?:recorded|pinned|computed))\s+([a-z_][\w.]*)", p.rest)):
        return p.found("GATE001", "`is` cannot stand here", p.at, p.at + late.end(), f"write `{late[2]} {late[1]}`")
    named = re.search(r"(?<![\w.-])([a-z_][\w.]*)\s{0,9}$", p.before)
    mark = {":": "=", "=": ":"}.get(p.word, "")
    if named is not None and mark and {"=": "EQUAL", ":": "COLON"}[mark] in p.accepts and "CMP" not in p.accepts:
        said = f"{named[1]} =" if mark == "=" else f"{named[1]}:"
        return p.found("GATE001", f"`{p.word}` cannot stand here", p.base + named.start(), p.at + 1, f"write `{said}`")
    return None


def label(p: Place) -> Diagnostic | None:
    """`require fair accuracy >= 0.9`, `metric fair ratio`: a label or a name without its colon."""
    declared = re.fullmatch(r"(?:metric|fact)\s+([a-z_][\w.]*)", p.before) if p.is_whole else None
    if declared is not None and "COLON" in p.accepts and re.match(r"[a-z]", p.word):
        start = p.base + declared.start(1)
        return p.found(
            "GATE001", f"`{p.word}` cannot stand here", start, start + len(declared[1]), f"write `{declared[1]}:`"
        )
    if not p.is_whole or not re.match(r"[A-Za-z_(\"]", p.word) or p.word in _FOLLOWS:
        return None
    if p.before in {"require", "advise"}:
        if (
            not (ahead := re.match(rf"({_LABEL})\s+([a-z]+|[(\"])", p.rest))
            or "-" not in ahead[1]
            or ahead[2] in _FOLLOWS
        ):
            return None
        what = f"the label `{ahead[1]}` lacks its colon"
        return p.found("GATE006", what, p.at, p.at + len(ahead[1]), f"write `{ahead[1]}:`")
    found = re.fullmatch(rf"(?:require|advise)\s+({_LABEL})(?:\s+not)?", p.before)
    if found is None or found[1] in {"passed", "min", "max", "abs"}:
        return None
    start = p.base + found.start(1)
    said = found[1].replace("_", "-")
    what = f"`{p.word}` cannot stand here"
    return p.found("GATE001", what, start, start + len(found[1]), f"write `{said}:`, if it is the label of the rule")
