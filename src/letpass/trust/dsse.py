"""DSSE envelopes (secure-systems-lab/dsse, protocol 1.0): a payload, its type, and signatures over both."""

from __future__ import annotations

import base64
from typing import Any

from letpass.canonical import canonical
from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import strict

LARGEST = 64_000  # bytes of a statement, so that it fits a leaf of the ledger with its frame
MOST_SIGNATURES = 32
STATEMENT = "application/vnd.in-toto+json"
TRUST = "application/vnd.letpass.trust+json"


class Envelope(Frozen):
    """Signatures stand as bytes, each with the key id that it came with: a hint, never an argument."""

    type: str
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()

    @property
    def message(self) -> bytes:
        """The bytes that are signed."""
        return encode(self.type, self.payload)

    def text(self) -> bytes:
        """The envelope as one line of canonical JSON."""
        return canonical(
            {
                "payload": base64.b64encode(self.payload).decode("ascii"),
                "payloadType": self.type,
                "signatures": [
                    {"keyid": k, "sig": base64.b64encode(s).decode("ascii")} if k else {"sig": base64.b64encode(s).decode("ascii")}
                    for k, s in self.signatures
                ],
            }
        )  # fmt: skip


def encode(type_: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: `DSSEv1 LEN(type) type LEN(payload) payload`."""
    name = type_.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def parse(data: bytes, largest: int = LARGEST) -> Envelope:
    """The envelope in a text; raises `InvalidError` with the reason.

    Unknown fields are ignored, as DSSE asks, and so never say anything.
    """
    return from_value(strict.loads(data, largest))


def from_value(value: Any) -> Envelope:
    """The envelope in parsed JSON; raises `InvalidError`."""
    if not isinstance(value, dict) or not isinstance(value.get("payload"), str):
        raise InvalidError("no envelope: it has no `payload`")
    type_, signatures = value.get("payloadType"), value.get("signatures")
    if not isinstance(type_, str) or not type_:
        raise InvalidError("no envelope: it has no `payloadType`")
    if not isinstance(signatures, list):
        raise InvalidError("no envelope: it has no `signatures`")
    if len(signatures) > MOST_SIGNATURES:
        raise InvalidError(f"{len(signatures)} signatures; the most is {MOST_SIGNATURES}")
    found = []
    for each in signatures:
        if not isinstance(each, dict) or not isinstance(each.get("sig"), str):
            raise InvalidError("a signature without `sig`")
        keyid = each.get("keyid", "")
        found.append((keyid if isinstance(keyid, str) else "", strict.unbase64(each["sig"], url=True)))
    return Envelope(type_, strict.unbase64(value["payload"], url=True), tuple(found))
