"""The names of registry, ledger and models, as entries, decisions, requests and adoptions write them.

A model's name is that of its registry, of the workspace in it, and its own; a version's number may have been another's.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from letpass import disk
from letpass.diagnostics import UnreachableError
from letpass.frozen import replace
from letpass.ledger.entry import Entry
from letpass.project.configuration import Configuration
from letpass.project.ledger import ProjectLedger
from letpass.registries import files, own, place
from letpass.registries.interface import Registry
from letpass.trust import strict
from letpass.trust.statements import Statement

MADE = frozenset({"decision", "move", "refusal"})
"""Kinds of entries that are about one making of a version; statements say themselves what they are about."""


class Names:
    """The names of a project.  `signed`: the signatures of the policy set that its owners signed last; `policies`: where it lies."""

    def __init__(
        self, configuration: Configuration, registry: Registry, project_ledger: ProjectLedger, signed: Callable[[], Sequence[Statement]],
        policies: Sequence[Path],
    ) -> None:  # fmt: skip
        self.configuration, self.registry, self.ledger, self.policies = (
            configuration,
            registry,
            project_ledger,
            policies,
        )
        self._signed = signed
        self._scope: str | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """What the registry is called in decisions and adoptions: by its identity, where it has one, and by its address; each
        with the workspace."""
        identity = self._in_workspace(self.registry.identity())
        return tuple(dict.fromkeys([identity or self.address, self.address]))

    @cached_property
    def address(self) -> str:
        """The registry as the configuration has it, with the workspace that is asked."""
        return self._in_workspace(self.configuration.registry)

    def _in_workspace(self, name: str) -> str:
        workspace = self.registry.workspace() if name else ""
        return f"{name}/{workspace}" if workspace else name

    @property
    def scope(self) -> str:
        """Where the models live that are judged here, as entries of the ledger say it: the registry's identity and its
        workspace; nothing where a registry has no identity.

        Raises `UnreachableError` where the ledger knows registries, and this is none of them.
        """
        return self._found(make=False)

    def _found(self, *, make: bool) -> str:
        if self._scope is None or (make and not self._scope):
            ledger = self.ledger.reader()
            # before the registry is asked: who names it does so before the ledger knows it
            known = ledger.registries() if ledger is not None and ledger.size() else frozenset()
            identity = self.registry.identity()
            self._one_of(known, identity)
            # a folder is given its name by the first entry that names a model of it
            named = make and own.is_there(self.registry)
            self._scope = self._in_workspace(identity or (self.registry.identity(make=True) if named else ""))
        return self._scope

    def _one_of(self, known: Collection[str], identity: str) -> None:
        """Raise `UnreachableError` where the ledger knows registries, and this is none of them."""
        signed = {str(s.predicate["identity"].get("registry", "")) for s in self._signed()}
        if not known or identity in known or (identity and identity in signed):
            return
        which, theirs = identity or "not known", " and ".join(sorted(known))
        help_ = "bring the registry back that it was, let the owners of the policies sign this one, or begin a new ledger as docs/ledger.md says"
        if not place.is_address(self.registry.name) and len(known) == 1:
            path = disk.shown(self.configuration.path(self.configuration.registry) / files.IDENTITY)
            help_ = f"let `{path}` hold the line `{theirs}` again, and keep it in git; or let the owners of the policies sign this registry"
        what = (
            f"this is another registry than the ledger's: its identity is {which}, and entries name models of {theirs}"
        )
        raise UnreachableError.of("GATE430", what, self.registry.name, help_)

    def given(self, entry: Entry) -> Entry:
        """An entry under the names of the registry and, where it is about one making of a version, of that."""
        if not entry.model:
            return entry
        made = entry.made or (self.registry.makings(entry.model).get(entry.version, "") if entry.kind in MADE else "")
        return replace(entry, registry=self._found(make=True), made=made)

    def identity(self, *, make: bool = False) -> dict[str, Any]:
        """Which registry and which ledger the project has, as far as that is known, for the owners of the policies to sign.

        `make`: give a registry that has no name one.
        """
        found: dict[str, Any] = {}
        if registry := self.registry.identity(make=make):
            found["registry"] = registry
        if keys := [str(k) for k in self.ledger.believed()]:
            found["ledger"] = keys
        ledger = self.ledger.reader()
        if ledger is not None and ledger.size():
            head = ledger.checkpoint()
            found["seen"] = {"size": head.size, "root": strict.base64_of(head.root)}
        return found

    def identified(self) -> None:
        """Raise `UnreachableError` where the registry or the ledger is another than the owners of the policies signed."""
        for said in (signed.predicate["identity"] for signed in self._signed()):
            if "registry" in said and self.registry.identity() != said["registry"]:
                is_now = self.registry.identity() or "unknown"
                own = shlex.quote(str(self.policies[0]))
                raise UnreachableError.of(
                    "GATE430",
                    f"this is another registry: its identity is {is_now}, and the owners signed {said['registry']}",
                    self.registry.name,
                    f"bring the registry back, or let the owners sign this one: `policy sign {own} --role policy-owner --key KEY`",
                )
            self.ledger.identified(said.get("ledger", ()), said.get("seen"))
