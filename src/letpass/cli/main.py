"""The commands, in the groups that `--help` shows; each is imported when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

import letpass
from letpass.cli import variables
from letpass.cli.exits import Exit

if TYPE_CHECKING:
    from letpass.events import watch

GROUPS: dict[str, dict[str, str]] = {
    "Decide": {
        "check": "Judge models by the policies that govern a move.",
        "eval": "Evaluate one expression on one model.",
        "replay": "Decide again from a stored decision, compare, and show it.",
        "verify": "Verify that a move was allowed, of which bytes, and that it holds.",
    },
    "People": {
        "request": "Ask people to sign one move of one version.",
        "sign": "Sign a request, or a policy set.",
        "reject": "Object to a version, before a move or after it.",
        "withdraw": "Take back a sign-off, an objection or a waiver of your own.",
        "pending": "List the requests that wait for sign-offs, and who objects.",
        "waive": "Sign a leave to miss one rule for a time.",
        "trust": "Say who may sign what.",
    },
    "Owners of the policies": {
        "lift": "Lift what stands against a version.",
        "revoke": "Call a version unfit.",
        "adopt": "Take in who holds a stage without a decision.",
        "ungate": "Sign a stage off that was gated before.",
    },
    "Registry": {
        "register": "Take a new version into the registry, if its policies allow it.",
        "promote": "Move a version into a stage, if its policies allow it.",
        "deploy": "Record that an endpoint serves a version, if its policies allow it.",
        "observe": "Record how a version behaves in production.",
        "review": "Judge the versions that serve, and archive those that are due.",
        "renew": "Decide anew about a version that is where it is.",
        "standing": "Leave fresh standings beside versions whose proofs nothing has ended.",
        "retire": "Archive a version.",
        "reconcile": "Compare the registry with the ledger, both ways.",
        "show": "Show what the registry knows of a model, or of one version.",
        "history": "Show who was in which stage when, who let it, and what was refused.",
        "runs": "List earlier runs of training, and how they ended.",
        "doctor": "Ask whether the gate is really in the way.",
    },
    "Evidence and log": {
        "evidence": "Put what tools found beside a version.",
        "attest": "Sign what a tool found, as evidence about one artifact.",
        "ledger": "Read, verify and witness the audit log.",
        "events": "Tell webhooks and commands what was logged.",
    },
    "Author": {
        "init": "Begin a project: a configuration, a first policy, its cases.",
        "lint": "Check policies, with warnings.",
        "power": "Say what rules with a confidence cost in cases.",
        "test": "Judge the cases beside the policies, and compare.",
        "fmt": "Lay policies out in the one way.",
        "explain": "Explain a code such as GATE201, or what a rule means.",
        "schema": "Print the JSON Schema of a document.",
    },
}
HELP = ("-h", "--help")
_COMMANDS = {name: help_ for commands in GROUPS.values() for name, help_ in commands.items()}


class Commands(click.Group):
    """A group whose commands are imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"letpass.cli.commands.{cmd_name if cmd_name != 'eval' else 'evaluate'}")
        command: click.Command = module.command
        return _prepared(command) if ctx.resilient_parsing else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in _COMMANDS:
            from letpass.diagnostics import nearest

            near = nearest(name, _COMMANDS)
            ctx.fail(f"there is no command `{name}`" + (f"; one like it: `{near[0]}`" if near else ""))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # click would leave with 1, which says that the answer is no
            return Exit.UNREACHABLE

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # short helps come from the table, so that `--help` imports no command
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        return list(self._complete(ctx, incomplete))

    def _complete(self, ctx: click.Context, incomplete: str) -> Iterator[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        yield from (
            CompletionItem(name, help=help_) for name, help_ in _COMMANDS.items() if name.startswith(incomplete)
        )
        yield from click.Command.shell_complete(self, ctx, incomplete)


def _prepared(command: click.Command) -> click.Command:
    from letpass.cli import completion

    return completion.prepared(command)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": list(HELP), "max_content_width": 100},
    epilog="Exit codes: 0 allow, 1 deny, 2 usage or policy error, 3 undecided, 4 could not evaluate, 70 defect.",
)
@click.version_option(letpass.__version__, prog_name="letpass")
def cli() -> None:
    """Gates for machine-learning models: no model moves unless its policy allows it.

    \b
    Example:
      policy check examples/arrests/models/arrests/3.yaml --to production
    """


