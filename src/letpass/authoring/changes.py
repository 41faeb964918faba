"""The files of a change, each judged by its kind: records by the policies, all others by who may write them.

    commit that judges ─▶ files that the change has other than it ─▶ records, to be judged │ refusals, each with its reason

State is written by moves, policies and the trust file are put in force by signatures, and what was signed or registered
stays as it is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from letpass.authoring.cases import finding, judging, reading
from letpass.diagnostics import Diagnostic, InvalidError, LetpassError, Source, Span
from letpass.facts.document import Document
from letpass.frozen import Frozen
from letpass.gate.verification import decision_of
from letpass.ledger import history, proofs
from letpass.ledger.model_log import Past
from letpass.move import ARCHIVED, Stage
from letpass.project import configuration as configurations
from letpass.project.commits import LARGEST, Commit
from letpass.project.configuration import FILE, Configuration
from letpass.project.contents import SIGNATURES, own_policies, signatures_of
from letpass.project.git import changed, objects
from letpass.project.git.changed import Changed
from letpass.project.ledger import checkpoint_in
from letpass.project.policyset import PolicySet, root_of
from letpass.project.project import Project
from letpass.registries import carried, files, place, state
from letpass.trust import chain, inforce, standing, statements
from letpass.trust.statements import StatementFile

REFUSED = "GATE016"
"""The code of what no change may bring."""
_SETTINGS = ("registry", "ledger", "checkpoint", "trust_file", "trust_root", "plugins")
"""What of the configuration says whom and what the gate believes: no signature covers it."""


class Brought(Frozen):
    """What a change brings.  `records`: the files of versions, to be judged · `refused`: why it may not bring the rest."""

    records: tuple[Path, ...]
    refused: tuple[Diagnostic, ...]


def judge(commit: Commit, project: Project, policies: PolicySet, now: int) -> Brought:
    """What the commit that is checked out brings to the one that judges; `project`, `policies`: those of that commit.

    Raises `LetpassError` where one of them does not read.
    """
    one = _Change(commit, project, policies, now)
    records, refused = list[Path](), list[Diagnostic]()
    for each in changed.since(commit.id, commit.top):
        if one.is_record(each):
            records.append(commit.top / each.path)
        refused += one.refusals(each)
    refused += one.settings()
    return Brought(tuple(one.here(p) for p in records), tuple(refused))


class _Change:
    """One change, and the project that it is brought to."""

    def __init__(self, commit: Commit, project: Project, policies: PolicySet, now: int) -> None:
        self.commit, self.project, self.policies, self.now = commit, project, policies, now
        found: Configuration = project.configuration
        path = found.path
        self.registry = None if place.is_address(found.registry) else commit.inside(path(found.registry))
        self.own = [p for n in found.policies if (p := commit.inside(path(n))) is not None]
        self.trust, self.checkpoint = commit.inside(path(found.trust_file)), commit.inside(path(found.checkpoint))
        self.set_changed = False

    def here(self, path: Path) -> Path:
        """A path as the reader stands to it."""
        return Path(posixpath.relpath(path, Path.cwd()))

    # ------------------------------------------------------------ what a path is

    def _below(self, path: str, folder: str | None) -> str | None:
        """A path below a folder of the repository, None where it is elsewhere."""
        if folder is None:
            return None
        return path if not folder else path.removeprefix(f"{folder}/") if path.startswith(f"{folder}/") else None

    def _beside(self, each: Changed) -> tuple[str, str] | None:
        """The model and version that a file of the registry lies beside, None for one that lies beside none."""
        below = self._below(each.path, self.registry)
        folder = posixpath.dirname(each.path)
        model, _, version = posixpath.dirname(below or "").rpartition("/")
        if below is None or not below.endswith(".json") or not (model and version):
            return None
        there = [(self.commit.top / f"{folder}{e}").is_file() or self._kept(f"{folder}{e}") for e in files.ENDINGS]
        return (model, version) if any(there) else None

    def _kept(self, path: str) -> bool:
        """Has the commit that judges a file."""
        return (self.commit.folder / path).is_file()

    def _is_state(self, each: Changed) -> bool:
        below = self._below(each.path, self.registry)
        return below is not None and posixpath.basename(below) == state.FILE

    def is_record(self, each: Changed) -> bool:
        """Does a change bring a file that is read as a version of the registry."""
        below = self._below(each.path, self.registry)
        suffix = posixpath.splitext(each.path)[1].lower()
        is_file = each.after is not None and each.after[0].startswith("100")
        named = below is not None and suffix in files.SUFFIXES and posixpath.basename(below) != files.IDENTITY
        return is_file and named and not self._is_state(each) and self._beside(each) is None

    # ------------------------------------------------------------ one file

    def refusals(self, each: Changed) -> Iterator[Diagnostic]:
        """Why a change may not bring a file as it does; nothing where it may, or where the file is none of the project's."""
        ours = self._below(each.path, self.registry) is not None
        signature = any(self._below(each.path, posixpath.join(p, SIGNATURES)) is not None for p in self._folders())
        policy = any(each.path == p or self._below(each.path, p) is not None for p in self.own)
        # a policy is one wherever below the policies it lies
        self.set_changed = self.set_changed or (policy and not (signature and each.path.endswith(".json")))
        places = [p for p in (self.registry, *self.own) if p]
        if each.after is not None and any(f"{p}/".startswith(f"{each.path}/") for p in places) and not policy:
            yield _refused(each.path, "stands where a folder of the project does", "take it out of the change")
            return
        if not (ours or signature or policy or each.path in {self.trust, self.checkpoint}):
            return
        if each.after is not None and not each.after[0].startswith("100"):
            yield _refused(each.path, "is a link or a submodule, and no file", "bring a file")
        elif each.after is not None and not self._as_committed(each):
            yield _refused(each.path, "is not here as it was committed", "check the change out as it is")
        elif each.path == self.trust:
            yield from self._trusted(each)
        elif each.path == self.checkpoint:
            yield from self._checkpoint(each)
        elif signature and each.path.endswith(".json"):
            yield from self._statement(each, None)
        elif ours:
            yield from self._in_registry(each)

    def _folders(self) -> Iterator[str]:
        for name in self.own:
            yield (
                name
                if (self.commit.folder / name).is_dir() or not name.endswith(".policy")
                else posixpath.dirname(name)
            )

    def _in_registry(self, each: Changed) -> Iterator[Diagnostic]:
        if posixpath.basename(each.path) == files.IDENTITY:
            yield _refused(
                each.path, "names the registry, and is written by the first move", "take it out of the change"
            )
        elif self._is_state(each):
            yield from self._state(each)
        elif (about := self._beside(each)) is not None:
            yield from self._statement(each, about)
        elif each.after is None and posixpath.splitext(each.path)[1].lower() in files.SUFFIXES:
            help_ = "a version stays: `policy retire NAME@VERSION --reason TEXT` takes it out of its stage"
            yield _refused(each.path, "is the record of a version, and is taken away", help_)

    def _data(self, entry: tuple[str, str] | None) -> bytes:
        if entry is None:
            return b""
        ((_, data),) = objects.blobs([entry[1]], LARGEST, self.commit.top)
        return data or b""

    def _as_committed(self, each: Changed) -> bool:
        """Is the file here what the change has: nothing of the checkout, no filter and nobody's edit between."""
        try:
            return (self.commit.top / each.path).read_bytes() == self._data(each.after)
        except OSError:
            return False

    # ------------------------------------------------------------ state

    def _state(self, each: Changed) -> Iterator[Diagnostic]:
        """Is what a change makes a state file say what the ledger's moves have made of it."""
        model = posixpath.dirname(self._below(each.path, self.registry) or "")
        if each.after is not None and self._parsed(each, each.after) is None:
            help_ = "take it out of the change: no version is called so"
            yield _refused(each.path, "holds a record where the state of a model's versions stands", help_)
        then, now = (self._said(each, entry) for entry in (each.before, each.after))
        command = f"git checkout {self.commit.id[:12]} -- {each.path}"
        help_ = f"`{command}` takes it out of the change; who holds a stage is written by `policy promote`"
        past = self.project.past(model) if self.project.ledger.begun else None
        for version in sorted(then.keys() | now.keys()):
            old, new = then.get(version, {}), now.get(version, {})
            for field in sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k)):
                why = _unmoved(past, version, field, new.get(field))
                if why:
                    yield _refused(each.path, f"changes `{field}` of {model}@{version}, and {why}", help_)

    def _said(self, each: Changed, entry: tuple[str, str] | None) -> Mapping[str, Any]:
        found = self._parsed(each, entry) if entry is not None else None
        return {str(v): dict(said) for v, said in found.data.items()} if found is not None else {}

    def _parsed(self, each: Changed, entry: tuple[str, str]) -> Document | None:
        return state.parse(Source(each.path, self._data(entry).decode("utf-8", "replace")))

    # ------------------------------------------------------------ statements

    def _statement(self, each: Changed, about: tuple[str, str] | None) -> Iterator[Diagnostic]:
        """Is a file that a change brings the statement that its name says, about the version that it lies beside."""
        if each.before is not None:
            what = "changed" if each.after is not None else "taken away"
            help_ = (
                "what was signed stays: `policy withdraw` takes a word back, and `policy lift` one against a version"
            )
            yield _refused(each.path, f"was signed, and is {what}", help_)
            return
        data = self._data(each.after)
        try:
            model, version = self._read(each.path, data)
        except InvalidError as error:
            yield _refused(each.path, f"is no statement: {error}", "take it out of the change")
            return
        if about is not None and (model, version) != about and (model or version):
            help_ = "a statement lies beside the version that it is about"
            yield _refused(each.path, f"is about {model}@{version}, and lies beside {'@'.join(about)}", help_)

    def _read(self, path: str, data: bytes) -> tuple[str, str]:
        """The model and version that a statement, decision or standing is about; raises `InvalidError`."""
        name = posixpath.basename(path)
        if name.endswith(carried.DECISION):
            made, envelope = decision_of(proofs.read_decision_file(data).decision)
            keys = self.project.ledger.believed()
            if keys and not any(k.fits(envelope.message, s) for k in keys for _, s in envelope.signatures):
                raise InvalidError("the decision is not signed by a gate that is believed here")
            return made.model, made.version
        said = statements.read(path, data)
        if name.endswith(carried.STANDING):
            found = standing.read(said)
            return found.model, found.version
        if not name.startswith(said.digest.partition(":")[2][:16]):
            raise InvalidError("its name is that of another")
        return said.text("model"), said.text("version")

    # ------------------------------------------------------------ who is believed

    def _trusted(self, each: Changed) -> Iterator[Diagnostic]:
        """Is another trust file the one of the commit, gone on with."""
        kept = self.project.trust
        if kept is None:
            help_ = "whoever guards the branch begins it there, and pins its root"
            yield _refused(each.path, "begins a trust file, which nothing here can verify", help_)
            return
        try:
            found = chain.load(self._data(each.after), self.project.root, each.path)
        except LetpassError as error:
            yield _refused(
                each.path, f"is no trust file of this project: {error.diagnostics[0].message}", "`policy trust sign`"
            )
            return
        if [v.digest for v in found.versions[: len(kept.versions)]] != [v.digest for v in kept.versions]:
            help_ = "begin the change of it anew on the newest one"
            yield _refused(each.path, "does not go on from the trust file of the protected branch", help_)

    def _checkpoint(self, each: Changed) -> Iterator[Diagnostic]:
        """Is another kept checkpoint a later head of the same ledger."""
        help_ = f"`git checkout {self.commit.id[:12]} -- {each.path}` takes it out of the change"
        try:
            keys = self.project.ledger.believed()
            new = checkpoint_in(self.commit.top / each.path, keys)
            old = self.project.ledger.checkpoint(None)
            if old is not None and (new.origin, new.size) < (old.origin, old.size):
                raise InvalidError(f"it keeps {new.size} entries, and {old.size} were seen")
        except (LetpassError, InvalidError) as error:
            why = error.diagnostics[0].message if isinstance(error, LetpassError) else str(error)
            yield _refused(each.path, f"is no later head of the ledger: {why}", help_)

    # ------------------------------------------------------------ policies and settings

    def settings(self) -> Iterator[Diagnostic]:
        """Why another configuration, or another set of policies, may not come in; nothing where it may, or is the same."""
        now = configurations.load()
        kept = self.project.configuration
        name = FILE if now.source is None else now.source.name
        for setting in _SETTINGS:
            if getattr(now, setting) != getattr(kept, setting):
                help_ = "whoever guards the protected branch changes it there"
                yield _refused(name, f"changes `{setting}`, which says what the gate believes", help_)
        if not self.set_changed and now.deciding == kept.deciding:
            return
        changed_set = own_policies(now)
        if changed_set.digest == self.policies.digest:
            return
        if self.project.trust is None:
            yield from _untested(now)
            return
        beside = [found for p in now.policies for found in _signatures(signatures_of(now.path(p)))]
        signed = (*statements.readable(StatementFile(*found) for found in beside), *self.project.signed_sets())
        where = str(now.path(now.policies[0]))
        hold, _ = inforce.judge(self.project.trust, signed, changed_set.digest, self.now, where)
        if hold is not None:
            yield _refused(name if not self.set_changed else where, f"changes the policies: {hold.what}", hold.help)


