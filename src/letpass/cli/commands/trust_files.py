"""`trust.json` and the change beside it that waits for signatures."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from letpass import disk
from letpass.cli import people
from letpass.diagnostics import InvalidError, StatementError, TrustError
from letpass.trust import keys
from letpass.trust.roles import ROOT

if TYPE_CHECKING:
    from letpass.project.configuration import Configuration
    from letpass.trust.chain import Trust
    from letpass.trust.dsse import Envelope
    from letpass.trust.trustfile import Version


class Files:
    """The trust file of the project, verified, and the draft of its next version."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.path = configuration.path(configuration.trust_file)
        self.next = self.path.with_name(f"{self.path.stem}.next.json")

    @cached_property
    def trust(self) -> Trust | None:
        """The trust file, verified; None where there is none."""
        from letpass.project.project import Project

        return Project(self.configuration).trust

    @classmethod
    def here(cls) -> Files:
        """The files of the project in whose folder, or below it, the command was called."""
        from letpass.project.configuration import load

        return cls(load())

    def needed(self) -> Trust:
        """The trust file, verified; raises `TrustError` where there is none."""
        if self.trust is None:
            waits = self.next.exists()
            help_ = f"its first version waits in `{self.next}`: `policy trust sign`" if waits else "`policy trust init`"
            raise TrustError.of("GATE411", f"there is no trust file `{self.path}`", help=help_)
        return self.trust

    def first_digest(self) -> str:
        """The digest of the first version, whether it is pinned yet or not."""
        from letpass.trust import chain, trustfile

        file = self.path if self.path.exists() else self.next
        try:
            return trustfile.read(chain.envelopes(disk.read(file, chain.LARGEST))[0].payload).digest
        except InvalidError as error:
            raise TrustError.of("GATE410", f"the trust file cannot be read: {error}", str(file)) from None

    # ------------------------------------------------------------ the draft

    def waiting(self) -> Envelope | None:
        """The change that waits for signatures."""
        from letpass.trust import chain, trustfile

        if not self.next.exists():
            return None
        try:
            found = chain.envelopes(disk.read(self.next, chain.LARGEST))[-1]
            trustfile.read(found.payload)
            return found
        except InvalidError as error:
            raise TrustError.of("GATE410", f"the change that waits cannot be read: {error}", str(self.next)) from None

    def next_version(self) -> Version | None:
        """The version that waits for signatures; None where none does, or it cannot be read."""
        from letpass.trust import trustfile

        try:
            draft = self.waiting()
        except TrustError:
            return None
        return trustfile.read(draft.payload) if draft is not None else None

    def document(self) -> dict[str, Any]:
        """What the next version will say: as it waits, else as it is now.  Its end stays."""
        from letpass.trust import drafting, strict, trustfile

        draft = self.waiting()
        if draft is not None:
            found: dict[str, Any] = strict.loads(draft.payload, trustfile.LARGEST)
        else:
            found = drafting.following(self.needed())
        found["issued"] = strict.written(people.now())
        return found

    def renewed(self, days: int | None) -> dict[str, Any]:
        """The next version with a new end: in so many days, else in a year, where it does not end later as it is."""
        from letpass.trust import strict

        found = self.document()
        until = people.now() + (days or 365) * 86_400_000_000
        found["expires"] = strict.written(until if days is not None else max(until, strict.instant(found["expires"])))
        return found

    def draft(self, document: dict[str, Any], *, told: bool = True) -> None:
        """Let a change wait for signatures; those that an earlier form of it had are void.  `told`: say what it changes."""
        from letpass.trust import drafting, strict, trustfile

        envelope, _ = drafting.envelope(document)
        before = self.waiting() if self.next.exists() else None
        old = strict.loads(before.payload, trustfile.LARGEST) if before else self.trust and self.trust.current.document
        self._write(envelope)
        for line in changes(_said(old or {}), _said(document)) if told else ():
            click.echo(f"  {line}")
        if before is not None and before.signatures and before.payload != envelope.payload:
            click.echo("note: who signed the change before this one signs again")

    def _write(self, draft: Envelope) -> None:
        from letpass.trust import chain

        before = chain.envelopes(self.trust.text) if self.trust is not None else ()
        replace(self.next, chain.text((*before, draft)))

    def sign(self, key: str, *, yes: bool = False) -> None:
        """Sign the change; with the last signature that it needs it becomes the trust file.  `yes`: nobody is asked."""
        from letpass.trust import chain, drafting, signing, trustfile

        draft = self.waiting()
        if draft is None:
            raise TrustError.of(
                "GATE410",
                "no change waits to be signed",
                str(self.next),
                "`policy trust add`, `remove`, `revoke` or `rotate` makes one",
            )
        file = Path(key).expanduser()
        public = signing.public_key(file)
        version = trustfile.read(draft.payload)
        judges = [version, *([self.trust.current] if self.trust is not None else [])]
        holders = [h for v in judges if (h := v.holder(public)) is not None and h[0] in v.roles[ROOT].members]
        if not holders:
            raise StatementError.of("GATE415", f"the key {public.fingerprint} is of nobody in the root", str(file))
        click.echo(f"you are about to sign version {version.number} of the trust file, {version.digest}:")
        for line in changes(dict(self.trust.current.document) if self.trust else {}, dict(version.document)):
            click.echo(f"  {line}")
        people.confirmed(public, yes=yes)
        blob = signing.by_person(file, public, draft.message, chain.NAMESPACE)
        draft = drafting.signed(draft, blob, public.fingerprint)
        self._write(draft)
        if not drafting.lacking(self.trust, draft, version):
            self._become(draft, version.digest)

    def _become(self, draft: Envelope, digest: str) -> None:
        from letpass.trust import chain

        before = chain.envelopes(self.trust.text) if self.trust is not None else ()
        text = chain.text((*before, draft))
        root = self.trust.root if self.trust is not None else digest
        self.__dict__["trust"] = chain.load(text, root, str(self.path))
        replace(self.path, text)
        self.next.unlink()
        if not before:
            pin(self.configuration, root)

    def tell(self) -> None:
        """What is in force, or whose signatures are waited for."""
        from letpass.diagnostics import clean
        from letpass.trust import drafting, trustfile

        draft = self.waiting()
        if draft is None:
            click.echo(f"{self.path} is version {self.needed().current.number} now")
            return
        version = trustfile.read(draft.payload)
        click.echo(f"{self.next}: version {version.number} waits for signatures")
        for line in drafting.lacking(self.trust, draft, version):
            click.echo(clean(f"  {line}"))
        click.echo("next: `policy trust sign --key KEY`")


