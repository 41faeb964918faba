"""Requests to a gated server, written as tags of a version: moves, statements, and another look at a decision."""

from __future__ import annotations

import time
from typing import Any

from letpass.diagnostics import ArtifactError, InvalidError, LetpassError
from letpass.enforcement.refusing import refused, unless_allowed
from letpass.evaluation.decision import governing
from letpass.facts.record import Record
from letpass.frozen import Frozen
from letpass.gate import case as cases
from letpass.gate import gated
from letpass.language.kinds import MODEL
from letpass.ledger.in_effect import AGAINST, note_entry
from letpass.lifecycle import moves, reconciliation, standings
from letpass.lifecycle.moves import Moved
from letpass.lifecycle.recording import accept, log_note
from letpass.move import DEPLOYMENT, REVIEW, Stage, promotion
from letpass.project.policyset import PolicySet
from letpass.project.project import Project
from letpass.registries.mlflow_names import OBJECTION, STATEMENT
from letpass.registries.mlflow_registry import MlflowRegistry
from letpass.trust import shapes, statements, strict

REGISTER, DEPLOY, RETIRE, RENEW = "letpass.register", "letpass.deploy", "letpass.retire", "letpass.renew"
"""Tags that are no tags: whoever sets one asks for that move, and nothing is stored."""
REVIEWED, STANDS = "letpass.review", "letpass.standing"
"""Tags by which the gate is asked to look at a version anew: by the policies on review, or only at what was said since."""
RECONCILED = "letpass.reconcile"
"""The tag by which the gate is asked where registry and ledger differ, of the model that it names, or of all."""
NOTES = {"letpass.revocation": "revocation", "letpass.lift": "lift"}
"""Tags by which a word against a version is logged, or taken back, in a project without a trust file."""


class Basis(Frozen):
    """What a call is judged by: read anew for each one."""

    project: Project
    policies: PolicySet
    registry: MlflowRegistry

    def gated(self, stage: Stage, kind: str = MODEL) -> bool:
        """Does a stage need a decision where a version of a kind comes into it."""
        return gated.is_gated(self.project, self.policies, stage, kind)


def by_tag(basis: Basis, record: Record, key: str, value: str, actor: str) -> None:
    """Do what a tag under `letpass.` asks for, or keep the statement in it; raises `RefusedError`."""
    if key == REGISTER:
        _registered(basis, record, actor)
    elif key == DEPLOY:
        _deployed(basis, record, value, actor)
    elif key == RETIRE:
        moves.retire(basis.project, record, now(), actor, value[:500])
    elif key == RENEW:
        _renewed(basis, record, value, actor)
    elif key == REVIEWED:
        _reviewed(basis, record)
    elif key == STANDS:
        _stands(basis, record)
    elif key == RECONCILED:
        _reconciled(basis, value)
    elif key in NOTES:
        _noted(basis, record, NOTES[key], value, actor)
    else:
        _stated(basis, record, key, value)


def _registered(basis: Basis, record: Record, actor: str) -> None:
    moved = moves.register(basis.project, basis.policies, record, now(), actor)
    unless_allowed(basis.policies, moved, f"registration of {record.name}")


def _deployed(basis: Basis, record: Record, value: str, actor: str) -> None:
    wanted = _said(value, f"deployment of {record.name}")
    texts = isinstance(wanted, dict) and all(isinstance(v, str) and 0 < len(v) < 500 for v in wanted.values())
    if not texts or not {"endpoint"} <= wanted.keys() <= {"endpoint", "environment"}:
        raise refused(f"deployment of {record.name}", "it names no endpoint")
    moved = moves.deploy(basis.project, basis.policies, record, wanted, now(), actor)
    unless_allowed(basis.policies, moved, f"deployment of {record.name}")


def _renewed(basis: Basis, record: Record, value: str, actor: str) -> None:
    """Decide anew about what a version does: `value` is `deployment`, or nothing for the stage that it holds."""
    if value not in {"", DEPLOYMENT.kind}:
        raise refused(f"renewal of {record.name}", "`deployment` is renewed, or the stage that it holds")
    if not value and not basis.gated(record.stage, record.kind):
        raise refused(f"renewal of {record.name}", "it holds no gated stage")
    if value and not record.lists.get("deployments"):
        raise refused(f"renewal of {record.name}", "it serves nowhere")
    move = DEPLOYMENT if value else promotion(gated.named(basis.project, basis.policies, record.stage.name))
    moved = moves.renew(basis.project, basis.policies, record, move, now(), actor)
    unless_allowed(basis.policies, moved, f"renewal of {record.name}")


def _reviewed(basis: Basis, record: Record) -> None:
    """Judge a version by the policies on review; a denial is logged, and is the refusal."""
    if not governing(basis.policies.policies, REVIEW):
        raise refused(f"review of {record.name}", "no policy is `on review`")
    recorded = moves.denied(cases.opened(basis.project, basis.policies, record, REVIEW, now()))
    if recorded is not None:
        unless_allowed(basis.policies, Moved(recorded, None), f"review of {record.name}")


