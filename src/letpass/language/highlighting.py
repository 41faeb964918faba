"""Policies in colour wherever Pygments is: documentation, notebooks, terminals.

Nothing of the program imports this module; Pygments finds it by its entry point.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text, Whitespace

from letpass.move import KINDS

_END = r"(?![\w.-])"
_PATH = r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*"
_UNITS = r"(?:ns|us|ms|s|seconds?|minutes?|hours?|days?|weeks?|B|kB|MB|GB|TB|points?)"
_STATEMENTS = ("policy", "use", "metric", "fact", "let", "require", "advise")
_CLAUSES = ("on", "approved", "applies", "when", "because", "fix", "owner", "from", "waivable")
_LOGIC = ("and", "or", "not", "is", "are", "in", "like", "within", "where", "have", "all", "no")
_PHRASES = (
    *("to", "higher", "lower", "better", "recorded", "as", "one", "of", "ordered", "by", "role", "roles", "for"),
    *(
        "attested",
        "at",
        "least",
        "most",
        "confidence",
        "paired",
        "corrected",
        "its",
        "judge",
        "over",
        "tries",
        "pinned",
        "computed",
        "there",
        "a",
        "champion",
        "passed",
    ),
    *("with", "score", "scanned", "signed", "other", "than", "author"),
)
_TYPES = ("ratio", "number", "count", "duration", "size", "text", "date", "flag")


class PolicyLexer(RegexLexer):  # type: ignore[misc]
    """The policy language.  What has no meaning in it is plain text and no error, for pages show wrong policies too."""

    name = "Letpass policy"
    url = ""
    aliases: ClassVar = ["policy"]
    filenames: ClassVar = ["*.policy"]
    tokens: ClassVar = {
        "root": [
            (r"\s+", Whitespace),
            (r"#[^\n]*", Comment.Single),
            (r'"[^"\\\n]*"', String.Double),
            (r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?(?![\w.:-])", Number.Date),
            (r"[0-9]+(?:\.[0-9]+)?%", Number),
            (rf"([0-9]+(?:\.[0-9]+)?)(\s*)({_UNITS}){_END}", bygroups(Number, Whitespace, Keyword.Type)),
            (r"[0-9]+(\.[0-9]+)?", Number),
            (rf"(metric|fact)(\s+)({_PATH})", bygroups(Keyword.Declaration, Whitespace, Name.Variable)),
            (r"[a-z][a-z0-9]*(-[a-z0-9]+)*(?=\s*:)", Name.Label),
            (rf"(:)(\s*)({'|'.join(_TYPES)})(?![\w-])", bygroups(Punctuation, Whitespace, Keyword.Type)),
            (rf"(in)(\s+)({_UNITS}){_END}", bygroups(Operator.Word, Whitespace, Keyword.Type)),
            (r"(min|max|abs)(?=\s*\()", Name.Builtin),
            (rf"any\s+stage{_END}", Keyword.Pseudo),
            (words(_STATEMENTS, suffix=_END), Keyword.Declaration),
            (words(_CLAUSES, suffix=_END), Keyword),
            (words(KINDS, suffix=_END), Keyword.Constant),
            (words(_LOGIC, suffix=_END), Operator.Word),
            (words(_PHRASES, suffix=_END), Keyword.Pseudo),
            (_PATH + _END, Name),
            (r"[A-Za-z_]\w*", Name),
            (r">=|<=|==|!=|[<>=+*%-]", Operator),
            (r"[(){},:]", Punctuation),
            (r".", Text),
        ]
    }
