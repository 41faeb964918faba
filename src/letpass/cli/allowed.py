"""Lines of an `allowed_signers` file (ssh-keygen(1)), so that anybody verifies a signature with stock OpenSSH."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from letpass.frozen import Frozen

if TYPE_CHECKING:
    from letpass.trust.chain import Trust
    from letpass.trust.trustfile import KeyEntry, Version


class _Held(Frozen):
    """A key of a person, and from when until when it held, in microseconds; None where that has no bound."""

    person: str
    line: str
    begins: int | None
    ends: int | None


def lines(trust: Trust, *, every: bool) -> list[str]:
    """People's keys, for statements, with the times that they hold: those of the current version, or `every` one that there
    ever was.

    Of every version a key holds from the one that brought it, until it ended, was revoked, or its person was taken out.
    """
    if every:
        return [_line(h) for h in _ever(trust.versions)]
    current = trust.current
    return [_line(_held(n, e)) for n, person in current.people.items() for e in person.keys]


def _ever(versions: tuple[Version, ...]) -> list[_Held]:
    now: dict[tuple[str, str], _Held] = {}
    gone: list[_Held] = []
    for at, version in enumerate(versions):
        here = {(n, e.key.line): e for n, person in version.people.items() for e in person.keys}
        for key in now.keys() - here.keys():  # taken out in this version, at the latest when the one before it ended
            left, until = now.pop(key), version.issued or versions[at - 1].expires
            ends = until if left.ends is None else min(until, left.ends)
            gone.append(_Held(left.person, left.line, left.begins, ends))
        for key, entry in here.items():
            own = _held(key[0], entry)
            first = now[key].begins if key in now else (version.issued or None)
            now[key] = _Held(own.person, own.line, own.begins if own.begins is not None else first, own.ends)
    return [*now.values(), *gone]


def _held(name: str, entry: KeyEntry) -> _Held:
    ends = [t for t in (entry.ends, entry.revoked) if t is not None]
    return _Held(name, entry.key.line, entry.begins, min(ends) if ends else None)


def _line(held: _Held) -> str:
    from letpass.trust import signers

    marks = [f'namespaces="{signers.NAMESPACE}"']
    marks += [f'valid-after="{_stamp(held.begins)}"'] if held.begins is not None else []
    marks += [f'valid-before="{_stamp(held.ends)}"'] if held.ends is not None else []
    return f"{held.person} {','.join(marks)} {held.line}"


def _stamp(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds // 1_000_000, tz=UTC).strftime("%Y%m%d%H%M%SZ")
