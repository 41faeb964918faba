"""Sending the events of what a command has logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from letpass.project.project import Project


def before(project: Project) -> Project:
    """The project of a command that is about to log something, once its targets of events are known."""
    if project.configuration.events:
        from letpass.events import outbox

        outbox.before(project)
    return project


def after(project: Project, *, quiet: bool) -> None:
    """Tell the targets what was logged; who was not told is named in a line, and the exit code stays what it is.

    Where a commit judges, nobody is told yet: a command that it names would be the one that the change has brought.
    """
    if project.configuration.events and project.configuration.twin is None:
        from letpass.diagnostics import clean
        from letpass.events import outbox

        for line in outbox.after(project):
            if not quiet:
                click.echo(clean(line), err=True)
