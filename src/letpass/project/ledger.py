"""A project's ledger: where it lies, with whose key it is written, and the checkpoint of it that was kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import InvalidError, LedgerError, LetpassError, TrustError, UnreachableError
from letpass.frozen import replace
from letpass.ledger import gatekey, note, place
from letpass.ledger.gatekey import GateKey
from letpass.ledger.log import Ledger
from letpass.ledger.memory import Memory
from letpass.ledger.note import Checkpoint
from letpass.ledger.store import Store
from letpass.project.configuration import Configuration
from letpass.trust.chain import Trust
from letpass.trust.strict import unbase64
from letpass.trust.verifiers import LOG, VerifierKey, verifier

Memories = dict[str, Memory]
"""What a process has read of its ledgers, by their names."""


class ProjectLedger:
    """The ledger of a project, opened when it is first asked for and shared from then on."""

    def __init__(
        self, configuration: Configuration, trust: Trust | None, trust_path: Path, memories: Memories | None = None
    ) -> None:  # fmt: skip
        self.configuration, self.trust, self.trust_path = configuration, trust, trust_path
        self._memories = memories if memories is not None else {}
        self._opened: Ledger | None = None
        self._found: Store | None = None
        self._settled = False

    @property
    def name(self) -> str:
        """The ledger's address without user and password, or the path of its file: for people."""
        return place.shown(self.address)

    @cached_property
    def address(self) -> str:
        """The ledger's address, with what it says of its user, or the path of its file."""
        name = os.environ.get("LETPASS_LEDGER") or self.configuration.ledger
        return name if place.is_address(name) else str(self.configuration.path(name))

    @cached_property
    def key_path(self) -> Path:
        """Where the gate's key lies: LETPASS_GATE_KEY, else in `.letpass/` of the project."""
        named = os.environ.get("LETPASS_GATE_KEY")
        return Path(named) if named else self.configuration.path(".letpass") / "gate.key"

    @property
    def there(self) -> bool:
        """Has the ledger been begun; raises `UnreachableError` where its database cannot be asked."""
        if self._found is None and not self._settled:
            self._found = place.found(self.address)
        return self._found is not None

    def settle(self) -> None:
        """Look whether there is a ledger once for all: whoever judges many versions judges them by one state.

        Raises as `reader` does.
        """
        self.reader()
        self._settled = True

    @property
    def begun(self) -> bool:
        """Has anything been logged; raises `UnreachableError` where the ledger cannot be asked, or is not what it was."""
        ledger = self.reader()
        return ledger is not None and ledger.size() > 0

    def key(self, *, make: bool) -> GateKey:
        """The gate's key; made at first use, but never for a ledger that was begun with another.

        Raises `TrustError` where there is none, or one that may not be used.
        """
        if make and not self.key_path.exists():
            begun = self.there
            # somebody may have begun it with a new key since that was looked for
            if begun and not self.key_path.exists():
                raise TrustError.of(
                    "GATE412",
                    f"the ledger `{self.name}` is here, and the gate's key is not",
                    str(self.key_path),
                    "bring the key back, or name it with LETPASS_GATE_KEY; where it is lost, `policy ledger key --next` makes another"
                    " one, and `policy ledger rotate-key --lost --reason TEXT` lets it follow",
                )
            if not begun:
                gatekey.make(self.key_path)
                self._ignored()
        return self.called(gatekey.load(self.key_path))

    @property
    def next_key_path(self) -> Path:
        """Where the key lies that is to follow the gate's."""
        return self.key_path.with_name(f"{self.key_path.stem}.next{self.key_path.suffix}")

    def following(self) -> GateKey:
        """The key that is to follow the gate's, under the name of the log; made at first use.

        Raises `LetpassError` where there is no ledger to sign, or the key may not be used.
        """
        ledger = self.reader()
        if ledger is None:
            raise UnreachableError.of(
                "GATE420", "there is no ledger here yet", self.name, "`policy check --log` begins one"
            )
        if not self.next_key_path.exists():
            gatekey.make(self.next_key_path)
            self._ignored()
        return gatekey.load(self.next_key_path, name=ledger.checkpoint().origin)

    def rotating(self, new: GateKey) -> Ledger:
        """The ledger for the append behind which another key signs; opened with that where the gate's key is lost.

        Raises as `writer` does, and `TrustError` where the trust file names keys, and not this one.
        """
        named = self.trust.current.ledger if self.trust is not None else ()
        if named and new.public not in named:
            raise TrustError.of(
                "GATE412",
                f"the trust file does not name the new key, {new.public}",
                str(self.next_key_path),
                f"`policy trust add ledger {new.public}`, let the root sign it, and try again",
            )
        ledger = self.writer() if self.key_path.exists() else self._open(new)
        ledger.keys = tuple(dict.fromkeys((*ledger.keys, new.public)))
        return ledger

    def take_over(self) -> None:
        """Let the new key be the gate's; the old one, where it is there, lies beside it, and signs nothing any more."""
        try:
            if self.key_path.exists():
                old = self.key_path.with_name(f"{self.key_path.stem}.old{self.key_path.suffix}")
                old.unlink(missing_ok=True)
                os.link(self.key_path, old)
            self.next_key_path.replace(self.key_path)
        except OSError as error:
            what = f"the new key cannot be put into its place: {disk.reason(error)}"
            raise TrustError.of(
                "GATE412", what, str(self.key_path), "`policy ledger rotate-key` once more ends it"
            ) from None

    def called(self, found: GateKey) -> GateKey:
        """A key of the gate under the name of its log, which is that of the log's first key and stays."""
        named: Iterable[VerifierKey] = self.trust.current.ledger if self.trust is not None else ()
        return replace(found, public=next((k for k in named if k.raw == found.public.raw), self._by_head(found)))

    def _by_head(self, found: GateKey) -> VerifierKey:
        """The public name of a key: where it has signed a head of the ledger, under the name of that."""
        for text in self._heads():
            with suppress(InvalidError):
                own = VerifierKey(note.read(text).origin, LOG, found.public.raw)
                if note.signed_by(text, (own,)):
                    return own
        return found.public

    def _heads(self) -> Iterator[str]:
        with suppress(LetpassError):
            kept = self.checkpoint(None)
            if kept is not None:
                yield kept.note
        with suppress(LetpassError):
            if self.there and self._found is not None:
                yield self._found.head().checkpoint

    def _ignored(self) -> None:
        """Keep the folder of the gate's own key out of git, where it is the project's `.letpass/`."""
        folder = self.configuration.path(".letpass")
        if self.key_path.parent == folder:
            with suppress(OSError):
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")

    def believed(self, signer: GateKey | None = None) -> tuple[VerifierKey, ...]:
        """Whose checkpoints are believed: the trust file's keys, and where it names none the gate's own."""
        if self.trust is not None and self.trust.current.ledger:
            return self.trust.current.ledger
        if signer is not None:
            return (signer.public,)
        return (self.key(make=False).public,) if self.key_path.exists() else ()

    # ------------------------------------------------------------ opening

    def reader(self) -> Ledger | None:
        """The ledger, found to be what its head signs and to go on from the kept checkpoint; None where there is none.

        Raises `UnreachableError` where it is out of reach or is not what it was.
        """
        if self._opened is None and self.there:
            self._opened = self._open(None)
        if self._opened is None and not self._settled:
            self._not_gone()
        return self._opened

    def writer(self) -> Ledger:
        """The ledger with the gate's key, begun where there is none; raises as `reader` does, and for the key."""
        self._settled = False
        if self._opened is None or self._opened.signer is None:
            if not self.there:
                self._not_gone()
            self._opened = self._open(self.key(make=True))
        return self._opened

    def appendable(self, now: int, patience: int) -> int:
        """How many entries the ledger has, where one could be appended now: 0 where it is not begun, and could be.

        Nothing is written or made; `patience`: milliseconds for which another writer is waited for.  Raises as `writer` does.
        """
        signer = self.key(make=False) if self.there or self.key_path.exists() else None
        if signer is not None:
            self._named(signer, self.believed(signer))
        ledger = self.reader()
        return ledger.appendable(signer, now, patience) if ledger is not None and signer is not None else 0

    def restored(self) -> Ledger:
        """The ledger with the gate's key, also where it does not go on from the kept checkpoint; everybody gets it so from here
        on.  Raises as `writer` does.
        """
        if not self.there:
            self._not_gone()
        self._opened = self._open(self.key(make=False), restored=True)
        return self._opened

    def _not_gone(self) -> None:
        """Raise `UnreachableError` where there is no ledger, and a checkpoint of one was kept."""
        kept = self.checkpoint(None)
        if kept is not None:
            what = f"the ledger is gone: `{self.kept}` keeps the head of {kept.size} entries"
            raise UnreachableError.of(
                "GATE421", what, self.name, "bring the newest copy back, as docs/operations.md says"
            )

    def identified(self, keys: Sequence[str], seen: Mapping[str, Any] | None) -> None:
        """Raise `UnreachableError` where the ledger is another than one of these logs, or does not go on from a head of it.

        Nothing is asked of a ledger that was not begun yet, unless a head of it was seen.
        """
        ledger = self.reader()
        if ledger is None or not ledger.size():
            if seen is not None:
                what = f"the ledger is not begun, and the owners of the policies saw {seen['size']} entries of it"
                raise UnreachableError.of("GATE421", what, self.name, "bring the ledger back")
            return
        head = ledger.checkpoint()
        if keys and head.origin not in {verifier(key).name for key in keys}:
            what = f"this is the ledger `{head.origin}`, and the owners of the policies signed for {', '.join(keys)}"
            raise UnreachableError.of("GATE421", what, self.name, "name the ledger that they mean")
        if seen is not None:
            ledger.goes_on(Checkpoint(head.origin, int(seen["size"]), unbase64(str(seen["root"])), ""))

    def remembers_trust(self) -> bool:
        """Has the ledger seen a trust file; raises `UnreachableError` where it cannot be asked."""
        if not self.there:
            return False
        ledger = self.unchecked()
        try:
            return bool(ledger.entries_of("trust"))
        except UnreachableError as error:
            if error.diagnostics[0].code != "GATE421":
                raise
            # what is wrong with it is for its reader to say; that it has seen one is known although nothing of it is believed
            return any('"kind":"trust"' in row[1] for row in ledger.store.rows())

    def unchecked(self) -> Ledger:
        """The ledger without any check of its head, for those who look for faults in it; only where there is one (`there`)."""
        assert self._found is not None
        return Ledger(self._found, self.believed(), None, self._memory, self.trust)

    @property
    def _memory(self) -> Memory:
        return self._memories.setdefault(self.address, Memory())

    def _open(self, signer: GateKey | None, *, restored: bool = False) -> Ledger:
        keys = self.believed(signer)
        if signer is not None:
            self._named(signer, keys)
        if self._found is None:
            self._found = place.store(self.address, make=True)
        else:
            self._found.prepare(make=signer is not None)
        ledger = Ledger(self._found, keys, signer, self._memory, self.trust)
        self._no_newer_trust(ledger)
        kept = self.checkpoint(ledger.believed)
        if kept is not None and not restored:
            ledger.goes_on(kept)
        return ledger

    def _named(self, signer: GateKey, keys: tuple[VerifierKey, ...]) -> None:
        """Raise `TrustError` where the gate's key is not among those that are believed."""
        if signer.public not in keys:
            raise TrustError.of(
                "GATE412",
                f"the trust file does not name this gate's key, {signer.public}",
                str(self.key_path),
                f"`policy trust add ledger {signer.public}`, and let the root sign it",
            )

    def _no_newer_trust(self, ledger: Ledger) -> None:
        """Raise `TrustError` where the ledger was begun under another trust root, or has seen a version of the trust file that
        this one does not have."""
        here = {v.digest for v in self.trust.versions} if self.trust is not None else set()
        first = True
        for logged in ledger.about():
            said = logged.entry.data
            if logged.entry.kind == "trust" and first:
                first = False
                if self.trust is not None and said.get("root") != self.trust.root:
                    raise TrustError.of(
                        "GATE410",
                        "the ledger was begun under a trust file with another root than this one",
                        str(self.trust_path),
                        "bring that one back, or begin a new ledger as docs/ledger.md says",
                    )
            newer = self.trust is not None and said.get("root") == self.trust.root and said.get("digest") not in here
            if logged.entry.kind == "trust" and newer:
                raise TrustError.of(
                    "GATE410",
                    f"the ledger has seen version {said.get('version')} of the trust file, which is not in this one",
                    str(self.trust_path),
                    "bring back the newest one",
                )

    # ------------------------------------------------------------ the kept checkpoint

    @property
    def kept(self) -> Path:
        """The file with the last checkpoint that was seen."""
        named = os.environ.get("LETPASS_CHECKPOINT")
        return Path(named) if named else self.configuration.path(self.configuration.checkpoint)

    def checkpoint(self, keys: tuple[VerifierKey, ...] | None) -> Checkpoint | None:
        """The checkpoint that was kept, None where none was; raises `LedgerError` where it is not signed by `keys`."""
        if os.environ.get("LETPASS_CHECKPOINT"):
            return checkpoint_in(self.kept, keys) if os.path.lexists(self.kept) else None
        at = self.configuration.at
        return checkpoint_in(self.kept, keys, at) if os.path.lexists(at(self.kept)) else None

    def keep(self, ledger: Ledger) -> None:
        """Keep the ledger's head, which is the next one's beginning; raises `LedgerError` where it cannot be written.

        The same head stays as it is: it may have cosignatures that the ledger's own has not.  Those of the head that was kept
        before stay beside it.
        """
        head, old = ledger.checkpoint(), self.checkpoint(ledger.believed)
        if old is None or (old.size, old.root) != (head.size, head.root):
            if old is not None and any(name != old.origin for name, _, _ in note.parse(old.note).signatures):
                _write(self.witnessed, old.note)
            self.write(head.note)

    def write(self, text: str) -> None:
        """Write the file of the kept checkpoint."""
        _write(self.kept, text)

    @property
    def witnessed(self) -> Path:
        """The file with the last head that somebody had cosigned, once a later one is kept: `ledger.witnessed`."""
        return self.kept.with_suffix(".witnessed")

    def last_witnessed(self, keys: tuple[VerifierKey, ...]) -> Checkpoint | None:
        """The head in that file, None where there is none; raises `LedgerError` where it is not signed by `keys`."""
        at: Callable[[Path], Path] = Path if os.environ.get("LETPASS_CHECKPOINT") else self.configuration.at
        return checkpoint_in(self.witnessed, keys, at) if at(self.witnessed).exists() else None


def _write(path: Path, text: str) -> None:
    try:
        disk.replace(path, text.encode("utf-8"))
    except OSError as error:
        raise LedgerError.of("GATE421", f"the checkpoint cannot be kept: {disk.reason(error)}", str(path)) from None


def checkpoint_in(path: Path, keys: tuple[VerifierKey, ...] | None, at: Callable[[Path], Path] = Path) -> Checkpoint:
    """The checkpoint in a file, signed by one of `keys` (None: not looked at); raises `LedgerError`."""
    try:
        found = note.read(disk.read(at(path), note.LARGEST).decode("utf-8"))
        if keys is not None and not note.signed_by(found.note, keys):
            raise InvalidError("it is not signed by a key that is believed here")
    except OSError as error:
        raise LedgerError.of("GATE421", f"cannot read the checkpoint: {disk.reason(error)}", str(path)) from None
    except ValueError as error:
        raise LedgerError.of("GATE421", f"no checkpoint: {error}", str(path)) from None
    return found