def replace(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; raises `LetpassError`."""
    try:
        disk.replace(path, data)
    except OSError as error:
        raise TrustError.of("GATE411", f"cannot write `{path}`: {disk.reason(error)}", str(path)) from None


def _said(document: Any) -> dict[str, Any]:
    """What a version says of people; without its number and times, which every version changes."""
    return {k: v for k, v in document.items() if k not in {"type", "version", "previous", "issued"}}


def changes(old: Any, new: Any, path: str = "") -> list[str]:
    """What a new version says otherwise, a line each, from the bytes that are signed."""
    if isinstance(old, dict) and isinstance(new, dict):
        fields = list(dict.fromkeys((*old, *new)))
        return [line for k in fields for line in changes(old.get(k), new.get(k), f"{path}.{k}".lstrip("."))]
    if isinstance(old or [], list) and isinstance(new or [], list):
        gone, come = [v for v in old or [] if v not in (new or [])], [v for v in new or [] if v not in (old or [])]
        return [*[f"- {path}: {_shown(v)}" for v in gone], *[f"+ {path}: {_shown(v)}" for v in come]]
    if isinstance(new, dict):
        return changes({}, new, path)
    if old == new:
        return []
    return [f"- {path}: {_shown(old)}"] * (old is not None) + [f"+ {path}: {_shown(new)}"] * (new is not None)


def _shown(value: Any) -> str:
    """A value whole, a key by its fingerprint: two that differ never look alike."""
    if isinstance(value, dict) and ("ssh" in value or "pem" in value):
        key = keys.parse(value.get("ssh") or value["pem"])
        value = {"key": f"{key.kind} {key.fingerprint}", **{k: v for k, v in value.items() if k not in {"ssh", "pem"}}}
    return json.dumps(value)


def pin(configuration: Configuration, root: str) -> None:
    """Write the root into policy.toml where nobody has pinned one, and say it."""
    pinned = f'[trust]\nroot = "{root}"\n'
    if configuration.source is None or (configuration.source.name == "policy.toml" and not configuration.trust_root):
        path = configuration.source or Path("policy.toml")
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if "[trust]" not in text:
            replace(path, (text + ("\n" if text else "") + pinned).encode("utf-8"))
            click.echo(f"pinned in {path.name}: {root}")
            return
    click.echo(f'pin it: root = "{root}" below [trust] in policy.toml, or LETPASS_TRUST_ROOT')
