"""Gathering a dossier: the trust file, the statements beside a record and in the ledger, and the artifact's own digest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from assay import artifact
from assay.configuration import Configuration
from assay.evaluation.input import Holder
from assay.facts.record import Record
from assay.registries import carried
from assay.trust.dossier import Dossier, Paper
from assay.trust.strict import refused

if TYPE_CHECKING:
    from assay.ledger.entry import Entry, Logged
    from assay.ledger.gatekey import GateKey
    from assay.ledger.log import Ledger
    from assay.ledger.note import VerifierKey
    from assay.trust.chain import Trust

SIGNATURES = "signatures"
"""The folder beside the policies in which the signatures of their owners lie."""


class Desk:
    """What a project's files say about trust, opened once for any number of models.

    `trust`: None where the project has no trust file.  The ledger is opened when it is first asked for.
    """

    def __init__(self, configuration: Configuration, extra: Sequence[Path] = ()) -> None:
        """Read and verify the trust file; raises `PolicyError` where it is refused, not pinned, or pinned and not there."""
        self.configuration, self.extra = configuration, tuple(extra)
        self.path = configuration.path(configuration.trust_file)
        self.root = os.environ.get("ASSAY_TRUST_ROOT") or configuration.trust_root
        self.text = self._text()
        self.trust: Trust | None = None
        if self.text is not None:
            from assay.trust import chain

            self.trust = chain.load(self.text, self.root, str(self.path))
        self._ledger: Ledger | None = None
        self._asked = False

    def _text(self) -> bytes | None:
        """The trust file's bytes, None where there is none and none is pinned."""
        name = str(self.path)
        try:
            with self.path.open("rb") as file:
                data = file.read((16 << 20) + 1)
        except FileNotFoundError:
            if self.root:
                raise refused(
                    "GATE411", f"a trust root is pinned, and there is no `{name}`", name, "bring the trust file back"
                ) from None
            return None
        except OSError as error:
            reason = (error.strerror or "no reason given").lower()
            raise refused("GATE411", f"cannot read the trust file: {reason}", name) from None
        if not self.root:
            raise refused(
                "GATE411",
                "there is a trust file, and its first version is not pinned",
                name,
                'write `root = "sha256:…"` below `[trust]` in policy.toml, or set ASSAY_TRUST_ROOT; `policy trust show --root`',
            )
        return data

    # ------------------------------------------------------------ the ledger

    @property
    def ledger_name(self) -> str:
        """The ledger's address, or the path of its file."""
        name = os.environ.get("ASSAY_LEDGER") or self.configuration.ledger
        from assay.ledger.place import is_address

        return name if is_address(name) else str(self.configuration.path(name))

    @property
    def key_path(self) -> Path:
        """Where the gate's key lies: ASSAY_GATE_KEY, else in `.assay/` of the project."""
        named = os.environ.get("ASSAY_GATE_KEY")
        return Path(named) if named else self.configuration.path(".assay") / "gate.key"

    def key(self, *, make: bool) -> GateKey:
        """The gate's key; made at first use, but never for a ledger that was begun with another."""
        from assay.ledger import gatekey
        from assay.ledger.place import is_address

        if make and not self.key_path.exists():
            if not is_address(self.ledger_name) and Path(self.ledger_name).exists():
                raise refused(
                    "GATE412",
                    f"the ledger `{self.ledger_name}` is here, and the gate's key is not",
                    str(self.key_path),
                    "bring the key back, or name it with ASSAY_GATE_KEY",
                )
            gatekey.make(self.key_path)
        return gatekey.load(self.key_path)

    def opened(self, *, write: bool = False) -> Ledger | None:
        """The ledger, found sound and going on from the checkpoint that was kept; None where there is none yet.

        Raises `UnreachableError` where it is out of reach or is not what it was.
        """
        if write:
            return self._open(self.key(make=True))
        if not self._asked:
            from assay.ledger.place import is_address

            if is_address(self.ledger_name) or Path(self.ledger_name).exists():
                self._ledger = self._open(None)
            self._asked = True
        return self._ledger

    def _open(self, signer: GateKey | None) -> Ledger:
        from assay.ledger import note, place

        keys = self.ledger_keys(signer)
        if signer is not None and signer.public not in keys:
            raise refused(
                "GATE412",
                f"the trust file does not name this gate's key, {signer.public}",
                str(self.key_path),
                f"`policy trust add ledger {signer.public}`, and let the root sign it",
            )
        ledger = place.opened(self.ledger_name, keys, signer)
        self._newest(ledger.about())
        if self.kept.exists():
            try:
                old = note.read(carried.read(self.kept, note.LARGEST).decode("utf-8"))
                if not note.signed_by(old.note, keys):
                    raise ValueError("it is not signed by a key that is believed here")
            except ValueError as error:
                raise refused("GATE421", f"the kept checkpoint cannot be used: {error}", str(self.kept)) from None
            ledger.continues(old)
        return ledger

    def _newest(self, entries: list[Logged]) -> None:
        """Raise `PolicyError` where the ledger has seen a version of the trust file that this one does not have."""
        if self.trust is None:
            return
        here = {v.digest for v in self.trust.versions}
        for logged in entries:
            said = logged.entry.data
            if logged.entry.kind == "trust" and said.get("root") == self.trust.root and said.get("digest") not in here:
                raise refused(
                    "GATE410",
                    f"the ledger has seen version {said.get('version')} of the trust file, which is not in this one",
                    str(self.path),
                    "bring back the newest one",
                )

    def ledger_keys(self, signer: GateKey | None = None) -> tuple[VerifierKey, ...]:
        """Whose checkpoints are believed: the trust file's keys, and where it names none the gate's own."""
        if self.trust is not None and self.trust.current.ledger:
            return self.trust.current.ledger
        if signer is not None:
            return (signer.public,)
        return (self.key(make=False).public,) if self.key_path.exists() else ()

    @property
    def kept(self) -> Path:
        """The file with the last checkpoint that was seen."""
        return self.configuration.path(self.configuration.checkpoint)

    # ------------------------------------------------------------ dossiers

    def dossier(
        self, record: Record, bytes_at: Path | None = None, champion: Record | Holder = Holder.UNASKED
    ) -> Dossier | None:
        """What is brought to a decision on a record; None where there is nothing to look at.

        `bytes_at`: where the artifact is; else its uri, where that is a file or folder here.  `champion`: whose evidence
        is brought too.
        """
        computed, where = self._computed(record, bytes_at)
        if self.trust is None and not computed:
            return None
        papers, used = self.papers(record) if self.trust is not None else ((), ())
        theirs = self.papers(champion)[0] if self.trust is not None and isinstance(champion, Record) else ()
        policies = self.configuration.path(next(iter(self.configuration.policies), "policies"))
        return Dossier(
            self.text or b"", self.root, self.configuration.registry, papers, computed, where, used, str(self.path),
            _reference(record), str(policies), theirs,
        )  # fmt: skip

    def papers(self, record: Record) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
        """The statements about a record, beside it, in the ledger and where else they were said to be; and used requests."""
        found = [Paper(name, data) for name, data in carried.statements(record)]
        for path in (*self.extra, *self._signatures()):
            found += [Paper(name, data) for name, data in carried.below(path)]
        used: list[str] = []
        ledger = self.opened()
        model, artifact = record.text("model"), record.text("artifact.digest")
        for logged in ledger.about(model, artifact) if ledger is not None else ():
            if not _concerns(logged.entry, record):
                continue
            if logged.entry.kind == "move":
                used.append(str(logged.entry.data.get("request", "")))
            elif logged.entry.statement and logged.entry.kind != "decision":
                name = f"entry {logged.index} of the ledger"
                found.append(Paper(name, logged.entry.statement.encode("utf-8"), logged.at))
        return tuple(found), tuple(u for u in used if u)

    def _signatures(self) -> list[Path]:
        folders = [signatures_of(self.configuration.path(p)) for p in self.configuration.policies]
        return [f for f in dict.fromkeys(folders) if f.is_dir()]

    def _computed(self, record: Record, given: Path | None) -> tuple[str, str]:
        path = given if given is not None else self._local(record.text("artifact.uri"))
        if path is None:
            return "", ""
        try:
            return artifact.digest(path), str(path)
        except artifact.ArtifactError as error:
            raise refused("GATE416", f"the artifact cannot be hashed: {error}", str(path)) from None

    def _local(self, uri: str) -> Path | None:
        """The file or folder that a uri names here, relative to the project; None where it is elsewhere or not there."""
        if not uri or "\0" in uri:
            return None
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
        if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
            path = Path(unquote(parts.path))
        elif parts.scheme:
            return None
        else:
            path = self.configuration.path(uri)
        return path if os.path.lexists(path) else None


def _concerns(entry: Entry, record: Record) -> bool:
    """Is a logged entry about this version, or these bytes under whatever name, or about no version at all."""
    if not entry.model:
        return True
    artifact = record.text("artifact.digest")
    same = (entry.model, entry.version) == (record.text("model"), record.text("version"))
    return same or (bool(artifact) and entry.artifact == artifact)


def _reference(record: Record) -> str:
    name = record.document.source.name if record.document is not None else record.name
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def signatures_of(policies: Path) -> Path:
    """Where the signatures of a policy folder or file lie."""
    return (policies if policies.is_dir() else policies.parent) / SIGNATURES
