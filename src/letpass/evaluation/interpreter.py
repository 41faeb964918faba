"""The reference interpreter: the meaning of every condition, with its explanation.

It is written to be clear; the compiled form is the fast one, and tests hold it equal to this.
"""

from __future__ import annotations

from typing import assert_never

from letpass.evaluation import plainly
from letpass.evaluation.budget import too_large
from letpass.evaluation.comparing import compare
from letpass.evaluation.counterparts import Counterparts
from letpass.evaluation.explaining import decide, empty_text, joined, more, once, text_of, unknown
from letpass.evaluation.explanation import Explanation, Judged
from letpass.evaluation.input import Input
from letpass.evaluation.meanings import is_pinned
from letpass.evaluation.people import signed
from letpass.evaluation.presence import Presence
from letpass.evaluation.reading import At, Reader, label
from letpass.evaluation.reasons import Reason, ReasonKind, champion_unknown
from letpass.evaluation.reckoning import Levels, Values
from letpass.evaluation.seen import Seen, SeenKind
from letpass.facts.record import Holder, Record
from letpass.facts.values import moment
from letpass.frozen import replace
from letpass.globs import consists
from letpass.language import typed
from letpass.language.truth import Truth3, conjunction, disjunction, negation

SHOWN_ELEMENTS = 5


