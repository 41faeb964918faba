"""What rules read of the evidence, by name, and which of the things that a run is to measure no rule reads."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from letpass.diagnostics import nearest, offer
from letpass.language import typed
from letpass.language.rules import Policy
from letpass.language.typed import walk
from letpass.trust import begun
from letpass.trust.begun import Slot


def unread(policies: Iterable[Policy], slots: Iterable[Slot]) -> Iterator[str]:
    """Of each slot that no rule reads, that it is so, and what rules read that is called alike; a line each."""
    read, whole = set[Slot](), set[str]()
    for policy in policies:
        for node in (n for rule in policy.rules for c in (rule.test, rule.guard) if c is not None for n in walk(c)):
            match node:
                case typed.Measured(section="metrics"):
                    read.add(Slot(begun.METRICS, node.name, node.data_set or ""))
                case typed.SuitePassed():
                    read.add(Slot("suites", node.suite))
                case typed.ToolScanned():
                    read.add(Slot("scans", node.tool))
                case typed.RecordList():
                    whole.add(node.root)
                case _:
                    pass
    for slot in slots:
        if slot.section in whole or any(slot.covers(each) for each in read):
            continue
        own = {s for s in read if s.section == slot.section}
        elsewhere = sorted(s.data_set for s in own if s.name == slot.name)
        if elsewhere:
            known = "rules read it on " + " and ".join(f"`{data}`" for data in elsewhere)
        else:
            known = offer(nearest(slot.name, {s.name for s in own}), slot.section[:-1])
        yield f"no rule in force reads the {slot}" + (f"; {known}" if known else "")


def begin(model: str, slots: Iterable[Slot]) -> str:
    """The commands by which a service says that a run begins for all of these, one for each data set."""
    metrics: dict[tuple[str, str], list[str]] = {}
    others = list[str]()
    for slot in slots:
        if slot.section == begun.METRICS:
            metrics.setdefault((slot.data_set, slot.data_digest), []).append(slot.name)
        else:
            others += [f"--{slot.section[:-1]}", slot.name]
    commands = list[list[str]]()
    for (data_set, digest), names in metrics.items():
        on = [*(["--data-set", data_set] if data_set else []), *(["--data-digest", digest] if digest else [])]
        commands.append([word for name in names for word in ("--metric", name)] + on)
    if others or not commands:
        commands = [[*commands[0], *others], *commands[1:]] if commands else [others]
    return " and ".join(f"`policy evidence begin {shlex.join([model, *words])} --key KEY`" for words in commands)
