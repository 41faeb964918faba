"""Gathering a dossier: the trust file, the statements beside a record and in the ledger, and the artifact's own digest."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from letpass import disk
from letpass.diagnostics import (
    ArtifactError,
    InvalidError,
    LetpassError,
    PolicyError,
    RecordError,
    StatementError,
    TrustError,
    UnreachableError,
)
from letpass.facts import artifact
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.frozen import replace
from letpass.gate import baselines, verified
from letpass.gate.baselines import Differs
from letpass.ledger import in_effect
from letpass.ledger.history import Step, is_of
from letpass.ledger.model_log import Past
from letpass.move import Target
from letpass.project import policyset
from letpass.project.configuration import Configuration
from letpass.project.git import authors
from letpass.project.git.authors import Author
from letpass.project.names import Names
from letpass.project.policyset import PolicySet
from letpass.registries import carried, committed, files, own, place
from letpass.registries.committed import CommittedFolder
from letpass.registries.folder import Folder
from letpass.registries.interface import Found, Registry
from letpass.trust import directory, inforce, statements
from letpass.trust.accepted import Hold, Made
from letpass.trust.dossier import Dossier
from letpass.trust.statements import Paper, Statement

if TYPE_CHECKING:
    from letpass.ledger.entry import Entry
    from letpass.ledger.log import Ledger, Receipt, Unless
    from letpass.project.ledger import Books, Memories
    from letpass.trust.chain import Trust

REMEMBERED = 32
"""Models whose past a process keeps in mind, with the bytes that were asked about."""
SIGNATURES = "signatures"
"""The folder beside the policies in which the signatures of their owners lie."""


class Desk:
    """What a project's files say about trust, read once for any number of models.

    policies: where the policies lie that are judged by, else those of the configuration · extra: where more statements
    are · registry: the project's, opened another way · memories: what this process has read of ledgers · trust: None where the project has no trust file.
    """

    def __init__(
        self, configuration: Configuration, policies: Sequence[Path] = (), extra: Sequence[Path] = (),
        registry: Registry | None = None, memories: Memories | None = None,
    ) -> None:  # fmt: skip
        """Read and verify the trust file; raises `LetpassError` where it is refused, not pinned, or pinned and not there."""
        self.configuration, self.extra = configuration, tuple(extra)
        self.policies = tuple(policies) or tuple(configuration.path(p) for p in configuration.policies)
        self.path = configuration.path(configuration.trust_file)
        self.root = os.environ.get("LETPASS_TRUST_ROOT") or configuration.trust_root
        self._fetched: dict[str, tuple[str, ...]] = {}
        self._past: dict[tuple[str, ...], tuple[int, Mapping[str, str], Past]] = {}
        self._authors: dict[str, Author | None] = {}
        self._memories = memories
        if registry is not None:
            self.registry = registry
        self.text = self._text()
        self.trust: Trust | None = None
        if self.text is not None:
            from letpass.trust import chain

            self.trust = chain.load(self.text, self.root, str(self.path))

    @cached_property
    def books(self) -> Books:
        """The project's ledger."""
        from letpass.project.ledger import Books

        return Books(self.configuration, self.trust, self.path, self._memories)

    @cached_property
    def registry(self) -> Registry:
        """The project's registry; nothing is asked of it yet."""
        return registry_of(self.configuration)

    def carrier(self, record: Record) -> Registry:
        """What keeps the statements about a record: the registry that it is in, else the folder beside its file."""
        return self.registry if self.registry.has(record) else Folder(Path(), "", {})

    def _text(self) -> bytes | None:
        """The trust file's bytes, None where there is none and none is pinned."""
        name = str(self.path)
        try:
            # a link is followed: the file may be mounted as one; its content is pinned
            data = disk.read(self.configuration.at(self.path).resolve(), 16 << 20)
        except FileNotFoundError:
            if self.root:
                raise TrustError.of(
                    "GATE411", f"a trust root is pinned, and there is no `{name}`", name, "bring the trust file back"
                ) from None
            return None
        except OSError as error:
            raise TrustError.of("GATE411", f"cannot read the trust file: {disk.reason(error)}", name) from None
        if not self.root:
            raise TrustError.of(
                "GATE411",
                "there is a trust file, and its first version is not pinned",
                name,
                'write `root = "sha256:…"` below `[trust]` in policy.toml, or set LETPASS_TRUST_ROOT; `policy trust show --root`',
            )
        return data

    def not_lost(self) -> None:
        """Raise `LetpassError` where there is no trust file, and the ledger has seen one: without it nobody need sign."""
        if self.trust is None and self._remembered:
            raise TrustError.of(
                "GATE411",
                f"the ledger has seen a trust file, and there is no `{disk.shown(self.path)}`",
                str(self.path),
                "bring it back and pin its root, or begin a new ledger as docs/ledger.md says",
            )

    @cached_property
    def _remembered(self) -> bool:
        return self.books.remembers_trust()

    # ------------------------------------------------------------ what the ledger has

    def past(self, model: str, digests: Iterable[str] = ()) -> Past:
        """What the ledger has about a model, and about bytes under whatever name; read once as long as it has not grown.

        Raises `UnreachableError` where the ledger is out of reach or is not what it was.
        """
        ledger = self.books.reader()
        size = ledger.size() if ledger is not None else 0
        wanted = (model, *sorted({d for d in digests if d}))
        makings = self.registry.makings(model)
        if (known := self._past.get(wanted)) is not None and known[:2] == (size, makings):
            return known[2]
        past = self._read(ledger, wanted, makings) if ledger is not None and size else Past(model, makings=makings)
        self._past[wanted] = size, makings, past
        return past

    def _read(self, ledger: Ledger, wanted: tuple[str, ...], makings: Mapping[str, str]) -> Past:
        """What the ledger has about a model (first) and about bytes, read on from where this process has read it before."""
        model, *digests = wanted
        scope, known = self.names.scope, ledger.memory.pasts
        adoptions = ledger.entries_of("adoption", "trust") if ledger.entries_of("adoption") else ()

        def read(adopted: tuple[Step, ...]) -> Past:
            key = (*wanted, scope, tuple(sorted(makings.items())), adopted)
            with ledger.memory.lock:
                size, before = known.pop(key, (0, None))
                named = ledger.about(model, *digests, since=size)
                # the same name in another workspace is another model; what is about these bytes is about them wherever it was said
                new = [
                    e for e in named
                    if e.entry.model != model or is_of(e.entry, model, scope) or e.entry.artifact in digests
                ]  # fmt: skip
                past = before.followed(new) if isinstance(before, Past) and new else before
                if not isinstance(past, Past):
                    if size:
                        return read(adopted)
                    past = Past(model, new, adopted, scope, makings)
                known[key] = len(ledger.memory.texts), past
                for old in list(known)[:-REMEMBERED]:
                    known.pop(old)
            return past

        past = read(())
        if not adoptions:
            return past
        adopted = in_effect.adoptions(self.trust, adoptions, lambda: self.names.all, model, past.steps)
        return read(tuple(adopted)) if adopted else past

    @cached_property
    def signed_set(self) -> tuple[Statement, ...]:
        """The owners' signatures of the policy set that they signed last, by the files beside the policies and the ledger."""
        return inforce.last_set(self.trust, self.signed_sets()) if self.trust is not None else ()

    def signed_sets(self) -> tuple[Statement, ...]:
        """All signatures of policy sets, beside the policies and in the ledger; nobody's is verified yet."""
        ledger = self.books.reader()
        logged = ledger.entries_of("policies") if ledger is not None else ()
        return (*statements.readable(self._signatures()), *in_effect.signed(logged, "policies"))

    def beside_policies(self) -> list[Paper]:
        """The statements beside the policies, and those about the project that the ledger has."""
        ledger = self.books.reader()
        logged = ledger.entries_of("adoption", "ungate") if ledger is not None else ()
        return [
            *[Paper(name, data) for name, data in self._signatures()],
            *[Paper(f"entry {e.index} of the ledger", e.entry.statement.encode("utf-8"), e.at, e.index)
              for e in logged if e.entry.statement],
        ]  # fmt: skip

    @property
    def signed_gates(self) -> tuple[Target, ...]:
        """What the set gates that the owners signed last."""
        return tuple(dict.fromkeys(Target.of(g) for signed in self.signed_set for g in signed.predicate["gates"]))

    @cached_property
    def names(self) -> Names:
        """What registry, ledger and the models in them are called."""
        desk = weakref.ref(self)  # a circle would keep the ledger open until somebody collects garbage

        def signed() -> tuple[Statement, ...]:
            found = desk()
            assert found is not None
            return found.signed_set

        return Names(self.configuration, self.registry, self.books, signed, self.policies)

    def log(
        self, entries: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]] = (), unless: Unless | None = None,
        *, keep: bool = True, mends: Mapping[int, int] | None = None,
    ) -> tuple[Receipt, ...]:  # fmt: skip
        """Append entries to the project's ledger, each under the registry's name; `keep`: and keep its head.

        Raises as `Ledger.append` does.
        """
        ledger = self.books.writer()
        receipts = ledger.append([self.names.given(e) for e in entries], now, material, unless, mends)
        if keep:
            self.books.keep(ledger)
        return receipts

    def _signatures(self) -> list[tuple[str, bytes]]:
        """The statements beside the policies."""
        at = self.configuration.at
        beside = dict.fromkeys(signatures_of(p, self.configuration) for p in self.policies)
        return [found for place in beside if at(place).is_dir() for found in carried.below(place, at)]

    def revoked(self, past: Past) -> frozenset[str]:
        """The versions of a model whose revocation stands in the ledger: they count as never there."""
        return in_effect.revoked(self.trust, past, lambda version: self._makers_of(past.model, version))

    # ------------------------------------------------------------ dossiers

    def dossier(
        self, record: Record, bytes_at: Path | None = None, champion: Record | Holder = Holder.UNASKED,
    ) -> Dossier | None:  # fmt: skip
        """What is brought to a decision on a record; None where there is nothing to look at.

        `bytes_at`: where the artifact is; else its uri, where that is a file or folder here.  `champion`: whose evidence
        is brought too.
        """
        self.not_lost()
        self.names.identified()
        computed, where = self.computed(record, bytes_at)
        past = self.past(record.text("model"), (*computed, record.text("artifact.digest")))
        holds = self._otherwise(record, computed, past)
        notes = tuple(in_effect.notes(past)) if self.trust is None else ()
        if self.trust is None and not computed and not holds and not notes:
            return None
        papers = self.papers(record, computed, past) if self.trust is not None else ()
        theirs: tuple[Paper, ...] = ()
        if self.trust is not None and isinstance(champion, Record):
            digest = champion.text("artifact.digest")
            theirs = self.papers(champion, (), self.past(champion.text("model"), (digest,)))
        return Dossier(
            self.text or b"", self.root, self.names.address, papers, computed, where, past.spent,
            disk.shown(self.path), reference(record), disk.shown(self.policies[0]), theirs, holds,
            in_effect.learned(past.others), past.same, notes, self.made(record, papers) if self.trust is not None else None,
            self.also_made(past, record.text("version")) if self.trust is not None else (),
        )  # fmt: skip

    def made(self, record: Record, papers: Sequence[Paper] = ()) -> Made | None:
        """What the project's own repository and a gated registry tell of who made a version; None where that is nothing.

        The commit is the one that the record names, else the one that evidence does.
        """
        written = record.text("code.commit") or verified.attested_commit(papers)
        if written and written not in self._authors:
            self._authors[written] = authors.author(written, self.configuration.root)
        found = self._authors.get(written)
        user = self.registry.maker(record) if self.registry.has(record) else ""
        if found is None:
            return Made(user=user) if user else None
        branch = self.configuration.commit
        protected = bool(branch) and authors.leads_to(found.commit, branch, self.configuration.root)
        return Made(found.commit, found.name, protected, user)

    def made_by(self, record: Record) -> tuple[str, ...]:
        """The texts by which record, commit and a gated registry tell who made a version."""
        made = self.made(record) or Made()
        return record.text("author"), record.text("code.author"), made.author, made.user

    def makers(self, record: Record) -> frozenset[str]:
        """Everybody who may have made a version, as far as these texts tell."""
        return directory.meant(self.trust.current.directory if self.trust is not None else None, self.made_by(record))

    def _makers_of(self, model: str, version: str) -> frozenset[str] | None:
        """Who may have made a version, None where the registry does not have it, or it does not read."""
        try:
            return self.makers(self.registry.find(f"{model}@{version}"))
        except UnreachableError:
            raise
        except LetpassError:
            return None

    def also_made(self, past: Past, version: str) -> tuple[str, ...]:
        """Who may have made the other versions that words against are about: it is no more theirs to lift them."""
        about = {e.entry.version for e in past.of_kind(*in_effect.AGAINST)} - {version}
        found: set[str] = set()
        for other in about:
            found |= self._makers_of(past.model, other) or frozenset()
        return tuple(sorted(found))

    def difference(self, record: Record) -> Differs | None:
        """Where a version's record is not what the ledger knows of it, None where it is, or nothing is known."""
        address = place.is_address(self.registry.name)
        return baselines.difference(self.past(record.text("model")), record, self._material, address=address)

    def _material(self, digest: str) -> bytes | None:
        ledger = self.books.reader()
        return ledger.store.material(digest) if ledger is not None else None

    def _otherwise(self, record: Record, computed: tuple[str, ...], past: Past) -> tuple[Hold, ...]:
        """What holds every move of a version of the registry back: other bytes or another record than the ledger knows."""
        if not self.registry.has(record):
            return ()
        differs = self.difference(record)
        replaced = baselines.replaced(past, record, computed)
        return replaced if differs is None else (*replaced, baselines.hold(differs, record))

    def papers(self, record: Record, computed: tuple[str, ...], past: Past) -> tuple[Paper, ...]:
        """The statements about a record or its bytes, and the words against any version of its model.

        Statements lie beside the record, beside the policies, in the ledger, and where else they were said to be.
        """
        brought = [
            *self.carrier(record).statements(record),
            *self.registry.objections(record.text("model")),
            *[found for place in self.extra for found in carried.below(place)],
            *self._signatures(),
        ]
        papers = [Paper(name, data) for name, data in brought]
        digests = {*computed, record.text("artifact.digest")} - {""}
        for logged in past.spoken:
            entry = logged.entry
            if in_effect.concerns(entry, record, digests, past.registry):
                name = f"entry {logged.index} of the ledger"
                papers.append(Paper(name, entry.statement.encode("utf-8"), logged.at, logged.index))
        return tuple(papers)

    def artifact_of(self, record: Record, given: Path | None, what: str) -> str:
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
        kept = self.registry.has(record) and place.is_address(self.registry.name)  # what it says of its uri is its own
        path = given if given is not None or kept else self._local(record.text("artifact.uri"))
        recorded = record.text("artifact.digest")
        if path is not None:
            return artifact.digests_at(path, recorded), disk.shown(path)
        if not kept:
            return (), ""
        # fetched once for a command: it is asked for several times on the way to one decision
        if record.name not in self._fetched:
            with self.registry.bytes_of(record) as found:
                self._fetched[record.name] = artifact.digests_at(found, recorded) if found is not None else ()
        return self._fetched[record.name], record.text("artifact.uri") if self._fetched[record.name] else ""

    def files(self, record: Record, given: Path | None) -> artifact.Files | None:
        """The artifact's files, hashed here, where its bytes are at hand and are those that the record names."""
        recorded = record.text("artifact.digest")
        kept = self.registry.has(record) and place.is_address(self.registry.name)
        path = given if given is not None or kept else self._local(record.text("artifact.uri"))
        try:
            if path is not None or not kept:
                found = artifact.files(path, recorded) if path is not None else None
            else:
                with self.registry.bytes_of(record) as fetched:  # they stay as long as the registry is open
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
            path = self.configuration.path(uri)
        here = self.configuration.root.resolve()
        return path if os.path.lexists(path) and path.resolve().is_relative_to(here) else None


