"""A review in shards: writing one shard's file, and merging all of them to one report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from letpass.cli import options, reviewing, sharding, terminal
from letpass.cli.commands import reconcile

if TYPE_CHECKING:
    from letpass.cli.exits import Exit
    from letpass.cli.reporting import Reporting
    from letpass.facts.record import Record
    from letpass.registries.shards import Order

_KEYS = ("decisions", "unread", "unjudged", "differences")
_OF_A_RUN = ("apply_", "log", "actor", "beside")
"""What asks for more than a look, or brings what no other shard has, by the parameters of the command."""


def part(shard: str, at: str | None, models: Sequence[str], *, quiet: bool) -> Exit:
    """Review the models of a shard, and write what was found: nothing is logged, archived or left beside a version."""
    from letpass.facts.record import Record
    from letpass.gate import gated
    from letpass.gate.sweep import Sweep
    from letpass.lifecycle import listing
    from letpass.lifecycle.shards import header, parts
    from letpass.move import REVIEW
    from letpass.project.configuration import load
    from letpass.project.project import Project

    asked = sharding.part(shard, at, models, ("outputs", "ci", "folder"), _OF_A_RUN)
    configuration = load()
    policies = options.load_policies((), configuration)
    sharding.spare(asked.path, configuration, policies)
    project = Project(configuration)
    reviewing.governed(policies)
    reconcile.own_clock(project, at)
    begun = header.of(project, policies, "review", asked.shard, asked.now)
    sweep = Sweep(project, policies, REVIEW, asked.now, as_of=True)
    serves, texts = reviewing.looked_at(project, policies), parts.Texts()
    prompts = gated.of_prompts(project, policies)
    said: dict[str, list[dict[str, Any]]] = {key: [] for key in _KEYS}
    serving: list[tuple[Order, Record]] = []
    for place, one in reviewing.bar(listing.of_shard(project, asked.shard, prompts=prompts), "reading", quiet=quiet):
        if not isinstance(one, Record):
            said["unread"].append(parts.of_fault(place, one, texts))
        elif serves(one):
            serving.append((place, one))
    for place, record in reviewing.bar(serving, "judging", quiet=quiet):
        made = reviewing.judged(sweep, record, explained=True)
        if made.case is None or made.decision is None:
            said["unjudged"] += [parts.of_fault(place, fault, texts) for fault in made.faults]
        else:
            said["decisions"].append(parts.of_decision(place, made.decision, made.case.inputs, texts))
    differing = reviewing.differing(project, policies, (), at, asked.shard)
    said["differences"] = [parts.of_difference(each) for each in differing]
    header.unmoved(begun, project)
    if not quiet:
        reconcile.tell_passed_over(project, policies)
    counts = {key: len(found) for key, found in said.items()}
    return sharding.write(begun, counts, {**said, "texts": texts.all}, asked.path, quiet=quiet)


def merged(names: Sequence[str], shown: Reporting) -> Exit:
    """Report what all shards of a review have found, as a review of the whole does: it reads their files and nothing else."""
    from letpass.evaluation.decision import Verdict
    from letpass.lifecycle.shards import reading, together
    from letpass.reports.interface import Report

    sharding.whole(names, (*_OF_A_RUN, "artifact"))
    shown.spare_judged(names)
    found = together.read("review", names)
    reading.holding(found, *_KEYS)
    judged = reading.decisions(found)
    faults = [*reading.faults(found, "unread"), *reading.faults(found, "unjudged")]
    differing = reading.all_differences(found)
    decisions = [each.decision for each in judged]
    inputs = tuple(each.inputs for each in judged) if shown.wants_inputs else ()
    report = Report(tuple(decisions), inputs, tuple(faults))
    due = [d for d in decisions if d.verdict is Verdict.DENY]
    if decisions or faults:
        shown.show(report, serve=False)
        reviewing.named(due, len(decisions), shown)
    elif not shown.quiet:
        click.echo("no version is deployed or holds a gated stage")
    if shown.quiet:
        terminal.tell(faults)
    else:
        reviewing.tell_differing(differing)
        reviewing.tell_due(due, as_of=True)
    code = reviewing.exit_of(decisions, faults, differing)
    if decisions or faults:
        shown.serve(report, code)
    return code
