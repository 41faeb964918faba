"""The directory of a trust file: its people by all their names, and whom a text means.

    text ─▶ a person's name or alias, `address`, or `name <address>` ─▶ a person, or an address in a listed domain
                                                                     └▶ nobody, and why

Whoever writes a record writes the text.  So a text names somebody only where it is one name as a whole; one that holds
several, or looks like a name and is another, names nobody.  Everybody whom it may mean is told beside it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from functools import cached_property

from letpass.frozen import Frozen
from letpass.trust import strict
from letpass.trust.naming import alike, is_identity, same

_WITH_NAME = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>\s]+)>\Z")
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+\Z")
SHOWN = 60  # characters of a text that names nobody
LONGEST = 1000  # characters of a text that names somebody
_ADDRESS_WANTED = "write the address of the person"


class Named(Frozen):
    """Whom a text names.  `shown`: the text in backticks, cut, and in ASCII where it is not plain.

    person: a person of the trust file, or an address in one of its domains; empty where it names nobody · people: all of the
    trust file whom it may mean · detail: why it names nobody · help: what mends it.
    """

    shown: str
    person: str = ""
    people: frozenset[str] = frozenset()
    detail: str = ""
    help: str = ""


class Directory(Frozen):
    """A trust file's people with their aliases, the domains whose addresses it takes for people, and its services."""

    people: Mapping[str, tuple[str, ...]]
    domains: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @cached_property
    def _names(self) -> dict[str, tuple[str, str]]:
        """Every name and alias as it is compared: whose it is, and as it is written."""
        return {same(n): (person, n) for person, aliases in self.people.items() for n in (person, *aliases)}

    @cached_property
    def _looks(self) -> list[tuple[str, str, str, str]]:
        """Every name as it looks and as it is compared, whose it is, and as it is written."""
        return [(alike(written), name, person, written) for name, (person, written) in self._names.items()]

    @cached_property
    def _by_look(self) -> dict[str, list[tuple[str, str]]]:
        """Whose name looks so, and as it is written."""
        found: dict[str, list[tuple[str, str]]] = {}
        for look, _, person, written in self._looks:
            found.setdefault(look, []).append((person, written))
        return found

    def named(self, text: str) -> Named:
        """Whom a text names."""
        shown = text[:LONGEST] if text.isascii() and text.isprintable() else strict.plain(text)
        shown = f"`{shown[:SHOWN]}{'…' if len(shown) > SHOWN else ''}`"
        if len(text) > LONGEST:
            return Named(shown, "", frozenset(), f"{shown} is too long for a name", _ADDRESS_WANTED)
        meant = self._meant(text)
        people = frozenset(person for person, _ in meant)
        if (found := self._names.get(same(text))) is not None:
            return Named(shown, found[0], people | {found[0]})
        if not alike(text):
            return Named(shown, "", people, "it is empty", _ADDRESS_WANTED)
        with_name = _WITH_NAME.match(text.strip())
        address = with_name["address"] if with_name else text.strip()
        person = self._address(address)
        others = [(p, written) for p, written in meant if p != person]
        if person and not others:
            return Named(shown, person, people)
        detail, help_ = self._nobody(shown, text, address, person, others)
        return Named(shown, "", people, detail, help_)

    def _address(self, text: str) -> str:
        """The person or listed address that an address is, nothing where it is neither.

        What stands behind a `+` is the same mailbox.
        """
        if (found := self._names.get(same(text))) is not None:
            return found[0]
        lower = text.lower()
        if not text.isascii() or not is_identity(lower):
            return ""
        local, _, domain = lower.partition("@")
        mailbox = f"{local.partition('+')[0]}@{domain}"
        if (found := self._names.get(mailbox)) is not None:
            return found[0]
        return mailbox if domain in self.domains and is_identity(mailbox) else ""

    def _meant(self, text: str) -> list[tuple[str, str]]:
        """Everybody whom a text may mean, and by which name: whose name looks like all of it; an address whom it looks like;
        any other text also whoever has a name in it, and whose address begins like all of it."""
        with_name = _WITH_NAME.match(text.strip())
        parts = [with_name["name"].strip(" \t'\""), with_name["address"]] if with_name else [text.strip()]
        found = dict(self._by_look.get(alike(text.strip()), ()))
        for part in parts:
            compared, looks = same(part), alike(part)
            if _ADDRESS.match(part):
                mailbox = re.sub(r"\+[^@]*@", "@", looks)
                hits = [*self._by_look.get(looks, ()), *self._by_look.get(mailbox, ())]
            else:
                hits = [(p, w) for look, n, p, w in self._looks if _holds(compared, n) or _holds(looks, look)]
                hits += [(p, p.partition("@")[0]) for p in self.people if alike(p.partition("@")[0]) == looks]
            for person, written in hits:
                found.setdefault(person, written)
        return list(found.items())

    def _nobody(
        self, shown: str, text: str, address: str, person: str, others: list[tuple[str, str]]
    ) -> tuple[str, str]:
        """Why a text names nobody, in words, and what mends it."""
        plain = text.isprintable() and len(text) <= SHOWN and "`" not in text
        alias = f"`policy trust add person PERSON --alias {shlex.quote(text)}`" if plain else ""
        if same(text) in {same(s) for s in self.services}:
            return f"{shown} is a service, and no person", _ADDRESS_WANTED
        odd = [(p, written) for p, written in others if not _holds(same(text), same(written))]
        if odd:
            who, written = odd[0]
            like = f"`{written}`" + (f" of {who}" if written != who else "")
            add = f"`policy trust add person {text.strip().lower()}`" if is_identity(text.strip().lower()) else ""
            help_ = f"write `{who}` where that is meant" + (f", else let the root add them: {add}" if add else "")
            return f"{shown} looks like {like}, and is another text", help_
        whose = sorted({p for p, _ in others} | ({person} if person else set()))
        if len(whose) > 1:
            return f"{shown} holds the names of {' and '.join(whose)}", f"{_ADDRESS_WANTED} alone"
        lower = address.lower()
        if address.isascii() and is_identity(lower):
            domain = lower.partition("@")[2]
            help_ = f"let the root add them: `policy trust add person {lower}`"
            if any(p.endswith(f"@{domain}") for p in self.people):
                help_ += f"; or everybody of that domain: `policy trust add domain {domain}`"
            return f"{shown} is nobody of the trust file, nor of a domain that it lists", help_
        if _ADDRESS.match(address):
            return f"{shown} is no plain address", f"{_ADDRESS_WANTED} in ASCII, `name@host`"
        write = f"write `{whose[0]}` where that is meant" if whose else _ADDRESS_WANTED
        mend = f"{write}{f', or let the root add it: {alias}' if alias else ''}"
        return f"{shown} is no name of a person of the trust file", mend


def meant(directory: Directory | None, texts: Iterable[str]) -> frozenset[str]:
    """Everybody whom texts may mean, themselves included.  `directory`: None where there is no trust file."""
    given = [t for t in texts if t]
    named = [directory.named(t) for t in given] if directory is not None else []
    return frozenset({*given, *[n.person for n in named], *[p for n in named for p in n.people]} - {""})


def _holds(text: str, name: str) -> bool:
    """Does a name stand in a text, with no letter or digit at its ends."""
    at = text.find(name)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        at = text.find(name, at + 1)
    return False
