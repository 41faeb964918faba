"""Answers to a request: `policy sign`, `policy reject` and `policy withdraw` differ in one word."""

from __future__ import annotations

from pathlib import Path

from assay.cli import options, people


def answer(request: str, decision: str, role: str, key: str | None, reason: str, into: str | None, *, yes: bool) -> None:
    """Sign an answer to a request, beside it."""
    with options.diagnosed():
        from assay import asking
        from assay.configuration import load
        from assay.registries import carried
        from assay.trust import statements
        from assay.trust.strict import refused

        configuration = load()
        desk = people.desk_with_trust(configuration)
        assert desk.trust is not None
        path = Path(request)
        name, data = carried.below(path)[0]
        try:
            asked = statements.read(name, data)
            if asked.kind != "request":
                raise ValueError(f"it is a {asked.kind}")
        except ValueError as error:
            raise refused("GATE413", f"no request: {error}", name, "`policy pending` lists the requests") from None
        who, ssh, file = people.signer(desk.trust, key, role)
        scope = desk.trust.current.roles[role]
        if fault := scope.covers(asked.text("model"), asked.predicate["move"].get("stage", "")):
            raise refused("GATE415", f"the role `{role}`: {fault}")
        if asked.time("expiresAt") <= people.now():
            raise refused("GATE413", f"the request expired at {asked.predicate['expiresAt']}", name, "`policy request` makes a new one")
        people.show(asked.envelope.payload, "the request")
        payload = asking.answer(desk.trust, asked, decision, role, who, people.now(), reason)
        signed = people.sign(payload, ssh, file, yes=yes)
        path = carried.put(Path(into) if into else path.parent, asking.digest_of(payload), signed)
    people.written(path)