def _signatures(folder: Path) -> Sequence[tuple[str, bytes]]:
    return carried.below(folder) if folder.is_dir() else ()


def _unmoved(past: Past | None, version: str, field: str, now: Any) -> str:
    """Why no move of the ledger made a state file say so; nothing where one did."""
    if past is None:
        return "no ledger is here that could know of a move"
    if field == "stage":
        there = next((s for s in past.stays if s.version == version and s.until is None), None)
        stage = there.stage if there is not None else Stage("")
        same = Stage(str(now or "")) == stage or (
            stage in {ARCHIVED, Stage("")} and Stage(str(now or "")) in {ARCHIVED, Stage("")}
        )
        return "" if same else f"the ledger has it in {f'`{stage}`' if stage else 'no stage'}"
    if field == "deployments":
        open_ = [s for s in history.services(past.steps) if s.version == version and s.until is None]
        decided = {(s.step.endpoint, s.step.environment): s.step.artifact for s in open_}
        listed = {(str(d.get("endpoint") or ""), str(d.get("environment") or "")): str(d.get("digest") or "")
                  for d in now or () if isinstance(d, dict)}  # fmt: skip
        same = listed.keys() == decided.keys() and all(
            not d or not decided[p] or decided[p] in past.names_of((d,)) for p, d in listed.items()
        )
        return "" if same else "the ledger has it served elsewhere, or other bytes"
    return "`policy observe` writes them where versions serve"


def _untested(found: Configuration) -> Iterator[Diagnostic]:
    """The cases of a project's policies that do not come out as expected."""
    paths = tuple(found.path(p) for p in found.policies)
    cases = finding.find(paths)
    for path in cases.files:
        tried = judging.try_out(reading.load(path, root=root_of(path.parent, paths)), judging.policy_of(path, paths))
        if not all(r.as_expected for r in tried.results) or tried.faults:
            yield _refused(str(path), "does not come out as it expects", "`policy test` shows which of them")


def _refused(path: str, what: str, help_: str) -> Diagnostic:
    return Diagnostic(REFUSED, f"`{path}` {what}", Span(Source(path, ""), 0, 0), help_)
