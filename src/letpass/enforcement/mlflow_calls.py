"""One call of MLflow's server as the gate sees it: who asks, its id, its answer, and the line written for it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from letpass.enforcement import counts
from letpass.enforcement.guard import NOBODY
from letpass.enforcement.refusing import RefusedError, Why
from letpass.events import watch
from letpass.events.watch import Became

RETRY = 1
"""Seconds after which a client is to ask again that the gate could not answer."""
FAILED_DEPENDENCY = 424
"""The HTTP status of what cannot be answered since something else is not in order (RFC 4918, 11.4)."""
REQUEST_ID = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
"""An id that is taken over from a caller; for anything else a new one is made."""


def answered(call: Callable[[], Any]) -> Any:
    """What a question to the gate comes to; nothing is decided by it."""
    try:
        return call()
    except RefusedError as error:
        raise _denied(error) from None


def guarded(what: str, move: str, call: Callable[[], Any]) -> Any:
    """What a call that may move something comes to: told in a line for each decision, or for the refusal, and counted.

    what, move: the version and what is asked for, where no decision says it better.
    """
    told: watch.Call | None = None
    try:
        with watch.call("mlflow", request_id()) as told:
            told.who, told.what, told.move = actor(), what, move
            try:
                found = call()
            except RefusedError as error:
                denied = _denied(error)
                told.became = Became.REFUSED if error.why is Why.NO else Became.ERROR
                told.error, told.code = str(error.said.get("code", "")), denied.get_http_status_code()
                raise denied from None
            except Exception as error:
                # MLflow's own answer to what names nothing, or what its store does not do
                status = getattr(error, "get_http_status_code", None)
                told.code = int(status()) if status is not None else 500
                raise
            told.code = 200
            return found
    finally:
        if told is not None:
            counts.add(told.told)


def actor() -> str:
    """Who calls, as MLflow's basic authentication knows it."""
    try:
        from flask import g

        return str(getattr(g, "mlflow_authenticated_user", None) or NOBODY)
    except (ImportError, RuntimeError):  # no request is being served
        return NOBODY


def request_id() -> str:
    """The id of the request that is served: its header's where that is plain, else a new one; its answer bears it too."""
    try:
        from flask import after_this_request, g, request

        if "letpass_request" not in g:
            given = request.headers.get(REQUEST_ID, "")
            g.letpass_request = given if _ID.fullmatch(given) else secrets.token_hex(16)

            def named(response: Any) -> Any:
                response.headers[REQUEST_ID] = g.letpass_request
                return response

            after_this_request(named)
        return str(g.letpass_request)
    except (ImportError, RuntimeError):  # no request is being served
        return secrets.token_hex(16)


def _denied(error: RefusedError) -> Any:
    """A refusal as MLflow's clients understand it, and what was decided in the body.

    403 for a no · 409 where another move came first · 503 with `Retry-After` where the ledger or the registry is out of reach:
    MLflow's client repeats that one alone, seven times, and then tells no reason · 424 where the gate's own basis is broken.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.protos import databricks_pb2

    codes = {
        Why.NO: databricks_pb2.PERMISSION_DENIED,
        Why.OVERTAKEN: databricks_pb2.RESOURCE_CONFLICT,
        Why.UNABLE: databricks_pb2.TEMPORARILY_UNAVAILABLE,
        Why.BROKEN: databricks_pb2.INVALID_STATE,
    }

    class Refusal(MlflowException):  # type: ignore[misc]
        def get_http_status_code(self) -> int:
            # MLflow answers with 500 here, which its client repeats for minutes, and nothing is gained by that
            return FAILED_DEPENDENCY if error.why is Why.BROKEN else int(super().get_http_status_code())

    if error.why is Why.UNABLE:
        _retried()
    said = {**error.said, "actor": actor(), "request_id": request_id()}
    return Refusal(str(error), codes[error.why], letpass=said)


def _retried() -> None:
    """Let the answer to the request that is served say when to ask again."""
    try:
        from flask import after_this_request
    except ImportError:
        return

    def later(response: Any) -> Any:
        response.headers["Retry-After"] = str(RETRY)
        return response

    with suppress(RuntimeError):  # no request is being served
        after_this_request(later)
