"""Every form of condition as two formulas: the one place where its meaning is written for all back ends.

    typed condition ──▶ Meaning(holds, fails)        what is unknown is neither

Negation swaps the two, `and` and `or` are de Morgan's.  Terms are read in `terms.py`, compared in `comparisons.py`, gone through in
`lists.py`; a let has one value, lowered without the lists around it.
"""

from __future__ import annotations

from letpass.language import typed
from letpass.language.rules import Rule
from letpass.semantics import people, presence, terms
from letpass.semantics.around import Around
from letpass.semantics.comparisons import Comparisons, flag
from letpass.semantics.formula import Among, Compare, Known, Matches, Shape, Shaped, conj, given
from letpass.semantics.lists import Lists
from letpass.semantics.meaning import UNKNOWN, Meaning, conjunction, disjunction, negation, positive
from letpass.semantics.places import Itself
from letpass.semantics.terms import Term
from letpass.semantics.values import Asked, Input, Kind, Literal, Read


class Lowering:
    """Lowers conditions, each once: what was lowered before is the same object."""

    def __init__(self) -> None:
        self.comparisons, self.lists = Comparisons(self.term), Lists(self.meaning)
        self._meanings: dict[tuple[int, Around], tuple[typed.Truth, Meaning]] = {}
        self._terms: dict[tuple[typed.Term, Around], Term] = {}

    def rule(self, rule: Rule) -> Meaning:
        """`require E when G` is "not G or E"."""
        test = self.meaning(rule.test)
        return test if rule.guard is None else disjunction([negation(self.meaning(rule.guard)), test])

    def meaning(self, node: typed.Truth, around: Around = Around()) -> Meaning:  # noqa: B008 - it is frozen
        """What a condition means."""
        key = (id(node), around)  # by identity: a long condition is not looked through at every depth
        if key not in self._meanings:
            self._meanings[key] = (
                node,
                self._meaning(node, around),
            )  # the node is kept, so that its identity stays its own
        return self._meanings[key][1]

    def _meaning(self, node: typed.Truth, around: Around) -> Meaning:
        match node:
            case typed.Not():
                return negation(self.meaning(node.operand, around))
            case typed.Both():
                return conjunction([self.meaning(part, around) for part in node.parts])
            case typed.Either():
                return disjunction([self.meaning(part, around) for part in node.parts])
            case typed.Named():
                return self.meaning(node.body, around.outside())  # type: ignore[arg-type]
            case typed.AttestedBy():
                if around.service not in {None, node.service}:
                    return UNKNOWN  # nothing is attested by two
                return self.meaning(node.operand, Around(around.levels, node.service))
            case typed.ForAll():
                return self.lists.every(node, around)
            case typed.CountOf():
                return self.lists.count(node, around)
            case typed.Comparison():
                return self.comparisons.compare(node, around)
            case typed.HasChampion():
                return Meaning(Input(Asked.CHAMPION), Input(Asked.NOBODY))
            case typed.OlderBars():
                return Meaning(Input(Asked.OLDER), Input(Asked.YOUNGER))
            case typed.SignedBy():
                return people.signed(node)
            case typed.SuitePassed():
                return presence.suite(node, around)
            case typed.ToolScanned():
                return presence.scan(node, around)
            case typed.Recorded():
                return presence.recorded(node, around, self.term)
            case _:
                return self._predicate(node, around)

    def _predicate(
        self,
        node: typed.Flag | typed.Among | typed.Matches | typed.Pinned | typed.Fresh | typed.Computed,
        around: Around,
    ) -> Meaning:
        """The conditions on one value."""
        value = self.term(node.operand, around).value
        match node:
            case typed.Flag():
                return flag(value)
            case typed.Among():
                words = frozenset(node.symbols)
                found = Meaning(Among(value, words), Among(value, words, negated=True), complement=True)
                return negation(found) if node.negated else found
            case typed.Matches():
                text = given(value, Shaped(value, Shape.FILLED))
                return Meaning(Matches(text, node.parts), Matches(text, node.parts, negated=True), complement=True)
            case typed.Pinned():
                digest, other = (Shaped(value, Shape.DIGEST, negated) for negated in (False, True))
                return Meaning(digest, other, complement=True)
            case typed.Fresh():
                return presence.fresh(value, node.microseconds)
            case typed.Computed():
                trust = Read(Itself(node.operand.champion), f"@trust:{node.operand.path}", Kind.TEXT)
                return positive(conj(Known(value), Compare(trust, "==", Literal("computed"))))

    def term(self, node: typed.Term, around: Around) -> Term:
        """One value, in its own unit."""
        key = (node, around)
        if key not in self._terms:
            self._terms[key] = self._term(node, around)
        return self._terms[key]

    def _term(self, node: typed.Term, around: Around) -> Term:
        match node:
            case typed.Extremum():
                return self.lists.extremum(node, around)
            case typed.Named():
                return self.term(node.body, around.outside())  # type: ignore[arg-type]
            case _:
                return terms.single(node, around)
