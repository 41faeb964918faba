"""What the statements of each kind say: their fields, which of them must be there, and what fits in each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.move import Move, Target
from letpass.trust import missed, strict
from letpass.trust.kinds import (
    ADOPTION,
    BEGIN,
    CLOCK,
    EVIDENCE,
    KEY,
    LIFT,
    LONGEST,
    OBJECTION,
    POLICIES,
    RECOVERY,
    REQUEST,
    REVOCATION,
    SIGNOFF,
    STANDING,
    UNGATE,
    WAIVER,
    WITHDRAWAL,
)

# one spelling for each algorithm, so that the same bytes have one name (in-toto's digest sets)
_DIGEST = re.compile(r"(?:dirHash1|gitCommit|gitTree|gitBlob|gitTag|(?!dirhash1:)[a-z0-9]{2,20}):[0-9a-f]{32,128}\Z")

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _free(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST


def is_digest(value: Any) -> bool:
    """`ALGORITHM:HEX`, as the record writes it."""
    return isinstance(value, str) and _DIGEST.match(value) is not None


def _digests(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 1000
        and all(is_digest(v) for v in value)
        and value == sorted(set(value))
    )


def _time(value: Any) -> bool:
    try:
        strict.instant(value)
    except InvalidError:
        return False
    return True


def _move(value: Any) -> bool:
    try:
        Move.of(value)
    except InvalidError:
        return False
    return True


def _seen(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"size", "root"}
        and isinstance(value["size"], int)
        and _text(value["root"])
    )


def _index(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _target(value: Any) -> bool:
    try:
        Target.of(value)
    except InvalidError:
        return False
    return True


def _gates(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(_target(v) and v for v in value)


def _holders(value: Any) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= 1000
        and all(
            isinstance(h, dict)
            and {"model", "version", "facts"} <= set(h) <= {"model", "version", "facts", "artifact"}
            and _text(h["model"])
            and _text(h["version"])
            and is_digest(h["facts"])
            and ("artifact" not in h or is_digest(h["artifact"]))
            for h in value
        )
    )


def _names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 1000 and all(_text(v) for v in value)


def _settings(value: Any) -> bool:
    """What decides in the configuration: lists of texts, and mappings of them."""
    return isinstance(value, dict) and all(
        _text(k)
        and (_names(v) or (isinstance(v, dict) and all(_text(n) and (_names(i) or _text(i)) for n, i in v.items())))
        for k, v in value.items()
    )


def _identity(value: Any) -> bool:
    """Which registry and which ledger, as far as whoever signs knows them; `seen`: a head of that ledger."""
    return (
        isinstance(value, dict)
        and set(value) <= {"registry", "ledger", "seen"}
        and all(_text(value[k]) for k in ("registry",) if k in value)
        and ("ledger" not in value or (_names(value["ledger"]) and bool(value["ledger"])))
        and ("seen" not in value or _seen(value["seen"]))
    )


def _policies(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and len(value) <= 1000
        and all(_text(k) and is_digest(v) for k, v in value.items())
    )


def _slots(value: Any) -> bool:
    """What a run is to measure: metrics by data set, suites and scans."""
    return (
        isinstance(value, list)
        and 0 < len(value) <= 100
        and all(
            isinstance(s, dict)
            and {"section", "name"} <= set(s) <= {"section", "name", "data_set", "data_digest"}
            and s["section"] in {"metrics", "suites", "scans"}
            and all(_text(v) for v in s.values())
            and (s["section"] == "metrics" or len(s) == 2)
            for s in value
        )
    )


def _missed(value: Any) -> bool:
    try:
        return isinstance(value, list) and 0 < len(value) <= missed.MOST and all(missed.read(v) for v in value)
    except InvalidError:
        return False


_SIGNED: dict[str, tuple[Check, bool]] = {
    "role": (_text, True),
    "signer": (_text, True),
    "trust": (is_digest, True),
    "issuedAt": (_time, True),
    "reason": (_free, False),
}
_OWNED: dict[str, tuple[Check, bool]] = {**_SIGNED, "root": (is_digest, True), "reason": (_text, True)}
_ROOTED: dict[str, tuple[Check, bool]] = {
    "trust": (is_digest, True),
    "root": (is_digest, True),
    "issuedAt": (_time, True),
    "reason": (_text, True),
}
_VERSION: dict[str, tuple[Check, bool]] = {"model": (_text, True), "version": (_text, True)}
SHAPES: dict[str, dict[str, tuple[Check, bool]]] = {
    REQUEST: {
        "registry": (_text, True),
        "model": (_text, True),
        "version": (_text, True),
        "move": (_move, True),
        "from": (_free, False),
        "policies": (is_digest, True),
        "facts": (is_digest, True),
        "evidence": (_digests, True),
        "author": (_free, True),
        "requester": (_text, True),
        "service": (_text, False),
        "nonce": (_text, True),
        "trust": (is_digest, True),
        "issuedAt": (_time, True),
        "expiresAt": (_time, True),
        "reason": (_free, False),
    },
    SIGNOFF: {
        **_SIGNED,
        "request": (is_digest, True),
        "model": (_text, True),
        "version": (_text, True),
        "move": (_move, True),
        "policies": (is_digest, True),
        "seen": (_seen, False),
        "expiresAt": (_time, False),
    },
    WAIVER: {
        **_SIGNED,
        "model": (_text, True),
        "version": (_text, True),
        "policy": (_text, True),
        "label": (_text, True),
        "move": (_move, True),
        "rule": (is_digest, True),
        "missed": (_missed, True),
        "until": (_time, True),
        "reason": (_text, True),
    },
    OBJECTION: {
        **_SIGNED,
        **_VERSION,
        "against": (_target, True),
        "digests": (_digests, True),
        "reason": (_text, True),
    },
    WITHDRAWAL: {**_SIGNED, **_VERSION, "of": (is_digest, True)},
    REVOCATION: {**_OWNED, **_VERSION, "digests": (_digests, True)},
    LIFT: {**_OWNED, **_VERSION, "of": (_digests, True)},
    ADOPTION: {**_OWNED, "registry": (_text, True), "stage": (_text, True), "holders": (_holders, True)},
    STANDING: {
        **_VERSION,
        "move": (_move, True),
        "decision": (is_digest, True),
        "entry": (_index, True),
        "head": (_seen, True),
        "issuedAt": (_time, True),
        "until": (_time, True),
    },
    CLOCK: {**_ROOTED, "entry": (_index, True), "at": (_time, True)},
    KEY: {
        "old": (_text, True),
        "new": (_text, True),
        "head": (_seen, True),
        "issuedAt": (_time, True),
        "reason": (_text, True),
        "trust": (is_digest, False),
        "root": (is_digest, False),
    },
    RECOVERY: {**_ROOTED, "lost": (_seen, True), "head": (_seen, True), "from": (_index, True), "to": (_index, True)},
    UNGATE: {**_OWNED, "target": (_target, True)},
    POLICIES: {
        **_SIGNED,
        "root": (is_digest, True),
        "policies": (_policies, True),
        "gates": (_gates, True),
        "settings": (_settings, True),
        "identity": (_identity, True),
    },
    BEGIN: {
        "model": (_text, True),
        "slots": (_slots, True),
        "nonce": (_text, True),
        "issuedAt": (_time, True),
        "source": (_free, False),
    },
    EVIDENCE: {
        "facts": (lambda v: isinstance(v, dict) and bool(v), True),
        "issuedAt": (_time, True),
        "source": (_free, False),
    },
}


def fit(type_: str, value: Mapping[str, Any]) -> None:
    """Raise `InvalidError` where a statement has an unknown field, lacks one, or has one that cannot be read."""
    unknown = sorted(set(value) - {"_type", "subject", "predicateType", "predicate"})
    shape, predicate = SHAPES[type_], value.get("predicate", {})
    unknown += sorted(set(predicate) - set(shape))
    if unknown:
        raise InvalidError(f"the unknown field `{unknown[0][:60]}`")
    for field, (fits, required) in shape.items():
        if field not in predicate:
            if required:
                raise InvalidError(f"it has no `{field}`")
        elif not fits(predicate[field]):
            raise InvalidError(f"its `{field}` cannot be read")