def _stands(basis: Basis, record: Record) -> None:
    """Leave the standing of each move that was made of a version; refused where something has ended a proof."""
    answers = list(standings.each(basis.project, record, now()))
    if not answers:
        raise refused(f"standing of {record.name}", "no move of it was made by a decision", {"moves": 0})
    if any(a.endings for a in answers):
        why = "; ".join(standings.line(a) for a in answers if a.endings)
        raise refused(f"standing of {record.name}", why, {"moves": len(answers)})


def _reconciled(basis: Basis, value: str) -> None:
    """Say where the registry and the ledger differ: always by a refusal, which a client can read what comes with it of."""
    found = reconciliation.compare(basis.project, basis.policies, now(), [value] if value else ())
    said = {"differences": [d.as_json() for d in found]}
    raise refused("reconciliation", f"registry and ledger differ in {len(found)} things", said)


def _noted(basis: Basis, record: Record, kind: str, value: str, actor: str) -> None:
    """Log a word that nobody signs; with a trust file the owners of the policies sign it."""
    if basis.project.trust is not None:
        raise refused(f"{kind} of {record.name}", "the owners of the policies sign it, and its statement is set")
    told = _said(value, f"{kind} of {record.name}")
    if not isinstance(told, dict) or not told.keys() <= {"of", "reason"}:
        raise refused(f"{kind} of {record.name}", 'it is an object with "reason", and for a lift "of"')
    reason, only = told.get("reason", ""), told.get("of", [])
    if not isinstance(reason, str) or not reason.strip():
        raise refused(f"{kind} of {record.name}", "it gives no reason")
    if not isinstance(only, list) or not all(isinstance(t, str) and t for t in only):
        raise refused(f"{kind} of {record.name}", '"of" lists the digests of what is lifted')
    of: dict[str, Any] = {}
    if kind == "lift":
        stand = standings.objections(basis.project, basis.policies, record, now())
        try:
            found = standings.named(standings.liftable(basis.project, stand, record, now()), only)
        except InvalidError as error:
            raise refused(f"{kind} of {record.name}", str(error)) from None
        of = {"of": sorted({d for each in found for d in each.statements})}
        if not of["of"]:
            raise refused(f"{kind} of {record.name}", "nothing that it names stands against the version")
    try:
        computed, _ = basis.project.artifacts.computed(record, None)
    except ArtifactError:  # what cannot be hashed can be revoked all the same
        computed = ()
    digests = basis.project.digests(record, computed)
    known = next((d for d in (*computed, record.text("artifact.digest"), *digests) if shapes.is_digest(d)), "")
    entry = note_entry(
        kind,
        of or {"digests": list(digests)},
        actor,
        reason[:2000],
        record.text("model"),
        record.text("version"),
        known,
    )
    log_note(basis.project, entry, now())


def _said(value: str, what: str) -> Any:
    """What the JSON in a tag says; refused where it does not read: that is the caller's to mend, and no fault of the gate."""
    try:
        return strict.loads(value.encode("utf-8", "surrogatepass"), 10_000)
    except InvalidError as error:
        raise refused(what, f"it does not read: {error}") from None


def _stated(basis: Basis, record: Record, key: str, value: str) -> None:
    """Log a statement, and store it then; refused where it is none that could count for this version."""
    try:
        statement = statements.read(key, value.encode("utf-8"))
    except InvalidError as error:
        raise refused(f"tag {key}", f"it holds no statement: {error}") from None
    ending = OBJECTION if statement.kind in AGAINST else ""
    named = f"{STATEMENT}{statement.digest.partition(':')[2][:16]}{ending}"
    if key != named:
        raise refused(f"tag {key}", f"the tag of this statement is `{named}`")
    try:
        accept(basis.project, basis.policies, record, statement, now())
    except LetpassError:
        if statement.kind == "request" and _brought(basis, record):
            why = "evidence about these bytes is known from another name; it lies beside the version now, so ask again"
            raise refused(f"tag {key}", why, {"again": True}) from None
        raise
    basis.registry.connection.set_tag(record.text("model"), record.text("version"), key, value)


def _brought(basis: Basis, record: Record) -> int:
    """Put evidence that the ledger has about a version's bytes beside it, so that who asks can name it; how many."""
    basis.registry.connection.forget()
    there = basis.registry.connection.version(record.text("model"), record.text("version")).tags
    computed, _ = basis.project.artifacts.computed(record, None)
    past = basis.project.past(record.text("model"), (*computed, record.text("artifact.digest")))
    statement_files = basis.project.statement_files(record, computed, past)
    new = {
        f"{STATEMENT}{s.digest.partition(':')[2][:16]}": s.envelope.text().decode("utf-8")
        for s in statements.readable(p for p in statement_files if p.logged is not None)
        if s.kind == "evidence"
    }
    for key in new.keys() - there.keys():
        basis.registry.connection.set_tag(record.text("model"), record.text("version"), key, new[key])
    return len(new.keys() - there.keys())


def now() -> int:
    """The clock of the server, in microseconds, to the second."""
    return int(time.time()) * 1_000_000