class Interpreter:
    """Evaluates conditions over one input; a `let` once."""

    def __init__(self, input_: Input) -> None:
        self.input = input_
        self.counterparts = Counterparts(input_)
        self.values = Values(input_.now, self.counterparts, self.truth)
        self.presence = Presence(input_.now, self.values.term)
        self._named: dict[tuple[int, str | None], Explanation] = {}
        self._free: dict[tuple[int, str | None], Explanation] = {}

    def truth(self, node: typed.Truth, levels: Levels = (), service: str | None = None) -> Explanation:
        """The truth of a condition, and why."""
        return replace(self._truth(node, levels, service), span=node.span)

    def _truth(self, node: typed.Truth, levels: Levels, service: str | None) -> Explanation:
        match node:
            case typed.Not():
                inner = self.truth(node.operand, levels, service)
                return Explanation(text_of(node), negation(inner.truth), why=inner.why, parts=(inner,))
            case typed.Both() | typed.Either():
                parts = tuple(self.truth(p, levels, service) for p in node.parts)
                table = conjunction if isinstance(node, typed.Both) else disjunction
                return joined(text_of(node), table(p.truth for p in parts), parts)
            case typed.Named():
                key = (id(node.body), service)
                if key not in self._named:
                    self._named[key] = self.truth(node.body, (), service)  # type: ignore[arg-type]
                body = self._named[key]
                return Explanation(
                    text_of(node),
                    body.truth,
                    why=body.why,
                    note=f"`{node.name}` is `{text_of(node.body)}`",
                    parts=(body,),
                )
            case typed.AttestedBy():
                if service not in {None, node.service}:
                    detail = f"not attested by `{service}` and `{node.service}` at once"
                    return unknown(node, (Reason(ReasonKind.NOT_ATTESTED, text_of(node.operand), detail),))
                return self.truth(node.operand, levels, node.service)
            case typed.ForAll() | typed.CountOf():
                return self._quantified(node, levels, service)
            case typed.Comparison():
                return compare(node, levels, Reader(self.input, service), self.values, self.counterparts)
            case typed.HasChampion():
                champion = self.input.champion
                if isinstance(champion, Record):
                    return Explanation(text_of(node), True, (Seen(SeenKind.CHAMPION, "champion", champion.name),))
                if champion is Holder.NOBODY:
                    return Explanation(text_of(node), False, (Seen(SeenKind.NO_CHAMPION, "champion", champion.value),))
                return unknown(node, (champion_unknown("champion", self.input.tenure),))
            case typed.OlderBars():
                bars = self.input.bars
                if bars.older is None:
                    return unknown(
                        node, tuple(Reason(ReasonKind.NOT_BEGUN, "bars", why, step=bars.step) for why in bars.why)
                    )
                return Explanation(text_of(node), bars.older, note="; ".join(bars.why), step=bars.step)
            case typed.SignedBy():
                truth, seen, why = signed(node, self.input)
                return Explanation(text_of(node), truth, seen, why)
            case _:
                return self._predicate(node, levels, Reader(self.input, service))

    def _predicate(self, node: typed.Predicate, levels: Levels, reader: Reader) -> Explanation:
        """The conditions on one value."""
        match node:
            case typed.Flag():
                return decide(node, self.values.term(node.operand, levels, reader), lambda v: v)
            case typed.Among():
                return decide(
                    node,
                    self.values.term(node.operand, levels, reader),
                    lambda v: (v in node.symbols) is not node.negated,
                )
            case typed.Matches():
                found = self.values.term(node.operand, levels, reader)
                if found.known and not found.value.strip():
                    return unknown(node, (empty_text(text_of(node.operand)),), found.seen)
                return decide(node, found, lambda v: consists(v, node.parts))
            case typed.Pinned():
                return decide(node, self.values.term(node.operand, levels, reader), is_pinned)
            case typed.Fresh():
                found = self.values.term(node.operand, levels, reader)
                if found.known and found.value > self.input.now:
                    return unknown(
                        node,
                        (
                            Reason(
                                ReasonKind.UNREADABLE,
                                text_of(node.operand),
                                f"{moment(found.value)} lies in the future",
                            ),
                        ),
                        found.seen,
                    )
                return decide(node, found, lambda v: self.input.now - node.microseconds <= v)
            case typed.Computed():
                found = reader.scalar(node.operand)
                if found.known and not reader.is_computed(node.operand):
                    return unknown(
                        node,
                        (
                            Reason(
                                ReasonKind.NOT_COMPUTED,
                                node.operand.path,
                                "is what the record says; the gate has not hashed the bytes",
                                predicate=True,
                            ),
                        ),
                        found.seen,
                    )
                return decide(node, found, lambda _: True)
            case typed.Recorded():
                return self.presence.recorded(node, levels, reader)
            case typed.SuitePassed():
                return self.presence.suite(node, reader)
            case typed.ToolScanned():
                return self.presence.scan(node, reader)
            case _:
                assert_never(node)

    # ------------------------------------------------------------ quantifiers

    def _quantified(self, node: typed.ForAll | typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        """A quantified form; one that depends on no element around it is evaluated once, when its budget allows it."""
        if node.depends(len(levels)):
            return self._through(node, levels, service)
        key = (id(node), service)
        if key not in self._free:
            reason = too_large(node, levels, Reader(self.input, service))
            self._free[key] = unknown(node, (reason,)) if reason else self._through(node, levels, service)
        return self._free[key]

    def _plainly(self, node: typed.Truth, levels: Levels, service: str | None) -> Truth3:
        return plainly.truth(node, levels, service, lambda n, at, by: self._truth(n, at, by).truth)

    def _through(self, node: typed.ForAll | typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        if isinstance(node, typed.ForAll):
            judged: list[Judged] = []
            found = self._every(node, levels, service, judged)
            return found if levels else replace(found, judged=tuple(judged))
        return self._count(node, levels, service)

    def _every(
        self, node: typed.ForAll, levels: Levels, service: str | None, judged: list[Judged]
    ) -> Explanation:  # fmt: skip
        elements, why = Reader(self.input, service).elements(node.list, levels)
        if why:
            return unknown(node, why)
        selected, shown = 0, list[Explanation]()
        failed, reasons = 0, list[Reason]()
        every_group = not levels and isinstance(node.list, typed.Slices)  # what became of each is drawn
        for at in elements:
            inner = (*levels, at)
            chosen = self._plainly(node.where, inner, service) if node.where else True
            met = self._plainly(node.have, inner, service) if chosen is not False else None
            selected += chosen is True
            if not every_group and (chosen is False or met is True):
                continue
            where = self.truth(node.where, inner, service) if node.where else None
            have = self.truth(node.have, inner, service) if chosen is not False else None
            if every_group:
                judged.append(Judged(str(at.element["@"]), chosen, where, have))
            if have is None or met is True:
                continue
            if chosen is True and have.truth is False:
                failed += 1
                shown.insert(failed - 1, have)
                continue
            reasons += [*(where.why if where and chosen is None else ()), *have.why] or [
                Reason(ReasonKind.UNREADABLE, str(at.element["@"]), "cannot be decided")
            ]
            shown.append(have if where is None or chosen is True else where)
        note = f"{failed} of {selected} fail" if failed else f"{selected} of {len(elements)} selected"
        if failed:
            return Explanation(text_of(node), False, note=note, parts=tuple(shown[:SHOWN_ELEMENTS]))
        reasons += more(elements, node.list)
        if reasons:
            return Explanation(text_of(node), None, why=once(reasons), note=note, parts=tuple(shown[:SHOWN_ELEMENTS]))
        if not selected:
            detail = "the list is empty" if not elements else f"none of its {len(elements)} elements is selected"
            return unknown(node, (Reason(ReasonKind.EMPTY, text_of(node.list), detail),))
        return Explanation(text_of(node), True, note=note)

    def _count(self, node: typed.CountOf, levels: Levels, service: str | None) -> Explanation:
        elements, why = Reader(self.input, service).elements(node.list, levels)
        if why:
            return unknown(node, why)
        matching, undecided, shown, reasons = 0, 0, list[Explanation](), list[Reason]()
        for at in elements:
            inner = (*levels, at)
            if node.where and self._plainly(node.where, inner, service) is False:
                continue
            where = (
                self.truth(node.where, inner, service)
                if node.where
                else Explanation(str(at.element["@"]), True, (_element(at),))
            )
            if where.truth is True:
                matching += 1
                shown.insert(matching - 1, _named_element(where, at))
            elif where.truth is None:
                undecided += 1
                reasons += where.why
                shown.append(where)
        note = f"{matching} of {len(elements)} match" + (f", {undecided} undecided" if undecided else "")
        if node.least:
            truth: Truth3 = True if matching >= node.limit else False if matching + undecided < node.limit else None
        else:
            truth = False if matching > node.limit else None if undecided else True
        unseen = more(elements, node.list)
        if unseen and truth is not node.least:  # more of them may match
            truth = None
            reasons += unseen
        parts = tuple(shown[:SHOWN_ELEMENTS]) if truth is not True else ()
        return Explanation(text_of(node), truth, why=once(reasons) if truth is None else (), note=note, parts=parts)


# ---------------------------------------------------------------- small meanings


def _element(at: At) -> Seen:
    place = str(at.element["@"])
    return Seen(SeenKind.ELEMENT, place, label(at), place)


def _named_element(where: Explanation, at: At) -> Explanation:
    return replace(where, seen=(_element(at), *where.seen))
