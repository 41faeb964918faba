"""The trust file: every version from the pinned first one on, each signed by its own root and the one before.

After The Update Framework's rule for root metadata (TUF specification, 5.3), with people counted instead of keys.
"""

from __future__ import annotations

import json
from functools import cached_property, lru_cache

from letpass.diagnostics import InvalidError, TrustError
from letpass.frozen import Frozen
from letpass.trust import dsse, sshsig, strict, trustfile
from letpass.trust.dsse import Envelope
from letpass.trust.keys import Key
from letpass.trust.roles import ROOT
from letpass.trust.trustfile import KeyEntry, Version

TYPE = "letpass.trust-chain/v1"
NAMESPACE = "trust@letpass"
LARGEST = 16 << 20  # bytes of the whole file
MOST = 1000  # versions


class Trust(Frozen):
    """A verified trust file.  `text`: its bytes, to build the next version on."""

    versions: tuple[Version, ...]
    text: bytes = b""

    @property
    def current(self) -> Version:
        """The version in force, the newest."""
        return self.versions[-1]

    @property
    def root(self) -> str:
        """What names the whole chain: the digest of its first version."""
        return self.versions[0].digest

    @cached_property
    def _gone(self) -> dict[str, tuple[str, KeyEntry]]:
        """The keys that any version revokes, by fingerprint, with whose they were."""
        held = [(name, e) for v in self.versions for name, person in v.people.items() for e in person.keys]
        held += [(name, e) for v in self.versions for name, service in v.services.items() for e in service.keys]
        return {entry.key.fingerprint: (name, entry) for name, entry in held if entry.revoked is not None}

    def revoked(self, key: Key | str) -> tuple[str, KeyEntry] | None:
        """Whose a key was that some version has revoked, and its entry there; None where none has.  `key`: or its fingerprint.

        It stays revoked where its holder is taken out of the file, or comes back with it.
        """
        return self._gone.get(key if isinstance(key, str) else key.fingerprint)

    def version(self, digest: str) -> Version | None:
        """The version of the trust file with a digest, None where there was none."""
        return next((v for v in self.versions if v.digest == digest), None)


def envelopes(data: bytes) -> tuple[Envelope, ...]:
    """The signed versions in the file's text; raises `InvalidError`."""
    value = strict.loads(data, LARGEST)
    if not isinstance(value, dict) or value.get("type") != TYPE:
        raise InvalidError(f"no trust file: its type is not `{TYPE}`")
    versions = value.get("versions")
    if set(value) != {"type", "versions"} or not isinstance(versions, list) or not versions:
        raise InvalidError("no trust file: it has `type` and `versions`, at least one")
    if len(versions) > MOST:
        raise InvalidError(f"{len(versions)} versions; the most is {MOST}")
    found = tuple(dsse.from_value(v) for v in versions)
    for envelope in found:
        if envelope.type != dsse.TRUST:
            raise InvalidError(f"a version of type `{envelope.type[:60]}`, not `{dsse.TRUST}`")
    return found


def text(signed: tuple[Envelope, ...]) -> bytes:
    """The file's text, a version a line."""
    lines = ",\n".join("  " + e.text().decode("utf-8") for e in signed)
    return f'{{"type": {json.dumps(TYPE)},\n "versions": [\n{lines}\n ]}}\n'.encode()


@lru_cache(maxsize=8)  # the same file is verified for every model of a folder
def load(data: bytes, root: str, name: str) -> Trust:
    """The trust file, verified from its pinned first version on; raises `TrustError`.

    1. the first version is the pinned one · 2. each is one more than the version before and names its digest · 3. each is
    signed by the threshold of its own root · 4. and of the root of the version before.
    """
    try:
        signed = envelopes(data)
        versions: list[Version] = []
        for at, envelope in enumerate(signed, 1):
            version = trustfile.read(envelope.payload)
            if at == 1 and version.digest != root:  # (1)
                raise InvalidError(
                    f"its first version is {version.digest}, and {root} is pinned ([trust] root, or LETPASS_TRUST_ROOT)"
                )
            before = versions[-1] if versions else None
            if version.number != at or (before is not None and version.previous != before.digest):  # (2)
                raise InvalidError(f"version {version.number} does not follow the one before it")
            for judge in (version, before):  # (3), (4)
                if judge is not None and (lacking := missing(envelope, judge)):
                    raise InvalidError(f"version {version.number}: {lacking}")
            versions.append(version)
    except InvalidError as error:
        raise TrustError.of(
            "GATE410", f"the trust file is refused: {error}", name, "bring back the last good one; `policy trust check`"
        ) from None
    return Trust(tuple(versions), data)


def unexpired(trust: Trust, now: int, name: str) -> None:
    """Raise `TrustError` where the current version does not hold any more."""
    if trust.current.expires <= now:
        raise TrustError.of(
            "GATE410",
            f"the trust file expired at {strict.written(trust.current.expires)}",
            name,
            "let its root renew it: `policy trust rotate`, then `policy trust sign`",
        )


def signers(envelope: Envelope, judge: Version, namespace: str = NAMESPACE) -> dict[str, str]:
    """Who of a version's root has signed, and for every other signature why it does not count."""
    found: dict[str, str] = {}
    for at, (_, blob) in enumerate(envelope.signatures, 1):
        try:
            key = sshsig.verify(blob, namespace, envelope.message).key
        except InvalidError as error:
            found[f"signature {at}"] = str(error)
            continue
        holder = judge.holder(key)
        if holder is None or holder[0] not in judge.roles[ROOT].members:
            found[f"signature {at}"] = f"{holder[0] if holder else key.fingerprint} is not of the root"
        elif holder[1].revoked is not None:
            found[f"signature {at}"] = f"the key of {holder[0]} is revoked"
        elif holder[1].ends is not None:
            # a version has no time of its own, so a key that ends could sign back-dated ones for ever
            found[f"signature {at}"] = f"the key of {holder[0]} has an end, and signs no trust file"
        else:
            found[holder[0]] = ""
    return found


def missing(envelope: Envelope, judge: Version, namespace: str = NAMESPACE) -> str:
    """What a version, or a word in another namespace, lacks to be signed by the root of `judge`, or nothing."""
    found = signers(envelope, judge, namespace)
    count, needed = sum(not why for why in found.values()), judge.roles[ROOT].threshold
    if count >= needed:
        return ""
    others = "; ".join(f"{name}: {why}" for name, why in found.items() if why)
    return f"{count} of {needed} signatures by the root of version {judge.number}" + (f" ({others})" if others else "")
