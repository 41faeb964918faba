"""`policy power`: what rules cost in cases."""

from __future__ import annotations

import click

from letpass.cli import options
from letpass.cli.exits import Exit


@click.command("power", short_help="Say what rules with a confidence cost in cases.")
@click.argument("policy", metavar="POLICY")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--at", metavar="TIME", help="Look as of this time (ISO 8601).")
def command(policy: str, models: tuple[str, ...], at: str | None) -> Exit:
    """Say of each rule with a confidence, or against the champion, how often an equal model passes and how many cases it takes.

    The first MODEL is the champion, whose cases are counted; others are compared with it.  Exit 0.

    \b
    Example:
      policy power examples/arrests/policies examples/arrests/models/arrests/1.yaml
    """
    now, _ = options.clock(at)
    with options.diagnosed():
        from letpass.authoring.price.asked import priced
        from letpass.authoring.price.told import lines
        from letpass.cli.records import one_record
        from letpass.diagnostics import clean
        from letpass.project.configuration import load

        configuration = load()
        policies = options.load_policies((policy,), configuration)
        records = tuple(one_record(model, configuration) for model in models)
        told = [(of.rule.id, of.text, tuple(lines(of, records, now))) for of in priced(policies)]
    if not told:
        click.echo("no rule has a confidence, or compares a share with the champion's")
    for rule, text, said in told:
        click.echo(clean(f"{rule}  {text}"))
        for line in said:
            click.echo(clean(f"  {line}"))
    return Exit.DONE
