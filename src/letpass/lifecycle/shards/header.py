"""What a shard is of: the command, the part of the models, the clock, and all that it judged by.

Shards make one report only where they agree in everything but the part.
"""

from __future__ import annotations

from letpass import __version__
from letpass.canonical import digest_bytes
from letpass.diagnostics import UnreachableError
from letpass.frozen import Frozen
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries.shards import Shard
from letpass.trust import strict


class Header(Frozen):
    """What a shard is of.

    at: the clock that all shards of a run share, in microseconds · registry: its identity and workspace, or its address where it
    has no identity · policies: the digest of the policies and of the configuration that decides, nothing where the project has no
    policies · trust: of the trust file, nothing where there is none · commit: by which was judged, nothing for what was checked
    out · size, root: the head of the ledger · engine: the version of the program.
    """

    command: str
    shard: Shard
    at: int
    registry: str
    policies: str
    trust: str
    commit: str
    size: int
    root: str
    engine: str = __version__


def of(project: Project, policies: PolicySet | None, command: str, shard: Shard, at: int) -> Header:
    """The header of a shard that is made now; raises `UnreachableError` where the ledger is out of reach, or is not what it was."""
    project.not_lost()
    size, root = _head(project)
    return Header(
        command, shard, at, project.names.scope or project.names.address, policies.digest if policies is not None else "",
        digest_bytes(project.text) if project.text is not None else "", project.configuration.commit, size, root,
    )  # fmt: skip


def unmoved(header: Header, project: Project) -> None:
    """Raise `UnreachableError` where the ledger has grown since a shard was begun: what was read is of no one state."""
    size, root = _head(project)
    if (size, root) != (header.size, header.root):
        what = f"the ledger has grown from {header.size} to {size} entries while shard {header.shard} was made"
        help_ = "make it again, and those that were made before; where moves go on, let all shards read one copy of the ledger"
        raise UnreachableError.of("GATE431", what, project.ledger.name, help_)


def _head(project: Project) -> tuple[int, str]:
    """How many entries the ledger has, and the root over them; nothing of one that was not begun."""
    ledger = project.ledger.reader()
    if ledger is None or not ledger.size():
        return 0, ""
    head = ledger.checkpoint()
    return head.size, strict.base64_of(head.root)
