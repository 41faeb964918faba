"""`policy schema`: the JSON Schema of a document."""

from __future__ import annotations

import json

import click

from letpass.cli.exits import Exit

DOCUMENTS = ("record", "decision")


@click.command("schema", short_help="Print the JSON Schema of a document.")
@click.argument("document", type=click.Choice(DOCUMENTS))
def command(document: str) -> Exit:
    """Print the JSON Schema of a document: a model version's record, or a decision.

    \b
    Example:
      policy schema record
    """
    if document == "record":
        from letpass.facts.jsonschema import record_schema as schema
    else:
        from letpass.evaluation.jsonschema import decision_schema as schema
    click.echo(json.dumps(schema(), indent=2, ensure_ascii=False))
    return Exit.DONE
