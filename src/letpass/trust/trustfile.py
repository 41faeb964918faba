"""One version of the trust file: people, services, roles and the ledger's keys, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from letpass.canonical import digest_bytes
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen, part
from letpass.globs import matches
from letpass.move import NO_STAGE, Stage
from letpass.trust import keys, strict
from letpass.trust.directory import Directory
from letpass.trust.keys import Key
from letpass.trust.naming import alike, is_domain, is_identity, same
from letpass.trust.roles import ROOT
from letpass.trust.verifiers import LOG, WITNESS, VerifierKey, verifier

TYPE = "letpass.trust/v1"
LARGEST = 1 << 20  # bytes of one version
DAY = 86_400_000_000  # microseconds
STANDING = 30 * DAY
"""How long a standing of the gate holds, where the trust file says nothing else."""
REQUEST, AUTHOR = "request", "author"
MAY = (REQUEST, AUTHOR)
"""What a service may besides attesting: ask for people, and say who made a version."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z", re.ASCII)
_GLOB = re.compile(r"[\x21-\x7e]{1,200}\Z", re.ASCII)


class KeyEntry(Frozen):
    """A key and when it holds, in microseconds."""

    key: Key
    begins: int | None = None
    ends: int | None = None
    revoked: int | None = None
    reason: str = ""

    def fault(self, at: int, what: str) -> str:
        """Why it does not hold at a time, or nothing."""
        if self.begins is not None and at < self.begins:
            return f"the key was not valid yet {what} ({strict.written(at)}); it is from {strict.written(self.begins)}"
        if self.ends is not None and at >= self.ends:
            return f"the key had expired {what} ({strict.written(at)}); it ended at {strict.written(self.ends)}"
        return ""


class Person(Frozen):
    """Somebody by their address.  Without keys they sign nothing, and are still who they are."""

    keys: tuple[KeyEntry, ...]
    aliases: tuple[str, ...] = ()


class Service(Frozen):
    """A tool that may attest facts of the given predicate types, on models by glob.

    may: what else it may: `request` moves for people, and attest the `author` of a version.
    """

    keys: tuple[KeyEntry, ...]
    predicates: tuple[str, ...]
    models: tuple[str, ...] = ("*",)
    may: tuple[str, ...] = ()


class Role(Frozen):
    """Who may sign in a role, how many must at least, and about which models and stages."""

    members: tuple[str, ...]
    threshold: int = 1
    models: tuple[str, ...] = ("*",)
    stages: tuple[str, ...] = ("*",)

    def covers(self, model: str, stage: Stage = NO_STAGE) -> str:
        """Why a model or stage is outside its scope, or nothing.  Stages are compared without regard to case."""
        if not any(matches(g, model) for g in self.models):
            return f"the model `{model}` is outside its scope ({', '.join(self.models)})"
        if not any(matches(g.casefold(), stage.folded) for g in self.stages):
            return f"the stage `{stage.name or 'none'}` is outside its scope ({', '.join(self.stages)})"
        return ""


class Version(Frozen):
    """A version of the trust file.

    digest: that of its payload · domains: whose addresses name people who are not in it · issued: when it was drafted, as it
    says, 0 where it does not.
    """

    number: int
    digest: str
    previous: str
    expires: int
    people: Mapping[str, Person]
    services: Mapping[str, Service]
    roles: Mapping[str, Role]
    ledger: tuple[VerifierKey, ...] = ()
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    standing: int = STANDING
    domains: tuple[str, ...] = ()
    issued: int = 0
    document: Mapping[str, Any] = part(default_factory=dict, compare=False, repr=False)

    def holder(self, key: Key) -> tuple[str, KeyEntry] | None:
        """The person that a key belongs to."""
        for name, person in self.people.items():
            for entry in person.keys:
                if entry.key == key:
                    return name, entry
        return None

    def tool(self, key: Key) -> str:
        """The service that a key belongs to, nothing where it is none's."""
        return next((n for n, s in self.services.items() if any(e.key == key for e in s.keys)), "")

    @cached_property
    def directory(self) -> Directory:
        """The people by all their names, and whom else an author may be."""
        people = {name: person.aliases for name, person in self.people.items()}
        return Directory(people, frozenset(self.domains), frozenset(self.services))