def own_policies(configuration: Configuration, *, warn: bool = False) -> PolicySet:
    """The project's own policies, with the settings that decide beside them; raises `PolicyError`."""
    paths = own_paths(configuration)
    loaded = policyset.load(paths, VOCABULARY, paths, warn=warn, at=configuration.at)
    return replace(loaded, settings=configuration.deciding)


def own_paths(configuration: Configuration) -> tuple[Path, ...]:
    """Where the project's own policies are; raises `PolicyError` where nothing is there."""
    paths = tuple(configuration.path(p) for p in configuration.policies)
    for path in paths:
        if not configuration.at(path).exists():
            named = configuration.source is not None
            help_ = f"`policies` in `{configuration.source}` says where they are" if named else ""
            help_ = help_ or "`policy init` begins a project"
            raise PolicyError.of("GATE011", f"there is no `{path}`", str(path), help_)
    return paths


def find(reference: str, configuration: Configuration) -> Found:
    """The records behind MODEL: `-`, what has an `@` in it from the registry, else a file or folder; raises `RecordError`.

    One that bears the name of a version of the registry is that version's own, or a fault; a commit's has the commit's state.
    """
    if "@" in reference and not reference.startswith(("./", "/", "../")):
        return Found((registry_of(configuration).find(reference),))
    registry = registry_of(configuration)
    found = files.find(reference, registry.root if isinstance(registry, Folder) else None)
    records, faults = list[Record](), list(found.faults)
    for record in found.records:
        try:
            records.append(own.own(registry, record, of_change=configuration.twin is not None))
        except RecordError as error:
            if len(found.records) == 1 and not faults:
                raise
            faults += error.diagnostics
    return replace(found, records=tuple(records), faults=tuple(faults))


