"""A small company: five people who sign, one who only trains, two services, one model that two validators must sign.

Anna has made the model, and Bob asks for its promotion with his key.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import Source
from letpass.evaluation.decision import Decision
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import judgement
from letpass.gate.verified import subject
from letpass.move import Move, promotion
from letpass.project.policyset import PolicySet, from_texts
from letpass.registries import files
from letpass.trust import chain, dsse, kinds, signers, statements, strict
from letpass.trust.accepted import Made
from letpass.trust.bundle import Bundle
from letpass.trust.dsse import Envelope
from letpass.trust.kinds import EVIDENCE, LIFT, OBJECTION, POLICIES, REQUEST, REVOCATION, SIGNOFF, WAIVER, WITHDRAWAL
from letpass.trust.statements import StatementFile
from tests.trust.keys import PemKey, SshKey

NOW = strict.instant("2026-11-23T12:00:00Z")
HOUR, DAY = 3_600_000_000, 86_400_000_000
ROSA, RAVI, VERA, VITO, BOB, ANNA = (f"{n}@corp.example" for n in ("rosa", "ravi", "vera", "vito", "bob", "anna"))
ARTIFACT, OTHER = "sha256:" + "a1" * 32, "sha256:" + "b2" * 32
MOVE = promotion("production")
POLICY = """policy gate: "Gate"
  on promotion to production
require good: accuracy >= 0.9
  waivable by role "risk" for 14 days
require signed: signed by 2 in role "validator" other than author
"""
RECORD: dict[str, Any] = {
    "model": "fraud",
    "version": "4",
    "author": ANNA,
    "metrics": {"accuracy": 0.95},
    "artifact": {"digest": ARTIFACT},
}
PEOPLE = {name: SshKey() for name in (ROSA, RAVI, VERA, VITO, BOB)}
STRANGER = SshKey()
SERVICES = {"eval-ci": PemKey(), "scanner": PemKey()}


def document(**changes: Any) -> dict[str, Any]:
    """The trust file's first version as data; `changes` replace whole fields."""
    found: dict[str, Any] = {
        "type": "letpass.trust/v1",
        "version": 1,
        "expires": "2027-06-01T00:00:00Z",
        "people": {**{name: {"keys": [{"ssh": key.line}]} for name, key in PEOPLE.items()}, ANNA: {"keys": []}},
        "services": {
            "eval-ci": {"keys": [{"pem": SERVICES["eval-ci"].pem}], "predicates": [EVIDENCE, kinds.TEST_RESULT], "models": ["fraud*"]},
            "scanner": {"keys": [{"pem": SERVICES["scanner"].pem}], "predicates": ["https://example.com/scan/v1"]},
        },
        "roles": {
            "root": {"members": [ROSA, RAVI], "threshold": 2},
            "validator": {"members": [VERA, VITO], "models": ["fraud*"], "stages": ["production"]},
            "risk": {"members": [ROSA]},
            "policy-owner": {"members": [ROSA, RAVI]},
        },
    }  # fmt: skip
    found.update(changes)
    return found


def version(data: Mapping[str, Any], *signing: SshKey, namespace: str = chain.NAMESPACE) -> Envelope:
    """A version of the trust file, signed."""
    payload = canonical(dict(data))
    message = dsse.encode(dsse.TRUST, payload)
    return Envelope(dsse.TRUST, payload, tuple(("", key.sign(namespace, message)) for key in signing))


def root_of(data: Mapping[str, Any]) -> str:
    return strict_digest(canonical(dict(data)))


def strict_digest(payload: bytes) -> str:
    from letpass.canonical import digest_bytes

    return digest_bytes(payload)


FIRST = document()
ROOTS = (PEOPLE[ROSA], PEOPLE[RAVI])


