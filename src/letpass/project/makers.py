"""Who made a version, by its record, the project's repository, evidence and a gated registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from letpass.diagnostics import LetpassError, UnreachableError
from letpass.facts.record import Record
from letpass.ledger import in_effect
from letpass.ledger.model_log import Past
from letpass.project.configuration import Configuration
from letpass.project.git import authors
from letpass.project.git.authors import Author
from letpass.registries import own
from letpass.registries.interface import Registry
from letpass.trust import directory, kinds, statements
from letpass.trust.accepted import Made
from letpass.trust.chain import Trust
from letpass.trust.statements import StatementFile


class Makers:
    """Who made the versions of a project's registry; each commit is looked up once."""

    def __init__(self, configuration: Configuration, registry: Registry, trust: Trust | None) -> None:
        self._configuration, self._registry, self._trust = configuration, registry, trust
        self._authors: dict[str, Author | None] = {}

    def made(self, record: Record, statement_files: Sequence[StatementFile] = ()) -> Made | None:
        """What the project's own repository and a gated registry tell of who made a version; None where that is nothing.

        The commit is the one that the record names, else the one that evidence does.
        """
        written = record.text("code.commit") or _attested_commit(statement_files)
        if written and written not in self._authors:
            self._authors[written] = authors.author(written, self._configuration.root)
        found = self._authors.get(written)
        user = self._registry.maker(record) if self._registry.has(record) else ""
        if found is None:
            return Made(user=user) if user else None
        branch = self._configuration.commit
        protected = bool(branch) and authors.leads_to(found.commit, branch, self._configuration.root)
        return Made(found.commit, found.name, protected, user)

    def words(self, record: Record) -> tuple[str, ...]:
        """The texts by which record, commit and a gated registry tell who made a version."""
        made = self.made(record) or Made()
        return record.text("author"), record.text("code.author"), made.author, made.user

    def of(self, record: Record) -> frozenset[str]:
        """Everybody who may have made a version, as far as these texts tell."""
        return directory.meant(self._trust.current.directory if self._trust is not None else None, self.words(record))

    def of_version(self, model: str, version: str) -> frozenset[str] | None:
        """Who may have made a version, None where the registry does not have it, or it does not read."""
        try:
            return self.of(own.called(self._registry, model, version))
        except UnreachableError:
            raise
        except LetpassError:
            return None

    def also_made(self, past: Past, version: str, digests: Iterable[str]) -> tuple[str, ...]:
        """Who may have made the other versions that words against are about, of the model or, with bytes of these digests, of others:
        it is no more theirs to lift them."""
        about = {(past.model, e.entry.version) for e in past.of_kind(*in_effect.AGAINST)} - {(past.model, version)}
        about |= {(e.entry.model, e.entry.version) for e in past.elsewhere(digests)}
        found: set[str] = set()
        for model, other in about:
            found |= self.of_version(model, other) or frozenset()
        return tuple(sorted(found))


def _attested_commit(statement_files: Sequence[StatementFile]) -> str:
    """The commit that evidence names, nothing where several are named.  Whether the evidence counts is judged later."""
    said = [s.predicate["facts"] for s in statements.readable(statement_files) if s.type == kinds.EVIDENCE]
    code = [f["code"] for f in said if isinstance(f.get("code"), dict)]
    found = {c["commit"] for c in code if isinstance(c.get("commit"), str)}
    return found.pop() if len(found) == 1 else ""
