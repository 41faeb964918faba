"""Changes of the trust file, each from a document to a new one; nobody edits it by hand.

A document that these functions make is read back strictly before anybody signs it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError, StatementError, TrustError
from letpass.trust import chain, dsse, keys, strict, trustfile
from letpass.trust.chain import Trust
from letpass.trust.dsse import Envelope
from letpass.trust.keys import Key
from letpass.trust.roles import ROOT
from letpass.trust.trustfile import Version
from letpass.trust.verifiers import LOG, WITNESS, verifier

Document = dict[str, Any]


def first(people: Mapping[str, Key], now: int, expires: int) -> Document:
    """The first version as far as the people of its root; without any it has no root yet."""
    return {
        "type": trustfile.TYPE,
        "version": 1,
        "issued": strict.written(now),
        "expires": strict.written(expires),
        "people": {name: {"keys": [{"ssh": key.line}]} for name, key in people.items()},
        "roles": {ROOT: {"members": sorted(people)}} if people else {},
    }


def following(trust: Trust) -> Document:
    """The document of the next version, equal to the current one but for its number and predecessor."""
    document = copy.deepcopy(dict(trust.current.document))
    document["version"] = trust.current.number + 1
    document["previous"] = trust.current.digest
    return document


def envelope(document: Document) -> tuple[Envelope, Version]:
    """The document as an unsigned version; raises `TrustError` where it would be refused."""
    payload = canonical(document)
    try:
        return Envelope(dsse.TRUST, payload), trustfile.read(payload)
    except InvalidError as error:
        raise TrustError.of("GATE410", f"the trust file would be refused: {error}") from None


# ---------------------------------------------------------------- adding


def add_key(document: Document, section: str, name: str, key: Key, more: Mapping[str, Any]) -> None:
    """Give a person or service a key, and make them where they are new."""
    holder = document.setdefault(section, {}).setdefault(name, {"keys": []})
    holder["keys"].append({"pem" if key.kind == "pem" else "ssh": key.line, **more})


def add_person(document: Document, name: str, key: Key | None, aliases: Sequence[str], more: Mapping[str, Any]) -> None:
    """Add a person, or to them the key and the aliases that they do not have."""
    person = document["people"].setdefault(name, {"keys": []})
    if key is not None and all(_of(e) != key for e in person["keys"]):
        add_key(document, "people", name, key, more)
    add_to(person, "aliases", aliases)


def add_to(holder: Document, field: str, values: Sequence[str]) -> None:
    """Add values to a list of a role, person or service, each once."""
    if values:
        holder[field] = list(dict.fromkeys([*holder.get(field, []), *values]))


def add_role(document: Document, name: str, members: Sequence[str], threshold: int | None, models: Sequence[str], stages: Sequence[str]) -> None:  # fmt: skip
    """Give a role members, a threshold and a scope, and make it where it is new."""
    role = document["roles"].setdefault(name, {"members": []})
    add_to(role, "members", members)
    add_to(role, "models", models)
    add_to(role, "stages", stages)
    if threshold is not None:
        role["threshold"] = threshold


def add_verifier(document: Document, field: str, text: str, quorum: int | None) -> None:
    """Believe a log's key, or count a witness."""
    try:
        found = verifier(text)
    except InvalidError as error:
        raise TrustError.of("GATE412", f"the key is refused: {error}") from None
    if found.kind != (LOG if field == "keys" else WITNESS):
        raise TrustError.of("GATE412", f"`{text}` is no key of a {'log' if field == 'keys' else 'witness'}")
    ledger = document.setdefault("ledger", {})
    add_to(ledger, field, [text])
    if quorum is not None:
        ledger["quorum"] = quorum


# ---------------------------------------------------------------- taking away


