"""Whom events are sent to: what one `[[events]]` of the configuration declares."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from letpass.canonical import digest
from letpass.diagnostics import InvalidError, clean, nearest, offer
from letpass.frozen import Frozen

KINDS = (
    "request",
    "sign-off",
    "objection",
    "withdrawal",
    "revocation",
    "lift",
    "adoption",
    "ungate",
    "waiver",
    "refusal",
    "review",
    "registration",
    "promotion",
    "rollback",
    "deployment",
    "retirement",
    "renewal",
)
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?) ?(ms|s|min)")
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}
LONGEST = 600.0


class Target(Frozen):
    """One receiver of events: a webhook or a command.

    on: the kinds of events, none: all · models: globs of names, none: all · secret: the name of the environment variable
    that holds it, nothing where the webhook is not signed · timeout: seconds that one delivery may take.
    """

    name: str = ""
    on: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    webhook: str = ""
    command: tuple[str, ...] = ()
    secret: str = ""
    timeout: float = 5.0

    @property
    def key(self) -> str:
        """What tells it from the others for good: its name, else a digest of what it declares."""
        if self.name:
            return f"name:{self.name}"
        said = {"on": sorted(self.on), "models": sorted(self.models), "webhook": self.webhook, "command": self.command}
        return digest(said)

    @property
    def shown(self) -> str:
        """What people call it; of an address the host alone, since a path may hold a token."""
        if self.name:
            return self.name
        if self.command:
            return clean(self.command[0])
        parts = urlsplit(self.webhook)
        return f"{parts.scheme}://{parts.netloc}"

    def wants(self, kind: str, model: str) -> bool:
        """Does it want an event of this kind about this model."""
        of_kind = not self.on or kind in self.on
        return of_kind and (not self.models or any(fnmatchcase(model, glob) for glob in self.models))


def kind(text: str) -> str:
    """A kind of events; raises `InvalidError`."""
    if text not in KINDS:
        raise InvalidError(
            f"there is no event `{text[:60]}`; {offer(nearest(text, KINDS)) or 'events are ' + ', '.join(KINDS)}"
        )
    return text


def address(text: str) -> str:
    """A webhook's address; raises `InvalidError` for one of another scheme, or with a password in it."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidError("no address such as https://ci.example/hooks/letpass")
    if parts.scheme not in {"http", "https"}:
        raise InvalidError(f"a webhook is reached over http or https, not `{parts.scheme}`")
    if "@" in parts.netloc:
        raise InvalidError("no password or user belongs into an address; the signature says who sends")
    if parts.fragment:
        raise InvalidError("an address with a `#` leads into a page")
    return text


def seconds(text: str) -> float:
    """A span such as `5 s`, `500 ms` or `1 min` in seconds; raises `InvalidError`."""
    matched = _SPAN.fullmatch(text)
    found = float(matched[1]) * _UNITS[matched[2]] if matched else 0.0
    if not 0 < found <= LONGEST:
        raise InvalidError("no time such as `5 s`, `500 ms` or `1 min`, ten minutes at most")
    return found


def span(text: str) -> str:
    """A span as it was written; raises `InvalidError`."""
    seconds(text)
    return text


def whole(target: Target, *, unsigned: bool) -> Target:
    """The target, whose parts go together; raises `InvalidError`."""
    if bool(target.webhook) == bool(target.command):
        raise InvalidError("an event goes to a `webhook` or to a `command`: name one of them")
    if target.command and (target.secret or unsigned):
        raise InvalidError("a command is not signed: `secret` and `unsigned` belong to a webhook")
    if target.command and (not target.command[0].strip() or any("\0" in word for word in target.command)):
        raise InvalidError("a command is a program and its arguments")
    if target.webhook and bool(target.secret) == unsigned:
        raise InvalidError(
            "a webhook is signed: name the environment variable of its `secret`, or write `unsigned = true`"
            if not unsigned
            else "`secret` and `unsigned` exclude each other"
        )
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", target.secret or "X"):
        raise InvalidError("`secret` is the name of an environment variable in capitals, never the secret itself")
    if not re.fullmatch(r"[\w.-]{1,100}", target.name or "x", re.ASCII):
        raise InvalidError("`name` is made of letters, digits, `.`, `-` and `_`")
    return target
