"""Answers to a request: `policy sign`, `policy reject` and `policy withdraw` differ in one word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli import options, people

if TYPE_CHECKING:
    from assay.configuration import Configuration
    from assay.trust.chain import Trust
    from assay.trust.statements import Statement


def answer(
    request: str, decision: str, role: str, key: str | None, reason: str, into: str | None, stage: str | None, *, yes: bool
) -> None:  # fmt: skip
    """Sign an answer to a request, beside it.  `request`: its file, or the model that it is about."""
    with options.diagnosed():
        from assay import asking
        from assay.canonical import digest_bytes
        from assay.configuration import load
        from assay.registries import carried
        from assay.trust import statements
        from assay.trust.strict import refused

        configuration = load()
        _, trust = people.trusted(configuration)
        path, data = asked_for(request, stage, configuration)
        name = str(path)
        try:
            asked = statements.read(name, data)
            if asked.kind != "request":
                raise ValueError(f"it is a {asked.kind}")
        except ValueError as error:
            raise refused("GATE413", f"no request: {error}", name, "`policy pending` lists the requests") from None
        who, ssh, file = people.signer(trust, key, role)
        scope = trust.current.roles[role]
        if fault := scope.covers(asked.text("model"), asked.predicate["move"].get("stage", "")):
            raise refused("GATE415", f"the role `{role}`: {fault}")
        if asked.time("expiresAt") <= people.now():
            raise refused(
                "GATE413",
                f"the request expired at {asked.predicate['expiresAt']}",
                name,
                "`policy request` makes a new one",
            )
        people.show(asked.envelope.payload, "the request")
        warn(trust, asked, path, who, decision)
        before = asking.last_answer(carried.below(path.parent), asked, role, who)
        payload = asking.answer(trust, asked, decision, role, who, people.now(), reason, before)
        signed = people.sign(payload, ssh, file, yes=yes)
        path = carried.put(Path(into) if into else path.parent, digest_bytes(payload), signed)
    people.written(path)


def asked_for(what: str, stage: str | None, configuration: Configuration) -> tuple[Path, bytes]:
    """The file and text of a request: the one that is named, else the newest beside the model that is named.

    Raises `PolicyError` where there is none, or where requests for several moves are there and no stage is named.
    """
    from assay.cli.check import one_record
    from assay.registries import carried
    from assay.trust import statements
    from assay.trust.strict import refused

    path = Path(what)
    if path.suffix == ".json" and path.is_file():
        return path, carried.below(path)[0][1]
    record = one_record(what, configuration)
    beside = dict(carried.statements(record))
    requests = [s for s in statements.readable(beside.items()) if s.kind == "request"]
    found = [
        (s.time("issuedAt"), s.name, str(s.predicate["move"]).casefold())
        for s in requests
        if stage is None or s.predicate["move"].get("stage", "").casefold() == stage.casefold()
    ]
    if not found:
        raise refused("GATE413", f"no request beside `{record.name}`", what, "`policy request` makes one")
    if len({move for *_, move in found}) > 1:
        several = f"requests for several moves lie beside `{record.name}`"
        raise refused("GATE413", several, what, "name one with --to STAGE, or its file")
    _, name, _ = max(found)
    return Path(name), beside[name]


def warn(trust: Trust, asked: Statement, path: Path, who: str, decision: str) -> None:
    """Say what a signer should know: who rejected this before, and that an author's sign-off may not count."""
    from assay.language.diagnostics import clean
    from assay.registries import carried
    from assay.trust import statements
    from assay.trust.accepted import Accepted

    history = asked.predicate["history"]
    for found in statements.readable(carried.below(path.parent)) if history else ():
        if found.digest in history:
            words = (
                f"{found.text('signer')} as {found.text('role')} at {found.text('issuedAt')}: {found.text('reason')}"
            )
            click.echo(clean(f"note: rejected before by {words}"))
    known = Accepted(aliases=trust.current.aliases())
    if decision == "approve" and who in known.persons(asked.text("author")) | known.persons(asked.text("requester")):
        click.echo(
            "note: you made or ask for this version; a rule with `other than author` does not count your sign-off"
        )