def run(arguments: list[str]) -> int:
    """Run one command; the exit code that it gives back at its end.

    Help and the version are 0 where they are the only word behind the command, else 2.  Usage errors are 2, an interrupt
    is 130.  Raises RuntimeError or ValueError where a command comes to its end and gives back none of the exit codes.
    With LETPASS_LOG set, a line for each decision is on standard error when the command has ended.
    """
    if not (form := os.environ.get("LETPASS_LOG")):
        return _ran(arguments)
    from letpass.diagnostics import InvalidError
    from letpass.events import watch

    try:
        watch.written(form)
    except InvalidError as error:
        click.echo(f"error: {error}", err=True)
        return Exit.USAGE
    try:
        with watch.call(f"policy {arguments[0]}" if arguments[:1] and arguments[0] in _COMMANDS else "policy") as call:
            call.code = Exit.DEFECT  # until it has ended
            try:
                call.code = _ran(arguments)
            except KeyboardInterrupt:
                call.code = Exit.INTERRUPTED
                raise
            finally:
                if call.became is not None:
                    call.became = _became(call.code)
            return call.code
    finally:
        watch.written("")


def _became(code: int) -> watch.Became | None:
    """What became of a command that was to decide, and did not."""
    from letpass.events.watch import Became

    return {Exit.DONE: None, Exit.NO: Became.REFUSED, Exit.UNDECIDED: Became.UNDECIDED}.get(Exit(code), Became.ERROR)


def _ran(arguments: list[str]) -> int:
    for line in variables.ignored(arguments):
        click.echo(line, err=True)
    variable = f"_{_name().upper()}_COMPLETE"
    if not arguments and (asked := os.environ.get(variable)):
        return _completed(variable, asked)
    try:
        # click would complete beside other words too, and leave with 0; no variable has an empty name
        ended = cli.main(args=arguments, obj=arguments, prog_name=_name(), complete_var="", standalone_mode=False)
    except click.ClickException as error:
        _show(error)
        return Exit.USAGE
    except click.Abort:
        return Exit.INTERRUPTED
    except SystemExit as stop:
        if stop.code == 1:  # click leaves so where whoever read the output has gone
            return Exit.UNREACHABLE
        raise
    if isinstance(ended, Exit):
        return ended
    if type(ended) is not int:
        raise RuntimeError(f"a command ended with {ended!r}, which is no exit code")
    if ended:
        return Exit(ended)
    # click itself leaves with this 0, behind help and the version
    if _alone(arguments):
        return Exit.DONE
    click.echo("error: beside other words help and the version are no answer: nothing was done", err=True)
    return Exit.USAGE


def _alone(words: list[str]) -> bool:
    """Is the word that asks for help or the version the only one behind the names of commands."""
    if not words or words[-1] not in HELP:
        return words == ["--version"]
    command: click.Command | None = cli
    for name in words[:-1]:
        command = command.get_command(click.Context(command), name) if isinstance(command, click.Group) else None
    return command is not None


def _completed(variable: str, asked: str) -> Exit:
    """Complete what was typed, or print what makes a shell ask for that; a shell calls without any word."""
    from letpass.cli import shells

    if shells.answer(cli, _name(), variable, asked):
        return Exit.DONE
    click.echo(f"error: `{variable}` is bash_source, zsh_source or fish_source", err=True)
    return Exit.USAGE


def _show(error: click.ClickException) -> None:
    """Write a usage error: a file's name may stand in it, and be anybody's."""
    from contextlib import redirect_stderr
    from io import StringIO

    from letpass.diagnostics import clean

    with redirect_stderr(StringIO()) as written:
        error.show()
    click.echo("\n".join([clean(line) for line in written.getvalue().rstrip("\n").split("\n")]), err=True)


def _name() -> str:
    name = sys.argv[0].replace("\\", "/").rpartition("/")[2]
    return name if name in {"policy", "letpass"} else "policy"
