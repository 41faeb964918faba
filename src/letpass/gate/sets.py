"""Sets of policies that stood before, as the ledger has them, and what the one in force asks less than the last of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from letpass.diagnostics import InvalidError, LetpassError
from letpass.facts.schema import VOCABULARY
from letpass.language.bounds import stricter
from letpass.ledger import material
from letpass.ledger.entry import Logged
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


def before(project: Project, entry: int, other: str = "") -> PolicySet | str:
    """The set that its owners signed last, and that was logged, before an entry; else why there is none.

    other: the digest of a set that is left out.  Raises `UnreachableError` where the ledger is out of reach or is not what it was.
    """
    ledger, trust = project.ledger.reader(), project.trust
    if ledger is None or trust is None:
        return f"no set of policies was signed and logged before entry {entry}"
    logged = ledger.entries_of("policies")
    words = [s for s in _words(logged) if s.entry is not None and s.entry < entry and s.artifact != other]
    last = inforce.last_set(trust, words, entry)
    if not last:
        return f"no set of policies was signed and logged before the run began in entry {entry}"
    own = [e for e in logged if e.index < entry and e.entry.data.get("digest") == last[0].artifact]
    if not own:
        return f"the text of the set that was signed before entry {entry} was not logged before it"
    try:
        return _read(material.text(ledger.store, own[0]).encode("utf-8"))
    except (LetpassError, InvalidError) as error:
        return f"the set that was signed before entry {entry} cannot be read any more: {error}"


def loosened(project: Project, policies: PolicySet) -> tuple[str, ...]:
    """The rules of the set in force that ask less than they did in the set that was signed before it, with who signed and why.

    Raises as `before` does.
    """
    signed = [s for s in project.signed_set if s.artifact == policies.digest]
    if not signed:
        return ()
    entries = [s.entry for s in signed if s.entry is not None]
    stood = before(project, min(entries, default=2**62), policies.digest)
    if isinstance(stood, str):
        return ()
    who = " and ".join(sorted({s.text("signer") for s in signed}))
    why = (
        "; ".join(dict.fromkeys(s.text("reason") for s in reversed(signed) if s.text("reason"))) or "no reason is given"
    )
    sets = stood.digest, policies.digest
    if sets not in _KNOWN:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        _KNOWN[sets] = tuple(_looser(stood, policies))
    return tuple(f"{change}; {who} signed it: {why}" for change in _KNOWN[sets])


def _looser(then: PolicySet, now: PolicySet) -> Iterator[str]:
    """The rules that are looser than one of before, and that none of before asks as little as."""
    old = [rule for policy in then.policies for rule in policy.rules if not rule.advice]
    for policy in now.policies:
        for rule in policy.rules:
            found = [(stricter(each, rule), each) for each in old]
            looser = [each for change, each in found if change == -1]
            if looser and not any(change is not None and change >= 0 for change, _ in found):
                yield f"{rule.id} asks `{rule.text}`, and asked `{looser[0].text}` before"


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
