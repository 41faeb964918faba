"""`policy waive`: leave to miss one rule for a time, signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from letpass.cli import moving, options, people, showing
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.language.rules import Rule
    from letpass.project.policyset import PolicySet


@click.command("waive", short_help="Sign a leave to miss one rule for a time.")
@click.argument("rule", metavar="POLICY/LABEL")
@click.argument("model", metavar="MODEL")
@moving.policies_option
@click.option(
    "--to", "stage", metavar="STAGE", help="Waive it for the promotion to this stage, and the way back there."
)
@click.option("--rollback", is_flag=True, help="With --to: the move is a rollback.")
@click.option(
    "--on", "on", type=click.Choice(["registration", "deployment", "review"]), help="Waive it for another move."
)
@click.option("--until", metavar="DATE", required=True, help="The last moment of the leave (ISO 8601).")
@click.option(
    "--up-to",
    metavar="VALUE",
    help="The worst value that you accept, as policies write it (`6 points`); else the one that is seen now.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@options.statements_option
@options.artifact_option
@showing.output_option
@people.key_option
@people.yes_option
@click.option("--into", metavar="FOLDER", help="Where to write the waiver; else beside the record.")
def command(
    rule: str, model: str, stage: str | None, rollback: bool, on: str | None, until: str, up_to: str | None, reason: str,
    beside: tuple[str, ...], artifact: str | None, outputs: tuple[str, ...], key: str | None, yes: bool,
    into: str | None,
) -> Exit:  # fmt: skip
    """Waive what one rule misses now, for one move of one version until a date, as far as the rule's `waivable` clause
    allows.

    The waiver binds the artifact, the move, the rule with all that it uses, and each condition that the rule misses with
    what is seen there: when one is worse, or another one is missed, it covers the rule no more.  The rule is still judged,
    and every report shows what it would be.  Without --to and --on the move is the only one that the policy governs.

    \b
    Example:
      policy waive gate/good models/fraud/3.yaml --until "$(date -u -d '+10 days' +%F)" --reason "…" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.canonical import digest_bytes
        from letpass.cli.commands.check import move_of
        from letpass.cli.records import one_record
        from letpass.diagnostics import StatementError
        from letpass.evaluation.decision import governing
        from letpass.frozen import replace
        from letpass.gate import case as cases
        from letpass.lifecycle import issuing
        from letpass.project.configuration import load

        configuration = load()
        project, trust = people.trusted(configuration, (), [Path(p) for p in beside])
        loaded = options.load_policies((), configuration)
        asked = _rule(rule, loaded)
        own = replace(loaded, policies=tuple(p for p in loaded.policies if p.name == asked.policy))
        move = move_of(configuration.stage(stage) if stage is not None else None, on, own, rollback=rollback)
        if not reason.strip():
            raise click.UsageError("a waiver needs a reason")
        end = _end(until)
        record = one_record(model, configuration)
        at_hand = Path(artifact) if artifact else None
        digest = project.artifacts.digest(record, at_hand, "a waiver")
        who, ssh, file = people.signer(trust, key, asked.waivable.role if asked.waivable else "")
        case = cases.opened(project, loaded, record, move, people.now(), at_hand)
        result = next((r for r in case.decision.rules if r.rule.id == rule), None)
        if result is None:
            governs = any(p.name == asked.policy for p in governing(loaded.policies, case.move))
            why = f"is not for `{record.name}`" if governs else f"does not govern {case.move}"
            moves = ", ".join(str(m) for p in own.policies for m in p.moves)
            what = f"the rule `{rule}` is not asked: its policy {why}"
            raise StatementError.of("GATE501", what, help="" if governs else f"it governs {moves}")
        payload = issuing.waiver(trust, case, result, digest, who, end, reason, up_to)
        showing.so_far(case, outputs, signer=who, about=rule)
        path = people.put(project, record, digest_bytes(payload), people.sign(payload, ssh, file, yes=yes), into)
    people.written(path)
    return Exit.DONE


def _rule(name: str, loaded: PolicySet) -> Rule:
    """The rule that POLICY/LABEL names; raises `StatementError` where there is none."""
    from letpass.diagnostics import StatementError, nearest, offer

    rules = {r.id: r for p in loaded.policies for r in p.rules if r.label}
    if name not in rules:
        help_ = offer(nearest(name, rules)) or "write POLICY/LABEL"
        raise StatementError.of("GATE501", f"there is no rule `{name}`", help=help_)
    return rules[name]


def _end(until: str) -> int:
    """The moment in microseconds, to the second; a usage error for what is none."""
    from letpass.facts.values import date

    found = date(until)
    if not isinstance(found, int):
        raise click.BadParameter(f"`{until}` is {found.why}", param_hint="--until")
    return found - found % 1_000_000
