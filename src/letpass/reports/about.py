"""Facts about a decision, one a line: author, data, risk and artifact of the version, and where the ledger has the decision."""

from __future__ import annotations

from collections.abc import Iterator

from letpass.evaluation.about import KIND, Said
from letpass.evaluation.decision import Decision
from letpass.frozen import Frozen
from letpass.reports.interface import Entry
from letpass.reports.words import vouched

_NAMES = {"author": "Author", "risk": "Risk", "artifact": "Artifact", "commit": "Code"}
_DIGESTS = frozenset({"artifact", "commit"})
LACKING = "not recorded"


class Fact(Frozen):
    """One of them: in words, and by a digest; code: the words are a name that people copy · note: who vouches for it, or what
    else is told of it.
    """

    name: str
    value: str = ""
    digest: str = ""
    code: bool = False
    note: str = ""


def facts(decision: Decision) -> Iterator[Fact]:
    """What the record says of the version, what it does not say among it."""
    about = decision.about
    known = dict(about.facts)
    if KIND[0] in known:
        yield _fact("Kind", known[KIND[0]], digest=False)
    for name, title in _NAMES.items():
        said = known.get(name)
        yield _fact(title, said, digest=name in _DIGESTS) if said is not None else Fact(title, LACKING)
        if name == "commit" and about.commit_author:
            yield Fact("Author of the commit", about.commit_author, note="as the repository says")
    for data in about.data:
        yield Fact("Data", f"{data.name} {data.version}".strip(), data.digest, note=vouched(data.trust))
    if about.left_out:
        yield Fact("Data", f"and {about.left_out} more")
    if not about.data:
        yield Fact("Data", LACKING)


def kept(entry: Entry | None) -> Iterator[Fact]:
    """Where the decision is kept, as whoever reports it says: its entry in the ledger, who signed that, and the log's head.

    Nothing where nobody says it: a file alone does not know.
    """
    if entry is None:
        return
    if entry.index is None:
        yield Fact("Ledger", "this decision was not logged")
    else:
        yield Fact("Ledger", f"entry {entry.index}")
        yield Fact("Signed by the gate", entry.key, code=True)
    if entry.root:
        count = f"{entry.size} {'entry' if entry.size == 1 else 'entries'}"
        yield Fact("Head of the log", entry.root, code=True, note=count)


def _fact(title: str, said: Said, *, digest: bool) -> Fact:
    if said.why:
        return Fact(title, f"cannot be read: {said.value} is {said.why}", note=vouched(said.trust))
    value, found = ("", said.value) if digest else (said.value, "")
    return Fact(title, value, found, note=vouched(said.trust))
