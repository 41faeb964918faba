"""`bars are older than evidence`: did each bar in force stand when the run began that made the evidence which it is asked of.

a rule that is asked of the version ─▶ slots that it reads ─▶ the service that vouches for each ─▶ the first logged begin of a run for it ─▶
the set that was signed and logged last before ─▶ the same rule there, or one that asks less
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError
from letpass.evaluation.decision import governing
from letpass.evaluation.input import Input
from letpass.evaluation.interpreter import Interpreter
from letpass.facts.record import CLAIMED, COMPUTED, Element, Record
from letpass.frozen import Frozen
from letpass.gate import awaited, judgement, sets
from letpass.language import typed
from letpass.language.bounds import Bar, asks_no_less, stricter
from letpass.language.rules import Policy, Rule
from letpass.language.truth import Truth3, conjunction
from letpass.language.typed import walk
from letpass.ledger.entry import Logged
from letpass.move import Move
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.trust import begun, statements
from letpass.trust.bars import Bars
from letpass.trust.begun import Begun, Slot
from letpass.trust.statements import Statement

_BEGIN = "let the service say it before it measures: {}, then measure anew and `policy attest` it"
_KNOWN = (
    "what was known stays known: measure these bytes on other data, or other bytes, and let the service say so before"
)

_MOVED = "put the bars that stood in force again, `policy sign policies`, or measure other bytes, or these on other data, in a run that begins now"
_DOUBTFUL = "record what tells whether these rules are asked of the version, or put the bars that stood in force again"


class _KnownError(InvalidError):
    """Raised for evidence that the ledger had before a run for it began."""


class _Read(Frozen):
    """What a rule reads of the evidence: the slot, the service that vouches for what fills it, nothing where none does, and when
    that signed it, in microseconds."""

    slot: Slot
    service: str
    issued: int = 0


def are_asked(policies: tuple[Policy, ...], move: Move) -> bool:
    """Does any rule that governs a move ask whether bars are older than the evidence."""
    return any(isinstance(node, typed.OlderBars) for bar in _bars(policies, move) for node in walk(bar.rule.test))


def judge(project: Project, policies: PolicySet, given: Input, digests: Iterable[str]) -> Bars:
    """The answer for a move of a record as services vouch for it.  digests: all that are known of its bytes.

    Raises `UnreachableError` where the ledger is out of reach or is not what it was.
    """
    if project.trust is None or project.ledger.reader() is None:
        return Bars(None, ("no run was begun: it needs a trust file and a ledger",), "begin with `policy trust init`")
    return _Judge(project, policies, given, tuple(digests)).answer()


class _Judge:
    """One answer, and what the ledger has for it."""

    def __init__(self, project: Project, policies: PolicySet, given: Input, digests: tuple[str, ...]) -> None:
        self.project, self.policies, self.record, self.move = project, policies, given.record, given.move
        self.now, self.interpreter = given.now, Interpreter(given)
        self.past = project.past(self.record.text("model"), digests)
        self.bytes_ = self.past.names_of([*digests, self.record.text("artifact.digest")])
        self._claimed: dict[str, frozenset[Slot]] = {}  # by the digest of a decision
        self._then: dict[int, tuple[Bar, ...] | InvalidError | None] = {}

    def answer(self) -> Bars:
        """For each rule that reads evidence; unknown where nobody can tell when a run began, else false where a bar was moved, else unknown
        where one was that may not be asked of this version."""
        asked = {b: self._asked(b) for b in _bars(self.policies.policies, self.move)}
        read = {b: reads for b in asked if asked[b] is not False and (reads := self._reads(b.rule))}
        if not read:
            return Bars(None, ("no rule that is asked reads evidence",), "ask it beside a rule that does")
        lacking, known = list[Slot](), False
        unknown, false, doubtful, begins = list[str](), list[str](), list[str](), set[int]()
        for bar, reads in read.items():
            for each in reads:
                try:
                    begin = self._begin(each)
                    begins.add(begin)
                    if why := self._moved(bar, begin):
                        (false if asked[bar] else doubtful).append(f"{bar.rule.id}: {why}")
                except InvalidError as error:
                    unknown.append(f"{bar.rule.id}: {error}")
                    known = known or isinstance(error, _KnownError)
                    lacking += [] if isinstance(error, _KnownError) else [each.slot]
        if unknown:
            return Bars(None, tuple(dict.fromkeys(unknown)), _KNOWN if known or not lacking else self._step(lacking))
        for why, surely in self._gone(sorted(begins)):
            (false if surely else doubtful).append(why)
        if false:
            return Bars(False, tuple(dict.fromkeys(false)), _MOVED)
        if doubtful:
            return Bars(None, tuple(dict.fromkeys(doubtful)), _DOUBTFUL)
        return Bars(True, (f"every bar stood when the first run for it began, in entry {min(begins)} or later",))

    def _step(self, lacking: list[Slot]) -> str:
        """The commands that begin a run for what none was begun for."""
        name = self.record.name if self.project.registry.has(self.record) else "MODEL"
        return _BEGIN.format(awaited.begin(name, dict.fromkeys(lacking)))

    # ------------------------------------------------------------ what a rule reads

    def _asked(self, bar: Bar) -> Truth3:
        """Is a rule asked of this version: does its policy apply, and does its guard hold.  What evidence says no to is asked all the
        same, since a bar may stand there too."""
        conditions = [c for c in (bar.applies, bar.rule.guard) if c is not None]
        truths = [self.interpreter.truth(c).truth for c in conditions]
        read = any(t is False and _are_about_evidence((c,)) for c, t in zip(conditions, truths, strict=True))
        return None if read else conjunction(truths)

    def _reads(self, rule: Rule) -> list[_Read]:
        """The slots of the record that a rule reads, with who vouches for them."""
        found = list[_Read]()
        for node in _nodes(_conditions(rule)):
            match node:
                case typed.Measured(section="metrics", champion=False):
                    found += self._metrics(node.name, node.data_set)
                case typed.SuitePassed():
                    found.append(self._run("suites", node.suite))
                case typed.ToolScanned():
                    found.append(self._run("scans", node.tool))
                case typed.RecordList(champion=False) if node.root in begun.RUNS:
                    pieces = self.record.lists.get(node.root, ())
                    found += [self._run(node.root, str(piece.get(begun.RUNS[node.root], ""))) for piece in pieces]
                case _:
                    pass
        return list(dict.fromkeys(found))

    def _metrics(self, name: str, data_set: str | None) -> Iterator[_Read]:
        pieces = self.record.measures.get((begun.METRICS, name), ())
        wanted = [p for p in pieces if data_set is None or p.get("data_set") == data_set]
        if not wanted:
            yield _Read(Slot(begun.METRICS, name, data_set or ""), "")
        for piece in wanted:
            yield _Read(begun.metric(name, piece), *_signed(piece))

    def _run(self, section: str, name: str) -> _Read:
        key = begun.RUNS[section]
        piece = next((p for p in self.record.lists.get(section, ()) if p.get(key) == name), None)
        return _Read(Slot(section, name), *(_signed(piece) if piece is not None else ("",)))

    # ------------------------------------------------------------ when its run began

    def _begin(self, read: _Read) -> int:
        """The entry in which the first run for a slot began; raises `InvalidError` where there is none that counts."""
        what = str(read.slot)
        if not read.service:
            raise InvalidError(f"no service vouches for {what}")
        runs = [b for b in self._begun if b.artifact in self.bytes_ and b.covers(read.slot)]
        own = [b for b in runs if b.service == read.service]
        if not own:
            raise InvalidError(f"`{read.service}` has not said that a run for {what} begins")
        if min(b.issued for b in own) > read.issued:
            raise _KnownError(f"`{read.service}` signed {what} before it said that a run for it begins")
        first = runs[0].entry
        if (known := self._first_known(read.slot, first)) is not None:
            raise _KnownError(f"{what} was known in entry {known}, before a run for it began in entry {first}")
        return first

    @cached_property
    def _begun(self) -> tuple[Begun, ...]:
        assert self.project.trust is not None
        return begun.judge(self.project.trust, self._statements("begin"), self.record.text("model"), self.now)

    def _first_known(self, slot: Slot, before: int) -> int | None:
        """The first entry, before another one, that shows what fills a slot of these bytes: evidence, or a decision on a record that
        had it."""
        found = [
            s.entry
            for s, slots in self._evidence
            if s.artifact in self.bytes_ and any(slot.covers(each) for each in slots)
        ]
        place = f"{slot.section}.{slot.name}" + (f" on {slot.data_set}" if slot.section == begun.METRICS else "")
        for index, made in self.past.decisions.items():
            if index >= before or self.bytes_.isdisjoint({made.artifact, *made.computed}):
                continue
            # a decision lists what has a time, and of much the newest; its record tells the rest as long as that is kept
            if place in dict(made.evidence) or self._fills(made.decision, slot):
                found.append(index)
        return min((entry for entry in found if entry is not None and entry < before), default=None)

    def _fills(self, decision: str, slot: Slot) -> bool:
        """Had the record of a stored decision what fills a slot."""
        if decision not in self._claimed:
            ledger = self.project.ledger.reader()
            stored = ledger.store.material(decision) if ledger is not None else None
            whole = stored is not None and digest_bytes(stored) == decision
            record = judgement.record_in(stored) if whole and stored is not None else None
            self._claimed[decision] = _held(record) if record is not None else frozenset()
        return any(slot.is_same(each) for each in self._claimed[decision])

    @cached_property
    def _evidence(self) -> list[tuple[Statement, frozenset[Slot]]]:
        return [(s, begun.measured_in(s)) for s in self._statements("evidence")]

    def _statements(self, kind: str) -> list[Statement]:
        found = [e for e in self.past.spoken if e.entry.kind == kind]
        return [s for e in found if (s := _statement(e)) is not None]

    # ------------------------------------------------------------ what stood then

    def _moved(self, bar: Bar, begin: int) -> str:
        """Why a bar is younger than the run that began in an entry, or nothing; raises `InvalidError` where nobody can tell."""
        then = self._rules_then(begin)
        if then is None:
            return f"no set of policies was signed and logged before the run began in entry {begin}"
        if any(asks_no_less(old, bar) for old in then):
            return ""
        how = "was stricter" if any(stricter(old, bar) == -1 for old in then) else "did not stand"
        return f"it {how} when the run began in entry {begin}"

    def _gone(self, begins: Iterable[int]) -> Iterator[tuple[str, Truth3]]:
        """The rules about evidence that stood when the runs began, and that nothing asks any more; was each asked of this version."""
        bars = list(_bars(self.policies.policies, self.move))
        for begin in begins:
            for old in self._rules_then(begin) or ():
                if _are_about_evidence(_conditions(old.rule)) and not any(asks_no_less(old, now) for now in bars):
                    why = f"{old.rule.id}: nothing asks as much any more as when the run began in entry {begin}"
                    if (asked := self._asked(old)) is not False:
                        yield why, asked

    def _rules_then(self, before: int) -> tuple[Bar, ...] | None:
        """The rules of the set that was signed and logged last before an entry, None where there is none; raises `InvalidError` where
        nobody can tell any more what they were."""
        if before not in self._then:
            try:
                stood = sets.before(self.project, before)
                self._then[before] = tuple(_bars(stood.policies, self.move)) if stood is not None else None
            except InvalidError as error:
                self._then[before] = InvalidError(f"{error}, when the run began in entry {before}")
        found = self._then[before]
        if isinstance(found, InvalidError):
            raise found
        return found


def _bars(policies: tuple[Policy, ...], move: Move) -> Iterator[Bar]:
    """What governs a move, but for advice."""
    for policy in governing(policies, move):
        yield from (Bar(rule, policy.applies) for rule in policy.rules if not rule.advice)


def _conditions(rule: Rule) -> tuple[typed.Truth, ...]:
    return (rule.test, *((rule.guard,) if rule.guard is not None else ()))


def _nodes(conditions: Iterable[typed.Truth]) -> Iterator[typed.Node]:
    return (node for condition in conditions for node in walk(condition))


def _are_about_evidence(conditions: Iterable[typed.Truth]) -> bool:
    """Do conditions ask for evidence, whatever of it a record has: who leaves out the findings is still asked for them."""
    for node in _nodes(conditions):
        match node:
            case typed.Measured(section="metrics", champion=False) | typed.SuitePassed() | typed.ToolScanned():
                return True
            case typed.RecordList(champion=False) if node.root in begun.RUNS:
                return True
            case typed.Section(champion=False) if node.path[0] in {begun.METRICS, *begun.RUNS}:
                return True
            case _:
                pass
    return False


def _held(record: Record) -> frozenset[Slot]:
    """What a record has."""
    found = {
        begun.metric(name, piece)
        for (section, name), pieces in record.measures.items() if section == begun.METRICS for piece in pieces
    }  # fmt: skip
    runs = [(section, piece.get(key)) for section, key in begun.RUNS.items() for piece in record.lists.get(section, ())]
    return frozenset(found | {Slot(section, name) for section, name in runs if isinstance(name, str)})


def _signed(piece: Element) -> tuple[str, int]:
    """The service that vouches for a piece of evidence, nothing where it is a claim or was computed; and when it signed that."""
    trust, issued = piece.get("@trust", CLAIMED), piece.get("@issued", 0)
    service = trust if isinstance(trust, str) and trust not in {CLAIMED, COMPUTED} else ""
    return service, issued if isinstance(issued, int) else 0


def _statement(logged: Logged) -> Statement | None:
    try:
        return statements.read("", logged.entry.statement.encode("utf-8"), logged.at, logged.index)
    except InvalidError:
        return None
