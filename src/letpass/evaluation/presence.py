"""Conditions on what is there: runs of suites and scanners, and `is recorded`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from letpass.evaluation.explaining import empty_text, more, text_of, unknown, unread
from letpass.evaluation.explaining import margin as margin_of
from letpass.evaluation.explanation import Explanation, show
from letpass.evaluation.meanings import exactly
from letpass.evaluation.reading import At, Reader, Reading
from letpass.evaluation.reasons import RUN_ANEW, Reason, ReasonKind
from letpass.evaluation.seen import Seen, SeenKind
from letpass.evaluation.telling import days
from letpass.facts.record import raw_of
from letpass.facts.values import Unreadable, moment
from letpass.language import typed
from letpass.language.truth import Truth3, conjunction

Levels = tuple[At, ...]
ReadTerm = Callable[[typed.Term, Levels, Reader], Reading]


class Presence:
    """Judges runs and presence at one time; `term` reads a value."""

    def __init__(self, now: int, term: ReadTerm) -> None:
        self.now, self.term = now, term

    def suite(self, node: typed.SuitePassed, reader: Reader) -> Explanation:
        """Did a suite of tests pass, with the score and within the time that the rule asks for.

        Unknown where it was not run, had no case, was not read whole, or ran too long ago.
        """
        about = f'suite "{node.suite}"'
        run = reader.run("suites", "name", node.suite, about)
        if run.piece is None or not run.known:
            return unknown(node, run.why)
        path = str(run.piece["@"])
        trust = str(run.piece.get("@trust", ""))
        truths: list[Truth3] = []
        seen, why = list[Seen](), list[Reason]()
        margin = None
        passed = raw_of(run.piece, "passed")
        if type(passed) is bool:
            truths.append(passed)
            seen.append(Seen(SeenKind.RUN, about, _ended(run.piece, passed=passed), path, trust=trust))
        else:
            truths.append(None)
            doubt = raw_of(run.piece, "unread") if passed is None else None
            told = isinstance(doubt, str) and doubt
            why.append(
                Reason(ReasonKind.UNREADABLE, about, str(doubt), step=RUN_ANEW)
                if told
                else unread(about, "passed", passed)
            )
        cases = raw_of(run.piece, "cases")
        if type(cases) is float and cases >= 1:
            truths.append(True)
        else:
            truths.append(None)
            why.append(
                Reason(ReasonKind.EMPTY, about, "the run had no case")
                if cases == 0.0
                else unread(about, "cases", cases)
            )
        if node.score is not None and node.operator is not None:
            score = raw_of(run.piece, "score")
            if type(score) is float:
                truths.append(exactly(score, node.operator, node.score))
                seen.append(Seen(SeenKind.SCORE, f"score of {about}", show(score * 100, "%"), path, trust=trust))
                margin = margin_of(score * 100, node.operator, node.score * 100, "%")
            else:
                truths.append(None)
                why.append(unread(about, "score", score))
        self._age(run.piece, node.microseconds, about, truths, seen, why)
        truth = conjunction(truths)
        return Explanation(text_of(node), truth, tuple(seen), tuple(why) if truth is None else (), margin)

    def scan(self, node: typed.ToolScanned, reader: Reader) -> Explanation:
        """Did a tool scan the version; unknown where it did not, or too long ago.  What it found is for other conditions."""
        about = f'scan by "{node.tool}"'
        run = reader.run("scans", "tool", node.tool, about)
        if run.piece is None or not run.known:
            return unknown(node, run.why)
        truths: list[Truth3] = [True]
        seen, why = (
            [Seen(SeenKind.RUN, about, "ran", str(run.piece["@"]), trust=str(run.piece.get("@trust", "")))],
            list[Reason](),
        )
        self._age(run.piece, node.microseconds, about, truths, seen, why)
        truth = conjunction(truths)
        return Explanation(text_of(node), truth, tuple(seen), tuple(why) if truth is None else ())

    def _age(
        self, piece: Any, longest: int | None, about: str, truths: list[Truth3], seen: list[Seen], why: list[Reason]
    ) -> None:
        """Add the truth about a run's age, where the rule bounds it; a run that is too old is unknown, never false."""
        if longest is None:
            return
        ran = raw_of(piece, "ran_at")
        if type(ran) is not int:
            truths.append(None)
            why.append(unread(about, "ran_at", ran))
            return
        seen.append(Seen(SeenKind.RUN_AT, f"{about} ran", moment(ran), str(piece["@"])))
        if ran > self.now:
            truths.append(None)
            why.append(Reason(ReasonKind.UNREADABLE, about, f"ran at {moment(ran)}, which lies in the future"))
        elif self.now - ran > longest:
            truths.append(None)
            why.append(
                Reason(
                    ReasonKind.STALE,
                    about,
                    f"ran at {moment(ran)}, {days(self.now - ran)} ago; the oldest that counts is {days(longest)}",
                )
            )
        else:
            truths.append(True)

    def recorded(self, node: typed.Recorded, levels: Levels, reader: Reader) -> Explanation:
        """Is every operand recorded: a field with a value, or a section with something in it."""
        seen, why = list[Seen](), list[Reason]()
        for operand in node.operands:
            if isinstance(operand, typed.Section):
                why += self._section(operand, reader)
            elif isinstance(operand, typed.ListField):
                why += self._list_field(operand, levels, reader)
            else:
                if isinstance(operand, typed.Scalar) and reader.holds_many(operand):
                    continue
                found = self.term(operand, levels, reader)
                seen += found.seen
                why += found.why
                if found.known and isinstance(found.value, str) and not found.value.strip():
                    why.append(empty_text(text_of(operand)))
        return Explanation(text_of(node), None if why else True, tuple(seen), tuple(why))

    def _section(self, node: typed.Section, reader: Reader) -> Iterator[Reason]:
        name = ("champion." if node.champion else "") + ".".join(node.path)
        record = reader.record(champion=node.champion, about=name)
        if isinstance(record, Reading):
            yield from record.why
            return
        state = record.sections.get(".".join(node.path))
        if state is None:
            yield Reason(ReasonKind.MISSING, name, "is not recorded", predicate=True)
        elif isinstance(state, Unreadable):
            yield Reason(ReasonKind.UNREADABLE, name, f"holds {state.written}, which is {state.why}")
        elif not state or not record.filled(".".join(node.path)):
            yield Reason(ReasonKind.EMPTY, name, "is empty", predicate=True)
        elif reader.service is not None and not record.filled(".".join(node.path), reader.service):
            yield Reason(ReasonKind.NOT_ATTESTED, name, f"no entry is attested by `{reader.service}`")

    def _list_field(self, node: typed.ListField, levels: Levels, reader: Reader) -> Iterator[Reason]:
        elements, why = reader.elements(node.list, levels)
        yield from why
        if not why and not elements:
            yield Reason(ReasonKind.EMPTY, text_of(node), "the list is empty")
        yield from more(elements, node.list)
        for at in elements:
            found = reader.field(at.element, node.field, node.type, f"{at.element['@']}.{node.field}")
            yield from found.why
            if found.known and isinstance(found.value, str) and not found.value.strip():
                yield empty_text(f"{at.element['@']}.{node.field}")


def _ended(run: Any, *, passed: bool) -> str:
    """How a run of a suite ended, in words."""
    flaky = raw_of(run, "flaky")
    return ("passed" if passed else "failed") + (f", {flaky:g} flaky" if type(flaky) is float and flaky else "")
