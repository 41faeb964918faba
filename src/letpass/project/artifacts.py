"""The bytes of versions, where they are at hand: their digests, and their files."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from letpass import disk
from letpass.diagnostics import ArtifactError, InvalidError, StatementError
from letpass.facts import artifact
from letpass.facts.record import Record
from letpass.project.configuration import Configuration
from letpass.project.contents import reference
from letpass.registries import place
from letpass.registries.interface import Registry


class Artifacts:
    """The artifacts of a project's versions; what a registry sends is hashed once."""

    def __init__(self, configuration: Configuration, registry: Registry) -> None:
        self._configuration, self._registry = configuration, registry
        self._fetched: dict[str, tuple[str, ...]] = {}

    def digest(self, record: Record, given: Path | None, what: str) -> str:
        """The digest of the bytes that a statement is about, recorded or computed; raises `LetpassError`.

        It is refused where neither is there, and where the bytes at hand are not those of the record.
        """
        computed, where = self.computed(record, given)
        recorded = record.text("artifact.digest")
        if not (recorded or computed):
            raise StatementError.of(
                "GATE413",
                f"`{record.name}` records no artifact digest, and {what} is about bytes",
                reference(record),
                "record `artifact.digest`, or name the bytes with --artifact",
            )
        if computed and recorded and recorded.casefold() not in {d.casefold() for d in computed}:
            what = f"the bytes at `{where}` are {computed[0]}, and the record says {recorded}"
            raise ArtifactError.of(
                "GATE404", what, help="bring the artifact that was registered, or register this one anew"
            )
        return recorded or computed[0]

    def computed(self, record: Record, given: Path | None) -> tuple[tuple[str, ...], str]:
        """The digests of the artifact's bytes, and where they are; nothing where they are not at hand."""
        kept = self._registry.has(record) and place.is_address(
            self._registry.name
        )  # what it says of its uri is its own
        path = given if given is not None or kept else self._local(record.text("artifact.uri"))
        recorded = record.text("artifact.digest")
        if path is not None:
            return artifact.digests_at(path, recorded), disk.shown(path)
        if not kept:
            return (), ""
        # fetched once for a command: it is asked for several times on the way to one decision
        if record.name not in self._fetched:
            with self._registry.bytes_of(record) as found:
                self._fetched[record.name] = artifact.digests_at(found, recorded) if found is not None else ()
        return self._fetched[record.name], record.text("artifact.uri") if self._fetched[record.name] else ""

    def files(self, record: Record, given: Path | None) -> artifact.Files | None:
        """The artifact's files, hashed here, where its bytes are at hand and are those that the record names."""
        recorded = record.text("artifact.digest")
        kept = self._registry.has(record) and place.is_address(self._registry.name)
        path = given if given is not None or kept else self._local(record.text("artifact.uri"))
        try:
            if path is not None or not kept:
                found = artifact.files(path, recorded) if path is not None else None
            else:
                with self._registry.bytes_of(record) as fetched:  # they stay as long as the registry is open
                    found = artifact.files(fetched, recorded) if fetched is not None else None
        except InvalidError:
            return None
        known = found is None or not recorded or recorded.casefold() in {d.casefold() for d in found.digests}
        return found if known else None

    def _local(self, uri: str) -> Path | None:
        """The file or folder that a uri names here, relative to the project; None where it is elsewhere or not there."""
        try:
            parts = urlsplit(uri)
        except ValueError:
            return None
        if not uri or "\0" in uri:
            return None
        if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
            path = Path(unquote(parts.path))
        elif parts.scheme:
            return None
        else:
            path = self._configuration.path(uri)
        here = self._configuration.root.resolve()
        return path if os.path.lexists(path) and path.resolve().is_relative_to(here) else None
