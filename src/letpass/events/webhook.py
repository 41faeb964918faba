"""An event sent to a webhook, signed as Standard Webhooks 1.0 says (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import time
from collections.abc import Sequence

from letpass import __version__
from letpass.diagnostics import InvalidError
from letpass.events.answer import Answer
from letpass.events.messages import CONTENT_TYPE, Event
from letpass.project.targets import Target

SHORTEST = 24  # bytes of a secret
PREFIX = "whsec_"


def secrets(target: Target) -> tuple[bytes, ...]:
    """The secrets in the target's environment variable; raises ValueError without them.

    `whsec_…` is base64, and there may be several with blanks between them; anything else is one secret as it is.
    """
    if not target.secret:
        return ()
    text = os.environ.get(target.secret, "").strip()
    words = text.split() if text.startswith(PREFIX) else [text]
    if not text:
        raise InvalidError(f"the secret `{target.secret}` is not set in the environment")
    try:
        found = tuple(
            base64.b64decode(w.removeprefix(PREFIX), validate=True)
            if w.startswith(PREFIX)
            else w.encode("utf-8", "surrogateescape")
            for w in words
        )
    except binascii.Error:
        raise InvalidError(f"the secret `{target.secret}` begins with `{PREFIX}`, and is no base64") from None
    if min(len(secret) for secret in found) < SHORTEST:
        raise InvalidError(f"the secret `{target.secret}` is shorter than {SHORTEST} bytes")
    return found


def signature(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature for each key."""
    signed = f"{id_}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode('ascii')}" for key in keys)


def send(target: Target, event: Event, body: bytes, timeout: float) -> Answer:
    """Post the event; any answer of 200 to 299 is an acceptance.  Gives up after `timeout` seconds, whatever hangs.

    Raises ValueError where the secret is not there.
    """
    from letpass.events import http

    keys, timestamp = secrets(target), int(time.time())
    headers = {
        "Content-Type": CONTENT_TYPE,
        "User-Agent": f"letpass/{__version__}",
        "webhook-id": event.id,
        "webhook-timestamp": str(timestamp),
    }
    if keys:
        headers["webhook-signature"] = signature(keys, event.id, timestamp, body)
    found = http.post(target.webhook, body, headers, timeout)
    if isinstance(found, str):
        return Answer(False, found, answered=False)
    status, wait = found
    if status == 410:
        return Answer(False, "it answered 410: the target wants no events any more", gone=True)
    return Answer(200 <= status < 300, "" if 200 <= status < 300 else f"it answered {status}", wait=wait)
