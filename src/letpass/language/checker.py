"""Syntax and vocabulary to a typed policy, or every diagnostic at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from letpass.diagnostics import Diagnostic, PolicyError, Severity, Span, nearest
from letpass.frozen import Frozen
from letpass.language import lints, monotone, syntax, terms, typed
from letpass.language.expressions import Expressions
from letpass.language.form import Forms
from letpass.language.names import Scope
from letpass.language.rules import Policy, Rule, Waivable
from letpass.language.statements import one_line
from letpass.language.types import RECORDED_UNITS, UNITS, Vocabulary
from letpass.move import LASTING, Move, Stage

SHORTEST_APPROVAL = 1_000_000  # microseconds: proofs tell the end to the second

# A statement that does not read has an error of its own; names that it would have declared are not reported as unknown too.
_FIRST_WORDS = re.compile(r"^[ \t]*([A-Za-z]+)\b", re.MULTILINE)
_DECLARED = re.compile(r"^[ \t]*(?!(?:require|advise|policy)\b)[A-Za-z]+[ \t]+([a-z_][\w.]*)", re.MULTILINE)
Load = Callable[[syntax.Use], syntax.PolicyText]


class Checked(Frozen):
    """What a check found: the policy where there are no errors, and all diagnostics in order."""

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]


def check(text: syntax.PolicyText, vocabulary: Vocabulary, load: Load, *, warn: bool = True) -> Checked:
    """Check one policy file.  `load` gives the text behind a `use`, or raises `PolicyError`; `warn`: lint it too."""
    checker = _Checker(vocabulary, load, warn=warn)
    policy = checker.policy(text)
    found = tuple(sorted(dict.fromkeys(checker.found), key=lambda d: d.order))
    return Checked(None if any(d.is_error for d in found) else policy, found)


def check_expression(
    node: syntax.Expression, vocabulary: Vocabulary, texts: tuple[syntax.PolicyText, ...], load: Load
) -> typed.Truth | typed.Term:
    """Type one expression under the declarations of `texts`; raises `PolicyError`."""
    checker = _Checker(vocabulary, load)
    checker.scope.has_target = True
    for text in texts:
        checker.declare(text, set())
    _raise(checker.found)
    expressions = Expressions(checker.scope)
    try:
        return expressions.truth(node)
    except PolicyError as error:
        if not any(d.code == "GATE207" for d in error.diagnostics):
            raise
        operand = expressions.term(node, ())
        return operand.node


def _raise(found: list[Diagnostic]) -> None:
    errors = tuple(d for d in found if d.is_error)
    if errors:
        raise PolicyError(errors)


class _Checker:
    def __init__(self, vocabulary: Vocabulary, load: Load, *, warn: bool = True) -> None:
        self.warn = warn
        self.scope = Scope(vocabulary)
        self.forms = Forms(self.scope)
        self.load = load
        self.found: list[Diagnostic] = []
        self.unread = False

    def tell(self, code: str, message: str, span: Span, help_: str = "", severity: Severity = Severity.ERROR) -> None:
        self.found.append(Diagnostic(code, message, span, help_, severity))

    # ------------------------------------------------------------ statements

    def policy(self, text: syntax.PolicyText) -> Policy | None:
        header = text.header
        self._order(text)
        if header is not None:
            self._header(header)
            self.scope.has_target = any(on.stages for on in header.on)
        else:
            self.scope.has_target = _was_meant(text, "policy")
        self.declare(text, set())
        if self.unread:  # without those declarations everything else would be an error that is none
            return None
        expressions = Expressions(self.scope)
        self._lets(text, expressions)
        applies = None
        approved = self._approved(header) if header is not None and header.approved is not None else None
        if header is not None and header.applies is not None:
            applies = self._typed(header.applies, expressions)
            if applies is not None:
                self.found += monotone.check(applies, guard=True)
        name = header.name if header else ""
        rules = [self._rule(s, name, expressions) for s in text.statements if isinstance(s, syntax.Rule)]
        self._labels(text)
        self.found += expressions.warnings
        typed_rules = tuple(r for r in rules if r is not None)
        if header is None:
            return None
        moves = tuple(
            Move(on.move, Stage(stage) if stage is not None else None)
            for on in header.on
            for stage in (on.stages or (None,))
        )
        if not any(isinstance(s, syntax.Rule) for s in text.statements) and not _was_meant(text, "require", "advise"):
            self.tell(
                "GATE009", f"the policy `{name}` has no rule, and could never allow", header.span, "add a `require`"
            )
        form = self.forms.policy(text)
        policy = Policy(
            name, header.title, moves, applies, header.owner or "", typed_rules, form, approved,
            any(on.from_any for on in header.on), span=header.span,
        )  # fmt: skip
        if self.warn and not any(d.code == "GATE008" for d in self.found):
            self.found += lints.lint(policy, self.scope)
        return policy

    def _order(self, text: syntax.PolicyText) -> None:
        headers = [s for s in text.statements if isinstance(s, syntax.Header)]
        if headers and text.header is None:
            self.tell(
                "GATE009", "the `policy` header does not come first", headers[0].span, "move it to the top of the file"
            )
        for second in headers[1:]:
            self.tell(
                "GATE009", "a second `policy` header", second.span, "a file holds one policy; make it a file of its own"
            )
        if not headers and not _was_meant(text, "policy"):
            for rule in (s for s in text.statements if isinstance(s, syntax.Rule)):
                self.tell(
                    "GATE009",
                    "a rule in a file without a `policy` header",
                    rule.span,
                    'begin the file with `policy NAME: "title"` and `on …`',
                )

    def _header(self, header: syntax.Header) -> None:
        if not header.on:
            self.tell(
                "GATE009",
                f"the policy `{header.name}` governs no move",
                header.span,
                "add `on promotion to production`, `on registration`, `on deployment` or `on review`",
            )
        if not header.title.strip():
            self.tell(
                "GATE009",
                f"the policy `{header.name}` has an empty title",
                header.span,
                "say in a few words what it is for",
            )
        seen: set[Move] = set()
        for on in header.on:
            for stage in on.stages or (None,):
                move = Move(on.move, Stage(stage) if stage is not None else None)
                if move in seen:
                    self.tell("GATE104", f"`{on.span.text}` is said twice", on.span, "remove one")
                if stage is not None and not stage.strip():
                    self.tell(
                        "GATE009", "a stage without a name", on.span, "name one, as in `on promotion to production`"
                    )
                seen.add(move)

    def _approved(self, header: syntax.Header) -> int | None:
        """How long an approval lasts, in microseconds; None where that cannot be."""
        node = header.approved
        assert node is not None
        if header.on and not any(on.move in LASTING for on in header.on):
            kinds = " and ".join(dict.fromkeys(on.move for on in header.on))
            self.tell(
                "GATE218",
                f"`approved for` has no meaning for {kinds}",
                node.span,
                "remove it; what keeps an approval that can end is a promotion, a rollback or a deployment",
            )
        try:
            lasts = terms.microseconds(node)
        except PolicyError as error:
            self.found += error.diagnostics
            return None
        if lasts < SHORTEST_APPROVAL:
            self.tell(
                "GATE203", f"`{node.span.text}` is out of range", node.span, "an approval lasts a second at least"
            )
        return lasts

    def declare(self, text: syntax.PolicyText, visited: set[str]) -> None:
        """Take the declarations of a text and of all that it uses, each file once."""
        visited.add(text.span.source.name)
        self.scope.spoilt |= set(_DECLARED.findall(text.unread))
        for s in text.statements:
            if isinstance(s, syntax.Use):
                try:
                    used = self.load(s)
                except PolicyError as error:
                    self.found += error.diagnostics
                    self.unread = True
                    continue
                if used.span.source.name in visited:
                    continue
                if used.header is not None:
                    self.tell(
                        "GATE107",
                        f"`{s.file}` is a policy of its own",
                        s.span,
                        "share metrics, facts and lets in a file without a header",
                    )
                    continue
                self._order(used)
                self.declare(used, visited)
            elif isinstance(s, syntax.Metric):
                self._declare(s, s.name, self.scope.metrics)
                self._type(s.type)
            elif isinstance(s, syntax.Fact):
                self._declare(s, s.name, self.scope.facts)
                if s.type is not None:
                    self._type(s.type)
                if len(set(s.symbols)) != len(s.symbols):
                    self.tell("GATE104", f"a word of `{s.name}` is said twice", s.span, "remove one")
            elif isinstance(s, syntax.Let):
                self._declare(s, s.name, self.scope.lets)

    def _declare(
        self,
        node: syntax.Metric | syntax.Fact | syntax.Let,
        name: str,
        among: dict[str, syntax.Metric] | dict[str, syntax.Fact] | dict[str, syntax.Let],
    ) -> None:
        scope = self.scope
        first = name.split(".")[0]
        if first in scope.vocabulary.shapes or first in {"now", "champion", "candidate"}:
            self.tell("GATE105", f"the record has a `{first}` of its own", node.span, "choose another name")
        elif isinstance(node, syntax.Let) and "." in name:
            self.tell(
                "GATE105",
                "the name of a let has no dot",
                _of_name(node.span, name),
                f"write `{name.replace('.', '_')}`",
            )
        elif name in scope.metrics or name in scope.facts or name in scope.lets:
            other: syntax.Metric | syntax.Fact | syntax.Let | None = (
                scope.metrics.get(name) or scope.facts.get(name) or scope.lets.get(name)
            )
            if other is not None and other.span.source.name + str(other.span.start) != node.span.source.name + str(
                node.span.start
            ):
                self.tell(
                    "GATE104",
                    f"`{name}` is declared twice, the first time at {other.span.place}",
                    node.span,
                    "remove one, or give it another name",
                )
        else:
            among[name] = node  # type: ignore[assignment]

    def _type(self, node: syntax.Type) -> None:
        if node.unit is None:
            return
        kind = RECORDED_UNITS.get(node.unit)
        if node.kind not in UNITS or kind != node.kind:
            units = [u for u in UNITS.get(node.kind, {}) if u and not u.startswith("point")]
            help_ = "its units are " + ", ".join(f"`{u}`" for u in units) if units else f"write `{node.kind}` alone"
            self.tell("GATE201", f"a {node.kind} is not recorded in `{node.unit}`", node.span, help_)

    def _lets(self, text: syntax.PolicyText, expressions: Expressions) -> None:
        for let in self.scope.lets.values():
            if let.span.source is not text.span.source and not self._used(let.name, text):
                continue
            try:
                expressions.check_let(let)
            except PolicyError as error:
                self.found += error.diagnostics

    def _used(self, name: str, text: syntax.PolicyText) -> bool:
        return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text.span.source.text) is not None

    # ------------------------------------------------------------ rules

    def _typed(self, node: syntax.Expression, expressions: Expressions) -> typed.Truth | None:
        try:
            return expressions.truth(node)
        except PolicyError as error:
            self.found += error.diagnostics
            return None

    def _rule(self, node: syntax.Rule, policy: str, expressions: Expressions) -> Rule | None:
        test = self._typed(node.test, expressions)
        if test is not None and expressions.too_large(test):
            self.tell(
                "GATE008",
                "this condition is too large, its lets written out",
                node.test.span,
                f"the most is {monotone.LARGEST} parts, {monotone.DEEPEST} inside each other",
            )
            return None
        guard, because, fix, owner, since, waivable = None, "", "", "", None, None
        for clause in node.clauses:
            match clause:
                case syntax.When():
                    guard = self._typed(clause.guard, expressions)
                    if guard is not None:
                        self.found += monotone.check(guard, guard=True)
                case syntax.Because():
                    because = clause.text
                case syntax.Fix():
                    fix = clause.text
                case syntax.Owner():
                    owner = clause.text
                case syntax.From():
                    since = self._instant(clause.date)
                case syntax.Waivable():
                    waivable = self._waivable(node, clause)
        if test is None:
            return None
        self.found += monotone.check(test)
        return Rule(
            policy,
            node.label,
            one_line(node.test.span.text),
            test,
            node.keyword == "advise",
            guard,
            because,
            fix,
            owner,
            since,
            waivable,
            self.forms.rule(node),
            span=node.span,
        )

    def _instant(self, date: syntax.Date) -> int | None:
        try:
            return terms.instant(date)
        except PolicyError as error:
            self.found += error.diagnostics
            return None

    def _waivable(self, rule: syntax.Rule, clause: syntax.Waivable) -> Waivable | None:
        if rule.keyword == "advise":
            self.tell(
                "GATE216",
                "advice blocks nothing, and needs no waiver",
                clause.span,
                "remove the clause, or write `require`",
            )
        elif rule.label is None:
            self.tell(
                "GATE216",
                "a rule without a label cannot be waived",
                clause.span,
                "give it a label: `require a-label: …`",
            )
        longest = None
        if clause.duration is not None:
            try:
                longest = terms.microseconds(clause.duration)
            except PolicyError as error:
                self.found += error.diagnostics
        return Waivable(clause.role, longest)

    def _labels(self, text: syntax.PolicyText) -> None:
        seen: dict[str, syntax.Rule] = {}
        for rule in (s for s in text.statements if isinstance(s, syntax.Rule) and s.label):
            assert rule.label is not None
            first = seen.setdefault(rule.label, rule)
            if first is not rule:
                self.tell(
                    "GATE103",
                    f"the label `{rule.label}` is already on line {first.span.line}",
                    rule.span,
                    "a label names its rule for ever; choose another",
                )


def _of_name(span: Span, name: str) -> Span:
    """Where a statement declares a name."""
    start = span.source.text.index(name, span.start)
    return Span(span.source, start, start + len(name))


def _was_meant(text: syntax.PolicyText, *starts: str) -> bool:
    """Does what did not read of a text begin a line with one of these words, or with one like it."""
    from letpass.language import wordings

    found = {wordings.begins(word.lower()) for word in _FIRST_WORDS.findall(text.unread)}
    return any(word in starts or nearest(word, starts) for word in found)