def read(payload: bytes) -> Version:
    """One version in its payload; raises `InvalidError` with the first fault.  Nothing is verified yet."""
    data = strict.loads(payload, LARGEST)
    _fields(
        data, "the trust file",
        {"type", "version", "previous", "issued", "expires", "people", "domains", "services", "roles", "ledger"},
        {"type", "version", "expires", "people", "roles"},
    )  # fmt: skip
    if data["type"] != TYPE:
        raise InvalidError(f"its type is `{str(data['type'])[:60]}`, not `{TYPE}`")
    number, previous = data["version"], data.get("previous", "")
    if type(number) is not int or number < 1:
        raise InvalidError("its `version` is a whole number from 1")
    if (number == 1) != (previous == ""):
        raise InvalidError("the first version has no `previous`, and every other has one")
    people = {name: _person(name, value) for name, value in _mapping(data["people"], "people").items()}
    services = {name: _service(name, value) for name, value in _mapping(data.get("services", {}), "services").items()}
    roles = {name: _role(name, value, people) for name, value in _mapping(data["roles"], "roles").items()}
    if ROOT not in roles:
        raise InvalidError(f"it has no role `{ROOT}`")
    _one_holder(people, services)
    _one_name(people, services)
    domains = _texts(data.get("domains", []), "domains")
    if (odd := next((d for d in domains if not is_domain(d)), None)) is not None:
        raise InvalidError(f"`{strict.plain(odd)}` is no domain; write what stands behind the `@`, in lower-case ASCII")
    ledger = _mapping(data.get("ledger", {}), "ledger")
    _fields(ledger, "`ledger`", {"keys", "witnesses", "quorum", "standing"}, set())
    logs, witnesses = _verifiers(ledger, "keys", LOG), _verifiers(ledger, "witnesses", WITNESS)
    quorum = ledger.get("quorum", 0)
    if type(quorum) is not int or not 0 <= quorum <= len(witnesses):
        raise InvalidError("the `quorum` is a number from 0 to that of the witnesses")
    days = ledger.get("standing", STANDING // DAY)
    if type(days) is not int or not 1 <= days <= 366:
        raise InvalidError("`ledger.standing` is a number of days from 1 to 366")
    digest = digest_bytes(payload)
    expires = _instant(data["expires"], "expires")
    issued = _instant(data["issued"], "issued") if "issued" in data else 0
    return Version(
        number,
        digest,
        previous,
        expires,
        people,
        services,
        roles,
        logs,
        witnesses,
        quorum,
        days * DAY,
        domains,
        issued,
        data,
    )


def _fields(value: Any, where: str, known: set[str], required: set[str]) -> None:
    if not isinstance(value, dict):
        raise InvalidError(f"{where} is a mapping")
    if unknown := sorted(set(value) - known):
        raise InvalidError(f"{where} has the unknown field `{unknown[0][:60]}`")
    if missing := sorted(required - set(value)):
        raise InvalidError(f"{where} has no `{missing[0]}`")


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > 10_000:
        raise InvalidError(f"`{where}` is a mapping")
    return value


def _texts(value: Any, where: str, grammar: re.Pattern[str] | None = None) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() and len(v) <= 2000 for v in value):
        raise InvalidError(f"`{where}` is a list of texts")
    if len(set(value)) != len(value):
        raise InvalidError(f"`{where}` names one twice")
    if grammar is not None and (bad := next((v for v in value if not grammar.match(v)), None)) is not None:
        raise InvalidError(f"`{where}` holds `{strict.plain(bad)}`, which is no plain ASCII text without blanks")
    return tuple(value)


def _verifiers(ledger: Mapping[str, Any], field: str, kind: int) -> tuple[VerifierKey, ...]:
    try:
        found = tuple(verifier(text) for text in _texts(ledger.get(field, []), f"ledger.{field}"))
    except InvalidError as error:
        raise InvalidError(f"`ledger.{field}`: {error}") from None
    if any(k.kind != kind for k in found) or len({k.raw for k in found}) != len(found):
        raise InvalidError(f"`ledger.{field}` holds a key of another kind, or one twice")
    return found


def _instant(value: Any, where: str) -> int:
    try:
        return strict.instant(value)
    except InvalidError as error:
        raise InvalidError(f"`{where}`: {error}") from None


def _person(name: str, value: Any) -> Person:
    if not is_identity(name):
        raise InvalidError(f"`{strict.plain(name)}` names no person; write an address in lower-case ASCII, `name@host`")
    _fields(value, f"`{name}`", {"keys", "aliases"}, {"keys"})
    found = tuple(_entry(name, e, {"ssh"}) for e in _list(value["keys"], name, least=0))
    bound = any(e.get("hardware") for e in value["keys"])
    if bound and not all(e.key.is_security_key for e in found):
        raise InvalidError(f"`{name}` has a key that must be a security key, and beside it one that is none")
    return Person(found, _texts(value.get("aliases", []), f"{name}.aliases"))


def _list(value: Any, where: str, least: int = 1) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= 100:
        raise InvalidError(f"`{where}` has a list of keys{', at least one' if least else ''}")
    return value


