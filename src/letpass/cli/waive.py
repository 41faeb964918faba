"""`policy waive`: leave to miss one rule for a time, signed."""

from __future__ import annotations

import click

from letpass.cli import options, people
from letpass.cli.exits import Exit


@click.command("waive", short_help="Sign a leave to miss one rule for a time.")
@click.argument("rule", metavar="POLICY/LABEL")
@click.argument("model", metavar="MODEL")
@options.policies_option
@click.option("--until", metavar="DATE", required=True, help="The last moment of the leave (ISO 8601).")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for everybody to read.")
@options.artifact_option
@people.key_option
@people.yes_option
@click.option("--into", metavar="FOLDER", help="Where to write the waiver; else beside the record.")
def command(
    rule: str, model: str, policies: tuple[str, ...], until: str, reason: str, artifact: str | None, key: str | None,
    yes: bool, into: str | None,
) -> Exit:  # fmt: skip
    """Waive one rule for one version until a date, as far as the rule's `waivable` clause allows.

    The waiver binds the artifact and the rule's text.  The rule is still judged, and every report shows what it would be.

    \b
    Example:
      policy waive gate/good models/fraud/3.yaml --until "$(date -u -d '+10 days' +%F)" --reason "…" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from pathlib import Path

        from letpass import asking
        from letpass.canonical import digest_bytes
        from letpass.cli.check import one_record
        from letpass.configuration import load
        from letpass.diagnostics import StatementError, nearest, offer

        configuration = load()
        desk, trust = people.trusted(configuration)
        loaded = options.load_policies(policies, configuration)
        rules = {r.id: r for p in loaded.policies for r in p.rules if r.label}
        if rule not in rules:
            raise StatementError.of(
                "GATE501", f"there is no rule `{rule}`", help=offer(nearest(rule, rules)) or "write POLICY/LABEL"
            )
        if not reason.strip():
            raise click.UsageError("a waiver needs a reason")
        end = _end(until)
        record = one_record(model, configuration)
        digest = desk.artifact_of(record, Path(artifact) if artifact else None, "a waiver")
        waivable = rules[rule].waivable
        who, ssh, file = people.signer(trust, key, waivable.role if waivable else "")
        payload = asking.waiver(trust, rules[rule], record, digest, who, end, people.now(), reason)
        path = people.put(desk, record, digest_bytes(payload), people.sign(payload, ssh, file, yes=yes), into)
    people.written(path)
    return Exit.DONE


def _end(until: str) -> int:
    """The moment in microseconds, to the second; a usage error for what is none."""
    from letpass.facts.values import date

    found = date(until)
    if not isinstance(found, int):
        raise click.BadParameter(f"`{until}` is {found.why}", param_hint="--until")
    return found - found % 1_000_000
