"""Who signed, and whose signatures count for a condition."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

DAY = 86_400_000_000


@dataclass(frozen=True)
class Signature:
    """A verified sign-off. at: microseconds since 1970."""

    person: str
    role: str
    at: int


@dataclass(frozen=True)
class People:
    """What was verified beside the record.

    known: the trust file's people with their aliases; None without one · domains: whose addresses name people · asked: who
    asks, None where nobody does; signed: whether that is signed · thresholds: the least number of a role · committed: the
    author of the commit, where it can be read.
    """

    signatures: tuple[Signature, ...] = ()
    known: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    domains: tuple[str, ...] = ()
    asked: str | None = None
    signed: bool = False
    thresholds: tuple[tuple[str, int], ...] = ()
    committed: str | None = None

    def named(self, text: str) -> str | None:
        """The person that a text names, None where it names nobody."""
        same = _same(text)
        for person, aliases in self.known or ():
            if same in {_same(n) for n in (person, *aliases)}:
                return person
        name, _, rest = same.rpartition("<")
        if name and rest.endswith(">"):
            return self.named(rest.removesuffix(">")) if self._fits(name.strip(), rest.removesuffix(">")) else None
        local, at, domain = same.partition("@")
        if at and " " not in same:
            plain = f"{local.partition('+')[0]}@{domain}"
            if plain != same:
                return self.named(plain)
            return same if domain in self.domains else None
        return None

    def _fits(self, name: str, address: str) -> bool:
        other = next((p for p, aliases in self.known or () if name in {_same(n) for n in (p, *aliases)}), None)
        return other is None or other == self.named(address)

    def left_out(self, author: str | None, code_author: str | None, *, unreadable: bool) -> frozenset[str] | None:
        """Whom `other than author` leaves out; None where nobody knows."""
        if author is None or not author.strip():
            return None
        texts = [t for t in (author, code_author, self.committed) if t is not None]
        if self.known is None:  # then a text is whoever it says
            return frozenset([*texts, *([self.asked] if self.asked else [])])
        if unreadable or self.asked is None or not self.signed:
            return None
        found = [self.named(t) for t in (*texts, self.asked)]
        return None if None in found else frozenset(p for p in found if p is not None)

    def enough(self, role: str, count: int, left_out: frozenset[str], since: int | None, now: int) -> bool:
        """Whether so many different people signed in a role."""
        return len(self._in(role, left_out, since, now)) >= max(count, dict(self.thresholds).get(role, 1))

    def one_each(self, roles: tuple[str, ...], left_out: frozenset[str]) -> bool:
        """Whether each role has a person of its own, or as many as its threshold asks."""
        places = [r for r in roles for _ in range(dict(self.thresholds).get(r, 1))]
        signers = {r: self._in(r, left_out, None, 0) for r in roles}
        everybody = sorted(set().union(*signers.values()))
        return any(
            all(p in signers[r] for r, p in zip(places, chosen, strict=True))
            for chosen in permutations(everybody, len(places))
        )

    def _in(self, role: str, left_out: frozenset[str], since: int | None, now: int) -> set[str]:
        return {
            s.person
            for s in self.signatures
            if s.role == role and s.person not in left_out and (since is None or since <= s.at <= now)
        }


def _same(text: str) -> str:
    return " ".join(text.casefold().split())
