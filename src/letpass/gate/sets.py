"""Sets of policies that stood before, as the ledger has them, and what the one in force asks less than the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from letpass.diagnostics import InvalidError, LetpassError
from letpass.facts.schema import VOCABULARY
from letpass.language.bounds import Bar, asks_no_less, stricter
from letpass.ledger import material
from letpass.ledger.entry import Logged
from letpass.ledger.log import Ledger
from letpass.project.policyset import PolicySet, from_texts
from letpass.project.project import Project
from letpass.trust import inforce, statements, strict
from letpass.trust.statements import Statement

_KNOWN: dict[
    tuple[str, str], tuple[str, ...]
] = {}  # by the digests of both sets: every decision asks for the same ones
_MOST = 64
LOOSENED = "loosened-bar"
"""The kind of notice that a bar is looser than in the set before."""


def before(project: Project, entry: int) -> PolicySet | None:
    """The set that its owners signed last, and that was logged, before an entry; None where none was signed.

    Raises `InvalidError` where its text was not logged before that entry or cannot be read any more, and `UnreachableError` where
    the ledger is out of reach or is not what it was.
    """
    ledger, trust = project.ledger.reader(), project.trust
    if ledger is None or trust is None:
        return None
    logged = ledger.entries_of("policies")
    last = inforce.last_set(trust, [s for s in _words(logged) if s.entry is not None and s.entry < entry], entry)
    return _text(ledger, logged, last[0].artifact, entry) if last else None


def loosened(project: Project, policies: PolicySet) -> tuple[str, ...]:
    """The rules of the set in force that ask less than they did in the sets that were signed before it, with who signed and why.

    It is compared with the newest of those whose text the ledger has; that another one was signed since is told too.  Raises
    `UnreachableError` as `before` does.
    """
    ledger, trust = project.ledger.reader(), project.trust
    signed = [s for s in project.signed_set if s.artifact == policies.digest]
    if not signed or ledger is None or trust is None:
        return ()
    who = " and ".join(sorted({s.text("signer") for s in signed}))
    why = (
        "; ".join(dict.fromkeys(s.text("reason") for s in reversed(signed) if s.text("reason"))) or "no reason is given"
    )
    logged, left, found = ledger.entries_of("policies"), {policies.digest}, list[str]()
    while last := inforce.last_set(trust, [s for s in project.signed_sets() if s.artifact not in left]):
        left.add(last[0].artifact)
        try:
            then = _text(ledger, logged, last[0].artifact)
        except InvalidError:
            found.append(f"the set `{last[0].artifact[:19]}…` stood before, and what it asked was never logged")
            continue
        return tuple(f"{line}; {who} signed it: {why}" for line in (*_changes(then, policies), *found))
    return ()


def _text(ledger: Ledger, logged: Sequence[Logged], digest: str, entry: int = 2**62) -> PolicySet:
    """A set by its digest, as it was logged before an entry; raises `InvalidError` where it was not, or cannot be read any more."""
    own = [e for e in logged if e.index < entry and not e.entry.statement and e.entry.data.get("digest") == digest]
    if not own:
        raise InvalidError(f"the text of the set `{digest[:19]}…` was not logged by then")
    try:
        return _read(material.text(ledger.store, own[0]).encode("utf-8"))
    except LetpassError as error:
        raise InvalidError(f"the set `{digest[:19]}…` cannot be read any more: {error.message}") from None


def _changes(then: PolicySet, now: PolicySet) -> tuple[str, ...]:
    sets = then.digest, now.digest
    if sets not in _KNOWN:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        _KNOWN[sets] = tuple(_looser(then, now))
    return _KNOWN[sets]


def _looser(then: PolicySet, now: PolicySet) -> Iterator[str]:
    """The rules of before that nothing asks any more as strictly, for a move that they governed."""
    for policy in then.policies:
        for rule in (r for r in policy.rules if not r.advice):
            old, moves = Bar(rule, policy.applies), set(policy.moves)
            bars = [Bar(r, p.applies) for p in now.policies if moves <= set(p.moves) for r in p.rules if not r.advice]
            if any(asks_no_less(old, bar) for bar in bars):
                continue
            looser = next((bar.rule for bar in bars if stricter(old, bar) == -1), None)
            if looser is not None and looser.text != rule.text:
                yield f"{looser.id} asks `{looser.text}`, and asked `{rule.text}` before"
            else:
                yield f"nothing asks any more as much as {rule.id} asked before: `{rule.text}`"


def _words(logged: Sequence[Logged]) -> list[Statement]:
    found = list[Statement]()
    for each in logged:
        if each.entry.statement:
            found += statements.readable(
                [statements.StatementFile("", each.entry.statement.encode("utf-8"), each.at, each.index)]
            )
    return found


@lru_cache(maxsize=8)  # every decision asks for the same ones
def _read(text: bytes) -> PolicySet:
    return from_texts(strict.loads(text, len(text)), VOCABULARY, warn=False)