def _entry(name: str, value: Any, forms: set[str]) -> KeyEntry:
    _fields(value, f"a key of `{name}`", {*forms, "from", "until", "revoked", "hardware"}, set())
    given = [f for f in sorted(forms) if f in value]
    if len(given) != 1 or not isinstance(value[given[0]], str):
        raise InvalidError(f"a key of `{name}` stands under {' or '.join(f'`{f}`' for f in sorted(forms))}")
    try:
        key = keys.parse(value[given[0]])
    except InvalidError as error:
        raise InvalidError(f"a key of `{name}`: {error}") from None
    if (given[0] == "pem") != (key.kind == "pem"):
        raise InvalidError(f"a key of `{name}` does not stand under its form")
    hardware = value.get("hardware", False)
    if type(hardware) is not bool or (hardware and not key.is_security_key):
        raise InvalidError(f"a key of `{name}` is no security key, and says `hardware`")
    revoked = value.get("revoked")
    if revoked is not None:
        _fields(revoked, f"`revoked` of `{name}`", {"at", "reason"}, {"at", "reason"})
    return KeyEntry(
        key,
        _instant(value["from"], "from") if "from" in value else None,
        _instant(value["until"], "until") if "until" in value else None,
        _instant(revoked["at"], "revoked.at") if revoked else None,
        str(revoked["reason"])[:200] if revoked else "",
    )


def _service(name: str, value: Any) -> Service:
    if not _NAME.match(name):
        raise InvalidError(f"`{strict.plain(name)}` names no service; write letters, digits, `.`, `_` and `-`")
    _fields(value, f"`{name}`", {"keys", "predicates", "models", "may"}, {"keys", "predicates"})
    found = tuple(_entry(name, e, {"pem", "ssh"}) for e in _list(value["keys"], name))
    predicates = _texts(value["predicates"], f"{name}.predicates", _GLOB)
    may = _texts(value.get("may", []), f"{name}.may")
    if odd := next((m for m in may if m not in MAY), None):
        raise InvalidError(
            f"`{name}.may` holds `{strict.plain(odd)}`; a service may {' or '.join(f'`{m}`' for m in MAY)}"
        )
    if not predicates and REQUEST not in may:
        raise InvalidError(f"`{name}` may attest nothing: name its `predicates`")
    return Service(found, predicates, _scope(value, "models", name), may)


def _scope(value: Mapping[str, Any], field: str, name: str) -> tuple[str, ...]:
    found = _texts(value.get(field, ["*"]), f"{name}.{field}")
    if not found:
        raise InvalidError(f"`{name}.{field}` is empty; leave it out for all")
    return found


def _role(name: str, value: Any, people: Mapping[str, Person]) -> Role:
    if not _NAME.match(name):
        raise InvalidError(f"`{strict.plain(name)}` names no role; write letters, digits, `.`, `_` and `-`")
    _fields(value, f"the role `{name}`", {"members", "threshold", "models", "stages"}, {"members"})
    members = _texts(value["members"], f"{name}.members")
    if stranger := next((m for m in members if m not in people), None):
        raise InvalidError(f"the role `{name}` has the member `{strict.plain(stranger)}`, who is none of the people")
    threshold = value.get("threshold", 1)
    if type(threshold) is not int or not 1 <= threshold <= len(members):
        raise InvalidError(f"the threshold of `{name}` is a number from 1 to that of its members, {len(members)}")
    return Role(members, threshold, _scope(value, "models", name), _scope(value, "stages", name))


def _entries(holders: Mapping[str, Person | Service]) -> Iterator[tuple[str, KeyEntry]]:
    for name, holder in holders.items():
        for entry in holder.keys:
            yield name, entry


def _one_holder(people: Mapping[str, Person], services: Mapping[str, Service]) -> None:
    """One key belongs to one holder, whatever it is wrapped in, and stands once."""
    owners: dict[str, str] = {}
    for name, entry in [*_entries(people), *_entries(services)]:
        first = owners.setdefault(entry.key.identity, name)
        if first != name:
            raise InvalidError(f"one key under two names: `{first}` and `{name}` ({entry.key.fingerprint})")
    counts = [e.key.identity for _, e in [*_entries(people), *_entries(services)]]
    if len(counts) != len(set(counts)):
        raise InvalidError("one key stands twice under one name")


def _one_name(people: Mapping[str, Person], services: Mapping[str, Service]) -> None:
    """One name means one holder, and none looks like that of another."""
    names: dict[str, str] = {same(n): n for n in people}
    looks: dict[str, tuple[str, bool]] = {alike(n): (n, True) for n in people}
    for name, person in people.items():
        for alias in person.aliases:
            if not alike(alias):
                raise InvalidError(f"an alias of `{name}` shows nothing: `{strict.plain(alias)}`")
            first = names.setdefault(same(alias), name)
            if first != name:
                raise InvalidError(f"the alias `{strict.plain(alias)}` of `{name}` means `{first}` too")
            if same(alias) in {same(s) for s in services}:
                raise InvalidError(f"the alias `{strict.plain(alias)}` of `{name}` is the name of a service")
    for name, person in people.items():
        for alias in person.aliases:
            first, plain = looks.setdefault(alike(alias), (name, alias.isascii()))
            if first != name and not (plain and alias.isascii()):  # `user1` and `userl` are told apart
                raise InvalidError(f"the alias `{strict.plain(alias)}` of `{name}` looks like a name of `{first}`")
