"""The project's files as a commit has them, so that a change under judgement cannot bring the policies or the trust file itself.

    name ─▶ commit ─▶ policy.toml ─▶ the policies, trust file, checkpoint and registry that it names ─▶ a folder for a while

Everything keeps the name that it has in the repository; `Configuration.at` says where it is read.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from letpass import disk
from letpass.diagnostics import CommitError
from letpass.project.configuration import FILE, Configuration, load_of_commit
from letpass.project.git import asking, names, objects
from letpass.project.git.objects import Entry
from letpass.registries import place

LARGEST = 16 << 20
"""Bytes of a file that are written out: as many as anything here reads of one.  A larger one is as large, and empty."""
NOWHERE = "/dev/null/leads-out-of-the-commit"
_DEEPEST = 20  # links that lead to links


class Commit:
    """A commit by whose files is judged.  `name`: as it was given · `top`: the repository's · `folder`: where its files are for a while."""

    def __init__(self, name: str, id_: str, top: Path, folder: Path) -> None:
        self.name, self.id, self.top, self.folder = name, id_, top, folder
        self._written: set[str] = set()

    @property
    def words(self) -> str:
        """The commit in a few words."""
        itself = ", which is checked out itself" if names.is_checked_out(self.id, self.top) else ""
        return f"{self.id[:12]} ({self.name}){itself}"

    def inside(self, path: str | Path) -> str | None:
        """A path of the working directory as the commit names it, None where it leads out of the repository."""
        below = os.path.relpath(os.path.abspath(path), self.top)  # noqa: PTH100 - `..` is taken out by name
        if below.partition(os.sep)[0] != os.pardir:
            return "" if below == os.curdir else Path(below).as_posix()
        if Path(path).resolve().is_relative_to(self.top):
            raise CommitError.of(
                "GATE015",
                f"`{path}` leads into the working tree by another way",
                help="name it from the repository's top",
            )
        return None

    def write(self, paths: list[str], *, links: bool) -> None:
        """Write out what the commit has at some paths and below them.

        links: a link whose file the commit does not have is left as one that leads nowhere, which whoever reads that
        folder refuses; else it is refused here.  Raises `CommitError`, also for a submodule, whose files are not the commit's.
        """
        missing = [p for p in dict.fromkeys(paths) if p not in self._written]
        self._written |= set(missing)
        parents = sorted({str(up) for p in missing for up in PurePosixPath(p).parents if str(up) != "."})
        found = objects.entries(self.id, parents, self.top, deep=False)
        above = [e for e in found if e.path in parents and not e.is_folder]
        found = objects.entries(self.id, missing, self.top)
        for entry in (*above, *found):
            if not entry.is_file and not entry.is_link:
                raise self._not_ours(entry, "a submodule, whose files are another repository's")
        if above:
            raise self._not_ours(above[0], "no folder, and one is looked for there")
        files = {e.path: e for e in found if not os.path.lexists(self.folder / e.path)}
        ends = {e.path: self._end(e) for e in files.values()}
        for path, end in ends.items():
            if end is None and (not links or path in missing):
                raise self._not_ours(files[path], "a link to what is no file of the commit")
        kept = [(path, end) for path, end in ends.items() if end is not None]
        bodies = objects.blobs([end.id for _, end in kept], LARGEST, self.top)
        for (path, _), (size, data) in zip(kept, bodies, strict=True):
            self._put(path, size, data)
        for path in (p for p, end in ends.items() if end is None):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).symlink_to(NOWHERE)

    def _not_ours(self, entry: Entry, what: str) -> Exception:
        return CommitError.of(
            "GATE015",
            f"`{entry.path}` of commit {self.words} is {what}",
            help="policies and the trust file are files of the project",
        )

    def _put(self, path: str, size: int, data: bytes | None) -> None:
        target = self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                file.write(data) if data is not None else file.truncate(size)
        except OSError as error:
            why = disk.reason(error)
            raise CommitError.of(
                "GATE015", f"cannot write `{path}` of commit {self.words} for a while: {why}", help="free some space"
            ) from None

    def _end(self, entry: Entry) -> Entry | None:
        """The file that an entry is or leads to by links of the commit, None where there is none."""
        for _ in range(_DEEPEST):
            if entry.is_file:
                return entry
            ((_, data),) = objects.blobs([entry.id], 4096, self.top)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), os.fsdecode(data or b"")))
            if not data or path.startswith("/") or path.partition("/")[0] == "..":
                return None
            at = [e for e in objects.entries(self.id, [path], self.top) if e.path == path]
            if not at or not (at[0].is_file or at[0].is_link):
                return None
            entry = at[0]
        return None


