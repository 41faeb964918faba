"""The first version of a trust file: choosing its root and the owners of the policies where the command did not name both."""

from __future__ import annotations

from collections.abc import Sequence

from letpass.diagnostics import TrustError
from letpass.trust import drafting
from letpass.trust.drafting import Document
from letpass.trust.keys import Key
from letpass.trust.roles import POLICY_OWNER, ROOT

SEVERAL = 2
"""How many sign, where more than one may and nobody says how many."""


def entitled(document: Document) -> tuple[str, ...]:
    """The people that the document names as root, else as owners of the policies; empty where it names nobody for either."""
    roles = document["roles"]
    return tuple((roles.get(ROOT) or roles.get(POLICY_OWNER) or {"members": ()})["members"])


def joined(document: Document, person: str, key: Key) -> str:
    """Add whoever begins the file, in words what was new of them; raises `TrustError` where their name has another key."""
    known = document["people"].get(person)
    if known is not None and known["keys"]:
        what = f"the key {key.fingerprint} is nobody's of those named, and `{person}` has another one"
        raise TrustError.of("GATE410", what, help="name the key that goes with it: --key KEY")
    drafting.add_person(document, person, key, (), {})
    return "is taken in with this key" if known is None else "gets this key"


def settled(document: Document, beginner: str, threshold: int | None) -> list[str]:
    """Give the document its root and the owners of the policies; who they are, and why, in lines.

    Named people come first; where only one of both roles has any they hold the other too, and `beginner` holds both where
    neither has.  threshold: how many must sign; else two, or one where there is only one.  Raises `TrustError` where too few
    of them have a key.
    """
    roles, lines = document["roles"], []
    named = {name: tuple(roles.get(name, {}).get("members", ())) for name in (ROOT, POLICY_OWNER)}
    root = entitled(document) or (beginner,)
    for name, members in ((ROOT, root), (POLICY_OWNER, named[POLICY_OWNER] or root)):
        least = threshold if threshold is not None and name == ROOT else min(threshold or SEVERAL, len(members))
        roles[name] = {**roles.get(name, {}), "members": list(members), "threshold": least}
        why = "" if named[name] else ", since nobody was named for it"
        lines.append(f"{name}: {least} of {', '.join(members)}{why}")
        _able(document, name, members, least)
    return lines


def _able(document: Document, role: str, members: Sequence[str], least: int) -> None:
    keyed = [m for m in members if document["people"].get(m, {"keys": ()})["keys"]]
    if len(keyed) < least:
        without = [m for m in members if m not in keyed]
        if without:
            what = f"{least} must sign as `{role}`, and no key is named of {', '.join(without)}"
            raise TrustError.of(
                "GATE410", what, help="name their keys in the list of people, or with --root PERSON=KEY.pub"
            )