def remove(document: Document, section: str, name: str) -> None:
    """Take a person, service or role out; a person out of every role too."""
    if name not in document.get(section, {}):
        raise StatementError.of(
            "GATE415",
            f"there is no `{name}` among the {section}",
            help=f"there are {', '.join(document.get(section, {})) or 'none'}",
        )
    del document[section][name]
    if section == "people":
        for role in [r for r in document["roles"].values() if name in r["members"]]:
            role["members"].remove(name)
        for empty in [n for n, r in document["roles"].items() if not r["members"]]:
            del document["roles"][empty]


def remove_from(document: Document, field: str, text: str) -> None:
    """Believe a log's key or a witness no more."""
    found = document.get("ledger", {}).get(field, [])
    if text not in found:
        raise StatementError.of("GATE415", f"`{text}` is not among the ledger's {field}")
    found.remove(text)


def remove_domain(document: Document, name: str) -> None:
    """Take the addresses of a domain for people no more."""
    if name not in document.get("domains", []):
        raise StatementError.of("GATE415", f"`{name}` is not among the domains")
    document["domains"].remove(name)


def remove_member(document: Document, role: str, person: str) -> None:
    """Take a person out of a role; raises `StatementError` where that person is not in it."""
    if role not in document["roles"] or person not in document["roles"][role]["members"]:
        raise StatementError.of("GATE415", f"`{person}` is not in the role `{role}`")
    document["roles"][role]["members"].remove(person)


def end(document: Document, name: str, now: str) -> None:
    """Let every key of a person or service end now; one that has ended stays as it is."""
    for entry in entries_of(document, name, None):
        if "until" not in entry or strict.instant(entry["until"]) > strict.instant(now):
            entry["until"] = now


def revoke(document: Document, name: str, which: str | None, now: str, reason: str) -> None:
    """Revoke the keys of a person or service, all or the one with a fingerprint; of one that is revoked the time and reason stay."""
    new = [e for e in entries_of(document, name, which) if "revoked" not in e]
    if not new:
        raise StatementError.of("GATE415", f"every key of `{name}` that is meant is revoked already")
    for entry in new:
        entry["revoked"] = {"at": now, "reason": reason}


def holder(document: Document, key: Key) -> str:
    """The person whose key it is, nothing where it is nobody's."""
    people = document["people"].items()
    return next((name for name, person in people if any(_of(e) == key for e in person["keys"])), "")


def entries_of(document: Document, name: str, which: str | None) -> list[Document]:
    """The keys of a person or service: all, or the one with a fingerprint."""
    holder = document["people"].get(name) or document.get("services", {}).get(name)
    if holder is None:
        raise StatementError.of("GATE415", f"there is no person or service `{name}`")
    found = [e for e in holder["keys"] if which is None or _of(e).fingerprint == which]
    if not holder["keys"]:
        help_ = f"`policy trust add person {name} --key KEY.pub`"
        raise StatementError.of("GATE415", f"`{name}` has no key", help=help_)
    if not found:
        known = ", ".join(_of(e).fingerprint for e in holder["keys"])
        raise StatementError.of("GATE415", f"`{name}` has no key {which}", help=f"there are {known}")
    return found


def _of(entry: Document) -> Key:
    return keys.parse(entry["ssh"] if "ssh" in entry else entry["pem"])


# ---------------------------------------------------------------- signing


def signed(draft: Envelope, signature: bytes, fingerprint: str) -> Envelope:
    """The draft with one more signature; one by the same key again changes nothing."""
    kept = tuple(s for s in draft.signatures if s[0] != fingerprint)
    return Envelope(draft.type, draft.payload, (*kept, (fingerprint, signature)))


def lacking(trust: Trust | None, draft: Envelope, version: Version) -> list[str]:
    """Which roots have not signed a draft yet, in words."""
    judges = [version, *([trust.current] if trust is not None else [])]
    found = []
    for judge in judges:
        if why := chain.missing(draft, judge):
            given = chain.signers(draft, judge)
            waited = [m for m in judge.roles[ROOT].members if given.get(m) != ""]
            found.append(f"{why}; {', '.join(waited)} can sign")
    return list(dict.fromkeys(found))
