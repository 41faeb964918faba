"""In-toto test results, bare or in a DSSE envelope: one suite.  Whoever signed the envelope is not believed for it."""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import sources
from letpass.evidence.interface import LARGEST, Asked, Part
from letpass.trust import dsse, evidence, strict
from letpass.trust.kinds import TEST_RESULT, TYPE


def read(data: bytes, asked: Asked) -> Part:
    """The suite of a test result; a signature is neither verified nor needed, since it is read as a claim.

    asked: `suite`, its name, else that of the first configuration; `ran_at`, which it does not say; `artifact`, which it
    must be about.  Raises `InvalidError` for another statement.
    """
    value = strict.loads(data, LARGEST)
    if isinstance(value, dict) and "payload" in value:
        envelope = dsse.from_value(value)
        if envelope.type != dsse.STATEMENT:
            raise InvalidError(f"the envelope holds `{strict.plain(envelope.type)}`, no in-toto statement")
        value = strict.loads(envelope.payload, LARGEST)
    if not isinstance(value, dict) or value.get("_type") != TYPE:
        raise InvalidError("no in-toto statement of version 1")
    if value.get("predicateType") != TEST_RESULT:
        raise InvalidError(f"no test result: `predicateType` is not `{TEST_RESULT}`")
    _about(value.get("subject"), asked.artifact)
    predicate = sources.mapping(value.get("predicate"), "`predicate`")
    suite = evidence.suite(predicate, asked.suite)
    more = {"ran_at": asked.ran_at, "source": sources.word(predicate, "url")}
    return {"suites": [{**suite, **{k: v for k, v in more.items() if v is not None}}]}


def _about(subjects: Any, artifact: str | None) -> None:
    """Raise `InvalidError` unless one of the subjects is the artifact, where its digest is known."""
    digests = [
        sources.mapping(s.get("digest"), "a subject's `digest`") for s in sources.mappings(subjects, "`subject`")
    ]
    found = [f"{algorithm}:{value}" for each in digests for algorithm, value in each.items()]
    if not found:
        raise InvalidError("its subject has no digest")
    if artifact is not None and artifact not in found:
        raise InvalidError(f"it is about the artifact `{found[0][:19]}…`, not this one")