class World:
    """Papers on a desk, and the decision that they come to.

    Every method that makes a statement puts it on the desk, and gives its payload's digest.
    """

    def __init__(
        self,
        policy: str = POLICY,
        record: Mapping[str, Any] | None = None,
        trust: Sequence[Envelope] = (),
        move: Move = MOVE,
    ) -> None:
        self.policies: PolicySet = from_texts({"gate.policy": policy}, VOCABULARY, warn=False)
        self.data = copy.deepcopy(dict(record or RECORD))
        self.versions = list(trust) or [version(FIRST, *ROOTS)]
        self.statement_files: list[StatementFile] = []
        self.move = move
        self.now = NOW
        self.registry = "models"
        self.used: tuple[str, ...] = ()
        self.computed: tuple[str, ...] = ()
        self.learned: tuple[tuple[str, int], ...] = ()
        self.same: tuple[tuple[str, ...], ...] = ()
        self.made: Made | None = None

    # ------------------------------------------------------------ what there is

    @property
    def record(self) -> Record:
        import json

        return files.parse(Source("models/fraud/4.json", json.dumps(self.data)))[0]

    @property
    def trust(self) -> bytes:
        return chain.text(tuple(self.versions))

    @property
    def trust_digest(self) -> str:
        return strict_digest(self.versions[-1].payload)

    @property
    def root(self) -> str:
        return strict_digest(self.versions[0].payload)

    def bundle(self) -> Bundle:
        return Bundle(
            self.trust, self.root, self.registry, tuple(self.statement_files), self.computed, "here", self.used, "trust.json", "models/fraud/4.json",
            learned=self.learned, same=self.same, made=self.made,
        )  # fmt: skip

    def decide(self, now: int | None = None) -> Decision:
        return judgement.judge(
            self.policies, self.record, self.move, now or self.now, Holder.NOBODY, bundle=self.bundle()
        )

    def verdict(self, now: int | None = None) -> str:
        return self.decide(now).verdict.value

    def why(self, digest: str, now: int | None = None) -> str:
        """Why a statement does not count; nothing where it does."""
        found = [s for s in self.decide(now).statements if s.digest == digest]
        assert found, "the statement was not judged"
        assert (found[0].why == "") is found[0].valid
        return found[0].why

    # ------------------------------------------------------------ what is said

    def put(
        self, payload: bytes, signature: bytes | None, *, name: str = "", logged: int | None = None,
        entry: int | None = None,
    ) -> str:  # fmt: skip
        envelope = Envelope(dsse.STATEMENT, payload, () if signature is None else (("", signature),))
        digest = strict_digest(payload)
        self.statement_files.append(
            StatementFile(name or f"models/fraud/4/{digest[7:23]}.json", envelope.text(), logged, entry)
        )
        return digest

    def say(
        self, type_: str, predicate: Mapping[str, Any], key: SshKey | PemKey | None, *, artifact: str = ARTIFACT,
        name: str = "fraud@4", namespace: str = signers.NAMESPACE, logged: int | None = None, flags: int = 1,
        entry: int | None = None,
    ) -> str:  # fmt: skip
        """Sign any statement, and put it on the desk."""
        payload = statements.build(type_, name, artifact, predicate)
        message = dsse.encode(dsse.STATEMENT, payload)
        if isinstance(key, SshKey):
            return self.put(payload, key.sign(namespace, message, flags), logged=logged, entry=entry)
        return self.put(payload, key.sign(message) if key is not None else None, logged=logged, entry=entry)

    def request(
        self,
        key: SshKey | PemKey | None = PEOPLE[BOB],
        *,
        at: int = NOW - 3 * HOUR,
        artifact: str = ARTIFACT,
        logged: int | None = None,
        name: str = "",
        **changes: Any,
    ) -> str:
        """A request for this move, signed by Bob, with None by nobody; `changes` replace what it says, `name` what it is called."""
        about = subject(self.bundle(), self.record, self.move, self.policies.digest)
        said: dict[str, Any] = {
            "registry": about.registry, "model": about.model, "version": about.version, "move": about.move.as_json(),
            "policies": about.policies, "facts": about.facts, "evidence": [], "author": about.author,
            "requester": BOB, "nonce": f"n{len(self.statement_files)}", "trust": self.trust_digest,
            "issuedAt": strict.written(at), "expiresAt": strict.written(at + 30 * DAY),
        }  # fmt: skip
        said |= changes
        return self.say(
            REQUEST, said, key, artifact=artifact, logged=logged, name=name or f"{said['model']}@{said['version']}"
        )

    def sign(
        self, request: str, person: str = VERA, *, key: SshKey | None = None, at: int = NOW - HOUR, artifact: str = ARTIFACT,
        namespace: str = signers.NAMESPACE, logged: int | None = None, flags: int = 1, **changes: Any,
    ) -> str:  # fmt: skip
        """A sign-off of a request; `changes` replace what it says."""
        said: dict[str, Any] = {
            "role": "validator", "signer": person, "request": request, "model": self.data["model"],
            "version": self.data["version"], "move": self.move.as_json(),
            "policies": self.policies.digest, "trust": self.trust_digest, "issuedAt": strict.written(at),
        }  # fmt: skip
        said = {k: v for k, v in {**said, **changes}.items() if v is not None}
        return self.say(
            SIGNOFF, said, key or PEOPLE[person], artifact=artifact, namespace=namespace, logged=logged, flags=flags
        )

    def object_(
        self, person: str = VITO, *, stage: str = "production", at: int = NOW - HOUR, artifact: str = ARTIFACT,
        key: SshKey | None = None, logged: int | None = None, entry: int | None = None, **changes: Any,
    ) -> str:  # fmt: skip
        """An objection to this version; `stage`: nothing for every move; `changes` replace what it says."""
        said: dict[str, Any] = {
            "role": "validator", "signer": person, "model": self.data["model"], "version": self.data["version"],
            "against": {"stage": stage} if stage else {}, "digests": [artifact], "reason": "unfair to group 7",
            "trust": self.trust_digest, "issuedAt": strict.written(at),
        }  # fmt: skip
        said = {k: v for k, v in {**said, **changes}.items() if v is not None}
        return self.say(OBJECTION, said, key or PEOPLE[person], artifact=artifact, logged=logged, entry=entry)

    def withdraw(self, of: str, person: str, *, at: int = NOW - HOUR, role: str = "validator", **changes: Any) -> str:
        """A withdrawal of what somebody has signed."""
        said: dict[str, Any] = {
            "role": role, "signer": person, "model": self.data["model"], "version": self.data["version"], "of": of,
            "trust": self.trust_digest, "issuedAt": strict.written(at),
        }  # fmt: skip
        return self.say(WITHDRAWAL, {**said, **changes}, PEOPLE[person])

    def lift(
        self,
        of: str | Sequence[str],
        person: str = ROSA,
        *,
        at: int = NOW - HOUR,
        entry: int | None = None,
        **changes: Any,
    ) -> str:
        """One owner's lift of what stands against the version: a statement, or several that say the same."""
        return self._owned(LIFT, person, at, entry, {"of": [of] if isinstance(of, str) else sorted(of), **changes})

    def revoke(
        self, person: str = ROSA, *, at: int = NOW - HOUR, entry: int | None = None, artifact: str = ARTIFACT, **changes: Any
    ) -> str:  # fmt: skip
        """One owner's revocation of the version."""
        return self._owned(REVOCATION, person, at, entry, {"digests": [artifact], **changes}, artifact)

    def _owned(
        self, type_: str, person: str, at: int, entry: int | None, changes: Mapping[str, Any], artifact: str = ARTIFACT
    ) -> str:  # fmt: skip
        said: dict[str, Any] = {
            "role": "policy-owner", "signer": person, "model": self.data["model"], "version": self.data["version"],
            "trust": self.trust_digest, "root": self.root, "issuedAt": strict.written(at), "reason": "looked at again",
        }  # fmt: skip
        return self.say(type_, {**said, **changes}, PEOPLE[person], artifact=artifact, entry=entry)

    def enact(
        self, person: str = ROSA, *, at: int = NOW - DAY, digest: str = "", key: SshKey | None = None, **changes: Any
    ) -> str:
        """A policy owner's signature of the set."""
        said: dict[str, Any] = {
            "role": "policy-owner", "signer": person, "trust": self.trust_digest, "root": self.root,
            "policies": {p.name: p.digest for p in self.policies.policies}, "gates": [], "settings": {}, "identity": {},
            "issuedAt": strict.written(at),
        }  # fmt: skip
        return self.say(
            POLICIES,
            {**said, **changes},
            key or PEOPLE[person],
            artifact=digest or self.policies.digest,
            name="policies",
        )

    def waive(
        self,
        label: str = "good",
        person: str = ROSA,
        *,
        until: int = NOW + 7 * DAY,
        at: int = NOW - HOUR,
        artifact: str = ARTIFACT,
        **changes: Any,
    ) -> str:
        """A waiver of what one rule misses now, or of its first condition where it misses nothing."""
        rule = next(r for p in self.policies.policies for r in p.rules if r.label == label)
        found = [m.missed.as_json() for r in self.decide(at).rules if r.rule is rule for m in r.misses]
        said: dict[str, Any] = {
            "role": "risk", "signer": person, "model": self.data["model"], "version": self.data["version"], "policy": "gate",
            "label": label, "move": self.move.as_json(), "rule": rule.digest, "missed": found or [{"condition": rule.text}],
            "until": strict.written(until), "reason": "incident 7", "trust": self.trust_digest,
            "issuedAt": strict.written(at),
        }  # fmt: skip
        return self.say(WAIVER, {**said, **changes}, PEOPLE[person], artifact=artifact)

    def attest(
        self,
        facts: Mapping[str, Any],
        service: str = "eval-ci",
        *,
        artifact: str = ARTIFACT,
        at: int = NOW - HOUR,
        key: PemKey | None = None,
        type_: str = EVIDENCE,
    ) -> str:
        """Evidence by a service."""
        predicate = {"facts": dict(facts), "issuedAt": strict.written(at)} if type_ == EVIDENCE else dict(facts)
        return self.say(type_, predicate, key or SERVICES[service], artifact=artifact)

    def next_version(self, *signing: SshKey, **changes: Any) -> Envelope:
        """The next version of the trust file, put in force."""
        import json

        data = json.loads(self.versions[-1].payload)
        data.update({"version": data["version"] + 1, "previous": self.trust_digest, **changes})
        made = version(data, *(signing or ROOTS))
        self.versions.append(made)
        return made


def signed_world(**how: Any) -> tuple[World, str]:
    """A world in which the move is allowed: the policy set in force, a request, two validators' sign-offs."""
    world = World(**how)
    world.enact()
    request = world.request()
    world.sign(request, VERA)
    world.sign(request, VITO)
    return world, request


def without(world: World, digest: str) -> None:
    """Take a statement off the desk."""
    world.statement_files = [p for p in world.statement_files if statements.read(p.name, p.data).digest != digest]


def tampered(world: World, at: int, **changes: Any) -> None:
    """Change a statement_file's envelope without signing again."""
    import json

    value = json.loads(world.statement_files[at].data)
    value.update(changes)
    world.statement_files[at] = replace(world.statement_files[at], data=json.dumps(value).encode())
