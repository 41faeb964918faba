"""`policy eval`: one expression on one model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from letpass.cli import options
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.evaluation.explanation import Explanation


@click.command("eval", short_help="Evaluate one expression on one model.")
@click.argument("expression", metavar="EXPR")
@click.argument("model", metavar="MODEL")
@click.option("-p", "--policy", "policies", multiple=True, metavar="PATH", help="Take the declarations of this file.")
@click.option("--champion", metavar="MODEL", help="The version that `champion` means; `none` when nobody.")
@click.option("--at", metavar="TIME", help="Evaluate as of this time (ISO 8601).")
def command(expression: str, model: str, policies: tuple[str, ...], champion: str | None, at: str | None) -> Exit:
    """Evaluate one expression on one model: a condition, or a value.

    Exit 0 where a condition holds, 1 where it does not, 3 where it is unknown; a value that is there is 0.

    \b
    Example:
      policy eval "accuracy >= 80%" examples/arrests/models/arrests/2.yaml
    """
    now, _ = options.clock(at)
    with options.diagnosed():
        from letpass.cli.commands.check import holder_of
        from letpass.cli.records import one_record
        from letpass.diagnostics import Source, clean
        from letpass.evaluation.input import Input
        from letpass.evaluation.values import evaluate
        from letpass.facts.record import Holder
        from letpass.facts.schema import VOCABULARY
        from letpass.move import promotion
        from letpass.project.configuration import load
        from letpass.project.policyset import typed_expression

        configuration = load()
        node = typed_expression(Source("<expression>", expression), policies, VOCABULARY)
        record = one_record(model, configuration)
        explained, value = evaluate(
            node,
            Input(
                record,
                promotion("any"),
                now,
                holder_of(champion, configuration) if champion is not None else Holder.UNASKED,
            ),
        )
    if value is not None:
        click.echo(clean(value))
        return Exit.DONE
    for line in _tree(explained):
        click.echo(clean(line))
    return {True: Exit.ALLOW, False: Exit.NO, None: Exit.UNDECIDED}[explained.truth]


def _tree(node: Explanation, depth: int = 0) -> list[str]:
    from letpass.language.truth import word

    seen = ", ".join(str(s) for s in node.seen)
    said = [seen] if seen else []
    said += [str(node.margin)] if node.margin else []
    said += [str(r) for r in node.why] if not node.parts else []
    said += [node.note] if node.note else []
    line = "  " * depth + f"{word(node.truth):8}{node.text}" + (f"  ({'; '.join(said)})" if said else "")
    return [line, *(inner for part in node.parts for inner in _tree(part, depth + 1))]
