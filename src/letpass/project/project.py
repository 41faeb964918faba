"""A project, opened: its settings, trust file, registry and ledger, and what they have about a model, read once."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from letpass import disk
from letpass.diagnostics import (
    TrustError,
)
from letpass.facts.record import Record
from letpass.ledger import elsewhere, in_effect, listing
from letpass.ledger.history import Step
from letpass.ledger.log import about
from letpass.ledger.model_log import Past
from letpass.move import Target
from letpass.project.artifacts import Artifacts
from letpass.project.configuration import Configuration
from letpass.project.contents import registry_of, signatures_of
from letpass.project.names import Names
from letpass.registries import carried
from letpass.registries.folder import Folder
from letpass.registries.interface import Registry
from letpass.trust import inforce, shapes, statements
from letpass.trust.bundle import folded
from letpass.trust.statements import Statement, StatementFile

if TYPE_CHECKING:
    from letpass.ledger.entry import Entry
    from letpass.ledger.log import Ledger, Receipt, Unless
    from letpass.project.ledger import Memories, ProjectLedger
    from letpass.project.makers import Makers
    from letpass.trust.chain import Trust

REMEMBERED = 32
"""Models whose past a process keeps in mind, with the bytes that were asked about."""


class Project:
    """A project as its files have it, read once for any number of models.

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
        self._past: dict[tuple[str, ...], tuple[int, Mapping[str, str], Past]] = {}
        self._memories = memories
        if registry is not None:
            self.registry = registry
        self.text = self._text()
        self.trust: Trust | None = None
        if self.text is not None:
            from letpass.trust import chain

            self.trust = chain.load(self.text, self.root, str(self.path))

    @cached_property
    def ledger(self) -> ProjectLedger:
        """The project's ledger."""
        from letpass.project.ledger import ProjectLedger

        return ProjectLedger(self.configuration, self.trust, self.path, self._memories)

    @cached_property
    def registry(self) -> Registry:
        """The project's registry; nothing is asked of it yet."""
        return registry_of(self.configuration)

    @cached_property
    def makers(self) -> Makers:
        """Who made its versions."""
        from letpass.project.makers import Makers  # asks git, which most decisions need not

        return Makers(self.configuration, self.registry, self.trust)

    @cached_property
    def artifacts(self) -> Artifacts:
        """The bytes of its versions."""
        return Artifacts(self.configuration, self.registry)

    def carrier(self, record: Record) -> Registry:
        """Where the statements about a record are kept: the registry that it is in, else the folder beside its file."""
        return self.registry if self.registry.has(record) else Folder(Path(), "", {})

    def _text(self) -> bytes | None:
        """The trust file's bytes, None where there is none and none is pinned."""
        name = str(self.path)
        try:
            # a link is followed: the file may be mounted as one; its content is pinned
            data = disk.read(self.configuration.at(self.path), 16 << 20, links=True)
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
        return self.ledger.remembers_trust()

    # ------------------------------------------------------------ what the ledger has

    def past(self, model: str, digests: Iterable[str] = ()) -> Past:
        """What the ledger has about a model, and about bytes under whatever name; read once as long as it has not grown.

        Raises `UnreachableError` where the ledger is out of reach or is not what it was.
        """
        ledger = self.ledger.reader()
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
        # the same name in another workspace is another model; what is about these bytes is about them wherever it was said, and
        # what the owners call unfit may be these bytes by another of their digests
        unfit = elsewhere.revoked(ledger.entries_of(elsewhere.REVOCATION))
        lists = [*about(scope, model, [*digests, *unfit]), *map(listing.of_kind, elsewhere.KINDS)]

        def read(adopted: tuple[Step, ...]) -> Past:
            key = (*wanted, unfit, scope, tuple(sorted(makings.items())), adopted)
            with ledger.memory.lock:
                read_before, before = known.pop(key, ({}, None))
                new, now = ledger.listed(lists, read_before)
                past = before.followed(new) if isinstance(before, Past) and new else before
                if not isinstance(past, Past):
                    if read_before:
                        return read(adopted)
                    past = Past(model, new, adopted, scope, makings)
                known[key] = now, past
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
        ledger = self.ledger.reader()
        logged = ledger.entries_of("policies") if ledger is not None else ()
        return (*statements.readable(self.signatures()), *in_effect.signed(logged, "policies"))

    def beside_policies(self) -> list[StatementFile]:
        """The statements beside the policies, and those about the project that the ledger has."""
        ledger = self.ledger.reader()
        logged = ledger.entries_of("adoption", "ungate") if ledger is not None else ()
        return [
            *[StatementFile(name, data) for name, data in self.signatures()],
            *[StatementFile(f"entry {e.index} of the ledger", e.entry.statement.encode("utf-8"), e.at, e.index)
              for e in logged if e.entry.statement],
        ]  # fmt: skip

    @property
    def signed_gates(self) -> tuple[Target, ...]:
        """What the set gates that the owners signed last."""
        return tuple(dict.fromkeys(Target.of(g) for signed in self.signed_set for g in signed.predicate["gates"]))

    @cached_property
    def names(self) -> Names:
        """What registry, ledger and the models in them are called."""
        project = weakref.ref(self)  # a circle would keep the ledger open until somebody collects garbage

        def signed() -> tuple[Statement, ...]:
            found = project()
            assert found is not None
            return found.signed_set

        return Names(self.configuration, self.registry, self.ledger, signed, self.policies)

    def log(
        self, entries: Sequence[Entry], now: int, material: Sequence[tuple[str, bytes]] = (), unless: Unless | None = None,
        *, keep: bool = True, mends: Mapping[int, int] | None = None, like: str = "",
    ) -> tuple[Receipt, ...]:  # fmt: skip
        """Append entries to the project's ledger, each under the registry's name; `keep`: and keep its head.

        Raises as `Ledger.append` does.
        """
        ledger = self.ledger.writer()
        receipts = ledger.append([self.names.given(e) for e in entries], now, material, unless, mends, like=like)
        if keep:
            self.ledger.keep(ledger)
        return receipts

    def signatures(self) -> list[tuple[str, bytes]]:
        """The statements beside the policies."""
        at = self.configuration.at
        beside = dict.fromkeys(signatures_of(p, self.configuration) for p in self.policies)
        return [found for folder in beside if at(folder).is_dir() for found in carried.below(folder, at)]

    def revoked(self, past: Past) -> frozenset[str]:
        """The versions of a model whose revocation stands in the ledger, under whatever name: they count as never there."""
        return in_effect.revoked(self.trust, past, self.makers.of_version)

    def digests(self, record: Record, computed: tuple[str, ...]) -> tuple[str, ...]:
        """All digests that are known of a version's bytes and that a statement can name, in order: recorded, `computed` or found to be of
        the same bytes; where nothing tells which they are now, those that were decided upon."""
        here = tuple(d for d in (*computed, record.text("artifact.digest")) if shapes.is_digest(folded(d)))
        past = self.past(record.text("model"), here)
        if not here:
            made = [m for _, m in past.of(record.text("version")) if not m.apart]
            here = tuple(d for m in made for d in (m.artifact, *m.computed))
        return tuple(sorted(d for d in past.names_of(here) if shapes.is_digest(d)))

    def statement_files(self, record: Record, computed: tuple[str, ...], past: Past) -> tuple[StatementFile, ...]:
        """The statements about a record or its bytes, and the words against any version of its model, or these bytes elsewhere.

        Statements lie beside the record, beside the policies, in the ledger, and where else they were said to be.
        """
        brought = [
            *self.carrier(record).statements(record),
            *self.registry.objections(record.text("model")),
            *[found for folder in self.extra for found in carried.below(folder)],
            *self.signatures(),
        ]
        statement_files = [StatementFile(name, data) for name, data in brought]
        digests = {*computed, record.text("artifact.digest")} - {""}
        spoken = [e for e in past.spoken if in_effect.concerns(e.entry, record, digests, past.registry)]
        return (*statement_files, *in_effect.as_files([*spoken, *past.elsewhere(digests)]))
