"""`policy ungate`: sign a stage off that was gated before."""

from __future__ import annotations

import click

from letpass.cli import options, words
from letpass.cli.exits import Exit


@click.command("ungate", short_help="Sign a stage off that was gated before.")
@click.argument("stage", metavar="STAGE|registration")
@click.option("--prompts", is_flag=True, help="For prompts; what is gated for models stays so.")
@words.spoken
def command(stage: str, prompts: bool, by: words.By) -> Exit:
    """Say that STAGE, or the registration of versions, needs no decision any more.

    A stage that was gated once stays gated although no policy names it any more, until the threshold of `policy-owner` has
    said this.  What policies, `protected` or `[aliases]` name is taken out there first.  Without a trust file it is logged
    with its reason.

    \b
    Example:
      policy ungate staging --reason "tests run before registration now" --key ~/.ssh/id_ed25519
    """
    with options.diagnosed():
        from letpass.canonical import digest
        from letpass.diagnostics import StatementError
        from letpass.gate import gated
        from letpass.move import PROMPTS, Target
        from letpass.project.configuration import load
        from letpass.project.project import Project
        from letpass.trust.kinds import UNGATE

        project = Project(load())
        versions = PROMPTS if prompts else ""
        target = (
            Target(kind=stage, versions=versions)
            if stage in {"registration", "deployment", "review"}
            else Target(project.configuration.stage(stage), versions=versions)
        )
        gates = gated.gates(project, options.load_policies((), project.configuration))
        why = gates.get(target)
        if why is None:
            known = ", ".join(str(t.stage or t.kind) for t in gates if t.versions == versions) or "none"
            whose = " for prompts" if prompts else ""
            raise StatementError.of("GATE413", f"`{stage}` is not gated{whose}", help=f"gated{whose} are {known}")
        if not why.startswith("the ledger"):
            raise StatementError.of(
                "GATE413",
                f"`{stage}` is gated by {why}",
                help="take it out there, and let the owners sign the policies, first",
            )
        said = {"target": target.as_json()}
        return words.owned(project, UNGATE, f"{target}", digest(said), said, None, by)
