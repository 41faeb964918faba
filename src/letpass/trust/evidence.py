"""Attested evidence: statements by services about this very artifact, as the facts that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.frozen import Frozen
from letpass.trust import signers
from letpass.trust.accepted import Judged
from letpass.trust.chain import Trust
from letpass.trust.kinds import EVIDENCE, TEST_RESULT
from letpass.trust.statements import Statement
from letpass.trust.trustfile import AUTHOR

_TESTS = ("passed", "warned", "failed")


class Attested(Frozen):
    """A part of a record that a service vouches for.  `data` has the record's shape; `issued`: when, as it says."""

    service: str
    name: str
    digest: str
    data: Mapping[str, Any]
    issued: int = 0


def judge(
    trust: Trust, found: Iterable[Statement], artifact: str, model: str, now: int
) -> tuple[tuple[Attested, ...], tuple[Judged, ...]]:
    """The evidence that counts, one piece for each payload and service, and every statement with its reason."""
    pieces: dict[tuple[str, str], Attested] = {}
    judged: list[Judged] = []
    for statement in found:
        service, why = "", ""
        try:
            if statement.artifact != artifact:
                raise InvalidError(f"it is about the artifact `{statement.artifact[:19]}…`, not this one")
            service, said = vouched(trust, statement, model, now)
            issued = statement.time("issuedAt") if statement.type == EVIDENCE else 0
            piece = Attested(service, statement.name, statement.digest, said, issued)
            pieces[statement.digest, service] = piece
        except InvalidError as error:
            why = str(error)
        judged.append(Judged("evidence", statement.name, statement.digest, service, "", not why, why))
    return tuple(pieces[d] for d in sorted(pieces)), tuple(judged)


def vouched(trust: Trust, statement: Statement, model: str, now: int) -> tuple[str, Mapping[str, Any]]:
    """The service that vouches for a statement, and what it says; raises `InvalidError` for what it may not say."""
    service, said = signers.service(trust, statement, model, now), facts(statement)
    if AUTHOR in said and AUTHOR not in trust.current.services[service].may:
        raise InvalidError(f"the service `{service}` may not say who made a version")
    return service, said


def facts(statement: Statement) -> Mapping[str, Any]:
    """What a statement says, in the record's shape; raises `InvalidError` for a predicate that is not read."""
    if statement.type == EVIDENCE:
        found: Mapping[str, Any] = statement.predicate["facts"]
        return found
    if statement.type == TEST_RESULT:
        return {"suites": [suite(statement.predicate)]}
    raise InvalidError(f"statements of type `{statement.type[:80]}` are not read")


def suite(predicate: Mapping[str, Any], named: str | None = None) -> dict[str, Any]:
    """The suite of a test result (in-toto test-result v0.1), `named` by the caller, else by its first configuration.

    Raises `InvalidError` for what is none.
    """
    result, configuration = predicate.get("result"), predicate.get("configuration")
    if result not in ("PASSED", "WARNED", "FAILED"):
        raise InvalidError("its `result` is none of PASSED, WARNED, FAILED")
    first = configuration[0] if isinstance(configuration, list) and configuration else None
    name = named or (first.get("name") if isinstance(first, dict) else None)
    if not isinstance(name, str) or not name:
        raise InvalidError("its first `configuration` names no suite")
    # JSON of Protocol Buffers has each field by two names
    tests = [(predicate.get(f"{kind}Tests", []), predicate.get(f"{kind}_tests", [])) for kind in _TESTS]
    if not all(isinstance(t, list) for both in tests for t in both):
        raise InvalidError("its tests are no lists")
    return {
        "name": name,
        "passed": result != "FAILED" and not any(tests[2]),
        "cases": sum(len(t) for both in tests for t in both),
    }
