"""Cases judged: what each came to, what of it was expected, and which rules were seen to hold and to block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom

from letpass import disk
from letpass.authoring.cases.reading import SUFFIX, CaseFile
from letpass.authoring.cases.shapes import Case
from letpass.diagnostics import CaseError, Diagnostic, InvalidError, LetpassError
from letpass.evaluation import ceilings
from letpass.evaluation.decision import BLOCKING, Decision, Outcome
from letpass.evaluation.input import Input
from letpass.evaluation.verdicts import verdicts_of
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import Frozen, replace
from letpass.gate.judgement import EnginesDifferError, judge, other
from letpass.language.rules import Policy, Rule
from letpass.language.truth import Truth3
from letpass.project import policyset
from letpass.project.policyset import PolicySet
from letpass.trust.accepted import Accepted, Objection, Signoff, Waiver

AGAIN = 50
"""Of so many cases that came out as expected one, drawn at random, is judged by the interpreter too."""
_RANDOM = SystemRandom()


class Seen(Frozen):
    """What a rule came to in a case.  `given`: an advice that was not followed."""

    name: str
    held: bool
    blocks: bool
    given: bool


class Result(Frozen):
    """A case, and what it came to: the verdict in a word, and each rule that was asked."""

    case: Case
    line: int
    verdict: str
    rules: tuple[Seen, ...]

    @property
    def blocks(self) -> tuple[str, ...]:
        """The labels of the rules that block."""
        return tuple(sorted(r.name for r in self.rules if r.blocks))

    @property
    def as_expected(self) -> bool:
        """The verdict is the expected one, and exactly the named rules block."""
        return (self.verdict, self.blocks) == (self.case.expect, tuple(sorted(self.case.blocks)))


class Tried(Frozen):
    """All cases of one policy: those that could be judged, and the faults of the others."""

    path: Path
    policy: Policy
    results: tuple[Result, ...]
    faults: tuple[Diagnostic, ...] = ()

    @property
    def never_held(self) -> tuple[str, ...]:
        """The rules that no case has seen to hold."""
        held = {r.name for r in self._rules() if r.held}
        return tuple(n for n in map(named, self.policy.rules) if n not in held)

    @property
    def never_missed(self) -> tuple[str, ...]:
        """The rules that no case has seen to block; of advice: that were never given."""
        missed = {r.name for r in self._rules() if r.blocks or r.given}
        return tuple(n for n in map(named, self.policy.rules) if n not in missed)

    @property
    def never_came(self) -> tuple[str, ...]:
        """The verdicts that no case has come to."""
        return tuple(v for v in ("allow", "deny", "undecided") if v not in {r.verdict for r in self.results})

    def _rules(self) -> Iterator[Seen]:
        return (r for result in self.results for r in result.rules)


def named(rule: Rule) -> str:
    """What a case calls a rule: its label, else its text."""
    return rule.label or rule.text


def policy_of(path: Path, roots: tuple[Path, ...]) -> PolicySet:
    """The policy beside a cases file, alone with what it uses; raises `CaseError`.

    roots: folders of policies; what lies in one of them may be used by a policy that lies there too.
    """
    beside = path.with_name(f"{path.name.removesuffix(SUFFIX)}{policyset.SUFFIX}")
    if not beside.is_file():
        where = disk.shown(path)
        raise CaseError.of("GATE308", f"no policy is beside these cases: there is no `{disk.shown(beside)}`", where)
    return policyset.load((beside,), VOCABULARY, roots, warn=False)


def try_out(file: CaseFile, policies: PolicySet) -> Tried:
    """Judge all cases of a file by the one policy of a set; the faults of some do not hide the others."""
    (policy,) = policies.policies
    results: list[Result] = []
    faults: list[Diagnostic] = []
    for number in range(len(file.cases)):
        try:
            results.append(_result(file, number, policies))
        except LetpassError as error:
            faults += error.diagnostics
    return Tried(file.path, policy, tuple(results), tuple(faults))


def _result(file: CaseFile, number: int, policies: PolicySet) -> Result:
    """What a case comes to: by the compiled form where nobody objects or waives, and by the interpreter where that comes to
    something unexpected, and now and then.  Raises as `_decided`, and `EnginesDifferError`.
    """
    case, record, holder = file.cases[number], file.record(number), file.holder(number)
    compiled = verdicts_of(policies.policies, policies.digest, case.move)
    quick: Result | None = None
    if compiled is not None and not case.objections and not case.waivers:
        accepted = Accepted(tuple(Signoff(s.person, s.role, s.at) for s in case.signed))
        given = Input(record, case.move, case.at, other(record, holder, None), accepted)
        rules = tuple(_seen(*found) for found in compiled.rules(given))
        quick = Result(case, file.line(number), compiled.of(given).verdict.value, rules)
        if quick.as_expected and _RANDOM.randrange(AGAIN):
            return quick
    decision = _decided(file, number, policies, record, holder)
    rules = tuple(_seen(r.rule, r.truth, r.outcome) for r in decision.rules)
    full = Result(case, file.line(number), decision.verdict.value, rules)
    if quick is not None and quick != full:
        raise EnginesDifferError(f"the engines differ on the case `{case.name}`")
    return full


def _seen(rule: Rule, truth: Truth3, outcome: Outcome) -> Seen:
    return Seen(named(rule), truth is True, outcome in BLOCKING, rule.advice and truth is not True)


def _decided(
    file: CaseFile, number: int, policies: PolicySet, record: Record, holder: Record | Holder
) -> Decision:  # fmt: skip
    """The decision on a case; raises `CaseError` for a record that does not read, and for a waiver that cannot be."""
    case = file.cases[number]
    objections = tuple(
        Objection("objection", o.person, o.role, o.at, o.reason, str(case.move), "", "", "", "", covers=True)
        for o in case.objections
    )
    accepted = Accepted(tuple(Signoff(s.person, s.role, s.at) for s in case.signed), objections=objections)
    without = judge(policies, record, case.move, case.at, holder, accepted)
    if not case.waivers:
        return without
    waivers = tuple(_waiver(file, number, at, policies.policies[0], without) for at in range(len(case.waivers)))
    return judge(policies, record, case.move, case.at, holder, replace(accepted, waivers=waivers))


def _waiver(file: CaseFile, number: int, at: int, policy: Policy, without: Decision) -> Waiver:
    """A waiver of a case, as if it had been verified: of what its rule misses `without` it, or up to the value it names."""
    leave, place = file.cases[number].waivers[at], f"[{number}].waivers[{at}]"
    rule = next((r for r in policy.rules if r.label == leave.label), None)
    if rule is None:
        raise file.refuse(f"{place}.label", f"the policy `{policy.name}` has no rule `{leave.label}`")
    misses = next((r.misses for r in without.rules if r.rule is rule), ())
    missed = tuple(m.missed for m in misses)
    if leave.up_to is not None:
        try:
            missed = (ceilings.up_to(misses, leave.up_to),)
        except InvalidError as error:
            raise file.refuse(f"{place}.up_to", str(error)) from None
    people = (leave.person,)
    return Waiver(
        policy.name, leave.label, rule.digest, people, leave.role, leave.at, leave.until, leave.reason, missed
    )