@contextmanager
def opened(name: str, policies: tuple[str, ...] = ()) -> Iterator[tuple[Commit, Configuration]]:
    """The project as a commit has it, until the end of the block.

    policies: those that were named instead of the configuration's; they are the commit's too.  Raises `CommitError`.
    """
    top = Path(os.fsdecode(asking.answer("rev-parse", "--show-toplevel")).removesuffix("\n"))
    id_ = names.commit(name, top)
    with tempfile.TemporaryDirectory(prefix="letpass-") as folder:
        commit = Commit(name, id_, top, Path(folder).resolve())
        yield commit, _project(commit, policies)


def _project(commit: Commit, policies: tuple[str, ...]) -> Configuration:
    """The configuration, with all that it names written out."""
    here = Path.cwd()
    folders = [commit.inside(f) for f in (here, *here.parents) if f.is_relative_to(commit.top)]
    marks = [posixpath.join(f or "", name) for f in folders for name in (FILE, "pyproject.toml")]
    named = os.environ.get("LETPASS_CONFIG")
    commit.write([*marks, *filter(None, [commit.inside(named) if named else None])], links=False)
    configuration = load_of_commit(commit.top, commit.folder, commit.id)
    for path in policies:
        if commit.inside(path) is None:
            raise CommitError.of(
                "GATE015",
                f"`{path}` lies outside of the repository, so no commit has it",
                help="name a path of the project",
            )
    named_ = [str(configuration.path(p)) for p in configuration.policies]
    kept = configuration.path(configuration.checkpoint)
    beside = (configuration.path(configuration.trust_file), kept, kept.with_suffix(".witnessed"))
    wanted = [*policies, *named_, *map(str, beside)]
    commit.write([found for p in wanted if (found := commit.inside(p)) is not None], links=False)
    if not place.is_address(configuration.registry):
        registry = commit.inside(configuration.path(configuration.registry))
        commit.write([registry] if registry is not None else [], links=True)
    _not_brought(commit, configuration)
    return configuration


def _not_brought(commit: Commit, configuration: Configuration) -> None:
    """Raise `CommitError` where the ledger, the gate's key or MLflow's store is a file that the change may have brought."""
    _no_store(commit, configuration)
    own = commit.inside(configuration.path(".letpass"))
    if own is not None and (brought := objects.tracked([own], commit.top)):
        raise _brought(min(brought), "keep `.letpass/` out of git: what the gate keeps for itself lies there")
    wanted = [("LETPASS_LEDGER", configuration.ledger), ("LETPASS_GATE_KEY", ".letpass/gate.key")]
    for variable, name in wanted:
        if os.environ.get(variable) or place.is_address(name):
            continue
        path = configuration.path(name)
        ways = [commit.inside(path)]
        if path.resolve().is_relative_to(commit.top):
            ways.append(path.resolve().relative_to(commit.top).as_posix())
        # what a database reads beside its file is believed like the file
        beside = [f"{way}{end}" for way in ways if way for end in ("", "-wal", "-shm", "-journal")]
        every = {str(p) for way in beside for p in (PurePosixPath(way), *PurePosixPath(way).parents) if str(p) != "."}
        if every and (brought := objects.tracked(sorted(every), commit.top)):
            raise _brought(min(brought), f"keep it out of git, and name the gate's own with {variable}")


def _brought(path: str, help_: str) -> CommitError:
    what = f"`{path}` came with the commit that is checked out, and the gate would believe it"
    return CommitError.of("GATE015", what, help=help_)


def _no_store(commit: Commit, configuration: Configuration) -> None:
    """Raise `CommitError` where the registry is a database or folder of MLflow that git tracks: it says who holds what."""
    local = place.local_store(configuration.registry)
    for path in () if local is None else dict.fromkeys((configuration.path(str(local)), local)):
        ways = [commit.inside(path)]
        if path.resolve().is_relative_to(commit.top):
            ways.append(path.resolve().relative_to(commit.top).as_posix())
        for way in dict.fromkeys(w for w in ways if w):
            for end in ("", "-wal", "-shm", "-journal"):
                above = [str(p) for p in PurePosixPath(way).parents if str(p) != "."]
                links = objects.tracked(above, commit.top) if above else set()
                if found := next(iter(sorted(links)), "") or objects.any_tracked(f"{way}{end}", commit.top):
                    raise _brought(
                        found, "keep it out of git, or name MLflow's server as the registry: `mlflow+https://…`"
                    )