def find_champion(reference: str, configuration: Configuration) -> Found:
    """The records behind `--champion`: a file of the commit, where it is judged by one; raises `RecordError`."""
    path = Path(reference)
    named = "@" in reference and not reference.startswith(("./", "/", "../"))
    if reference == "-" or named or configuration.at(path) == path:
        return find(reference, configuration)
    return committed.found(path, configuration.at)


def registry_of(configuration: Configuration) -> Registry:
    """The registry of a project; nothing is asked of it yet."""
    name = configuration.registry
    where = configuration.root if place.is_address(name) else configuration.path(name)
    if not place.is_address(name) and configuration.at(where) != where:
        return CommittedFolder(where, name, configuration.stages, configuration.at)
    return place.opened(name, where, configuration.stages, configuration.plugins, stages=configuration.mlflow_stages)


def reference(record: Record) -> str:
    """How a record is named in a command: by its file, or as a registry without files has it."""
    name = record.document.source.name if record.document is not None else record.name
    return record.name if place.is_address(name) else disk.shown(name)


def signatures_of(policies: Path, configuration: Configuration | None = None) -> Path:
    """Where the signatures of a policy folder or file lie."""
    there = configuration.at(policies) if configuration is not None else policies
    return (policies if there.is_dir() else policies.parent) / SIGNATURES
