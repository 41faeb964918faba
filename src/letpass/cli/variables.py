"""The variables of the environment that say something here: all of them, by name.

None sets what a command judges, or by what; those of the platform say where its owner keeps what everybody is judged by.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

PLATFORM = ("LETPASS_CONFIG", "LETPASS_TRUST_ROOT", "LETPASS_LEDGER", "LETPASS_CHECKPOINT", "LETPASS_GATE_KEY")
"""Each wins over `policy.toml`, and is named in reports."""
OPTIONS = {
    "LETPASS_OUTPUT": "--output",
    "LETPASS_CI": "--ci",
    "LETPASS_REPORTS": "--reports",
    "LETPASS_KEY": "--key",
    "LETPASS_SERVICE_KEY": "--key",
    "LETPASS_PROMETHEUS": "--prometheus",
}
"""Each stands for an option where that is not given, and is named in reports, or else on standard error."""
OTHERS = ("LETPASS_IMAGE", "LETPASS_DOCS", "LETPASS_LOG", "LETPASS_TRACEBACK")
"""None of them has to do with a decision."""
HANDED_ON = ("LETPASS_VERDICT", "LETPASS_EXIT_CODE", "LETPASS_DECISION_ID", "LETPASS_FAILED_RULES")
"""What a build server gives to later steps; nothing is read from it."""
EVENT = "LETPASS_EVENT_"
"""How those begin that a command which is told of an event is given."""
COMPLETION = ("_POLICY_COMPLETE", "_LETPASS_COMPLETE")
"""What a shell sets when it calls without any word, to complete what was typed."""
_OURS = "LETPASS_"


def option(*names: str, variable: str, **how: Any) -> Callable[[Any], Any]:
    """An option that a variable stands for where it is not given."""
    return click.option(*names, envvar=variable, show_envvar=True, **how)


def told(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Name an option's variable on standard error, where the value came from there and the command makes no report."""
    if isinstance(parameter.envvar, str) and _is_source(context, parameter) and not context.resilient_parsing:
        click.echo(f"from the environment: {parameter.envvar}={_shown(parameter.envvar)}", err=True)
    return value


def used(context: click.Context) -> tuple[tuple[str, str], ...]:
    """Names and values of the platform's variables that are set, and of those that stand for an option of this command."""
    options = [p.envvar for p in context.command.params if isinstance(p.envvar, str) and _is_source(context, p)]
    return tuple((name, _shown(name)) for name in (*[n for n in PLATFORM if os.environ.get(n)], *options))


def _is_source(context: click.Context, parameter: click.Parameter) -> bool:
    source = context.get_parameter_source(parameter.name or "")
    return source is click.core.ParameterSource.ENVIRONMENT


def _shown(name: str) -> str:
    """What a variable says, of an address without what that says of its user."""
    from letpass.diagnostics import clean
    from letpass.ledger.place import shown

    return clean(shown(os.environ[name]))


def ignored(words: Sequence[str], environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """A line for what is set, and looks as if it meant something, and does not, with these words behind the program."""
    read = {*PLATFORM, *OPTIONS, *OTHERS}
    for name in sorted(environment):
        if not name.startswith(_OURS) or name in {*read, *HANDED_ON} or name.startswith(EVENT):
            continue
        from letpass.diagnostics import clean, nearest

        near = nearest(name.removeprefix(_OURS), [r.removeprefix(_OURS) for r in read])
        like = f"; one like it: `{_OURS}{near[0]}`" if near else ""
        yield clean(f"warning: the program has no variable `{name}`{like}")
    for name in COMPLETION:
        if words and environment.get(name):
            yield f"warning: `{name}` completes nothing where words stand behind the command"
