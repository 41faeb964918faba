"""The gate inside a registry's server: which calls are moves, and what becomes of them.

Nothing here knows MLflow's store.  Every refusal is a `RefusedError`; what goes wrong is a refusal too, so that nothing
moves because something broke.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from letpass import __version__, gated, lifecycle, policyset, standings
from letpass import case as cases
from letpass import configuration as configurations
from letpass.bookkeeping import Memories
from letpass.diagnostics import InvalidError, LetpassError
from letpass.enforcement import outbox
from letpass.evaluation.decision import Verdict, governing
from letpass.evaluation.remedies import remedy
from letpass.facts.record import Record
from letpass.frozen import Frozen, replace
from letpass.gathering import Desk, own_policies
from letpass.lifecycle import Moved
from letpass.logbook import Recorded, accept, log_note
from letpass.move import ARCHIVED, DEPLOYMENT, REVIEW, Stage, promotion
from letpass.policyset import PolicySet
from letpass.registries.interface import Change
from letpass.registries.mlflow import OBJECTION, OWN_STAGES, STATEMENT, MlflowRegistry, is_alias, is_version
from letpass.registries.mlflow_client import DOCTOR, Client
from letpass.reports.interface import Report, Style, renderer
from letpass.reports.words import against, summary
from letpass.trust import statements, strict
from letpass.words import AGAINST, note_entry

REGISTER, DEPLOY, RETIRE, RENEW = "letpass.register", "letpass.deploy", "letpass.retire", "letpass.renew"
"""Tags that are no tags: whoever sets one asks for that move, and nothing is stored."""
REVIEWED, STANDS = "letpass.review", "letpass.standing"
"""Tags by which the gate is asked to look at a version anew: by the policies on review, or only at what was said since."""
NOTES = {"letpass.revocation": "revocation", "letpass.lift": "lift"}
"""Tags by which a word against a version is logged, or taken back, in a project without a trust file."""
KEPT = frozenset({"stage", "deployments"})
"""Tags of a version that only a move writes."""
IS_PROMPT = "mlflow.prompt.is_prompt"
PROMPTS = frozenset({"prompt-template", "dummy-source"})
"""What MLflow writes as the source of a prompt, which has no files."""
NOBODY = "unauthenticated"


class RefusedError(Exception):
    """A call that the gate does not let through.  `said`: what a client can show of it, as plain data."""

    def __init__(self, message: str, said: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.said = said


class Project(Frozen):
    """What a call is judged by: read anew for each one."""

    desk: Desk
    policies: PolicySet
    registry: MlflowRegistry

    def gated(self, stage: Stage) -> bool:
        """Does a stage need a decision."""
        return gated.is_gated(self.desk, self.policies, stage)


class Guard:
    """Judges the calls of one store.  `client`: makes a way to the ungated data behind it, a new one for each call, so that
    nothing that was fetched for one is believed in the next.
    """

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client
        self._policies: PolicySet | None = None
        self._tells = False
        self._memories: Memories = {}
        self._open: dict[str, Desk] = {}

    # ------------------------------------------------------------ calls

    def alias(self, model: str, alias: str, version: str, actor: str, move: Callable[[], Any]) -> Any:
        """Set an alias: a promotion, where the alias means a gated stage."""
        with self._told(f"{model} v{version} -> @{alias}"):
            _named(version, alias)
            project = self._project()
            stage = gated.named(project.desk, project.policies, alias)
            if not project.gated(stage):
                return move()
            if model.startswith(DOCTOR):
                raise _refused(f"{model} -> {stage}", "a probe is never moved; the gate is in the way")
            found = project.registry.client.version(model, version)
            if found is not None and _is_prompt(found):
                # prompts share these calls with models, and are none; but they take no model's place
                if not all(_is_prompt(v) for v in project.registry.client.versions(model)):
                    raise _refused(
                        f"{model} v{version} -> @{alias}", "a prompt takes no place among a model's versions"
                    )
                return move()
            record = project.registry.read(found) if found is not None else self._record(project, model, version)
            made: list[Change] = []

            def make(change: Change) -> None:
                made.append(change)
                project.registry.place(model, version, change, alias)

            self._promoted(project, record, stage, actor, make)
            if not made:  # it is in the stage already, perhaps by another alias
                move()
        return None

    def transition(self, model: str, version: str, stage: str, actor: str, move: Callable[[bool], Any]) -> Any:
        """Change MLflow's own stage; `move` takes whether who is there is archived with it."""
        with self._told(f"{model} v{version} -> {stage}"):
            _named(version)
            project = self._project(stages=True)
            if stage.casefold() not in OWN_STAGES:
                return move(False)  # MLflow says itself that it has no such stage
            named = gated.named(project.desk, project.policies, Stage(stage).folded)
            record = self._record(project, model, version)
            if not project.gated(named):
                if project.gated(record.stage):
                    return self._left(project, record, actor, lambda: move(False))
                return move(False)
            made: list[Any] = []
            self._promoted(project, record, named, actor, lambda change: made.append(move(bool(change.leaving))))
            return made[0] if made else project.registry.client.version(model, version)

    def prompts_only(self, model: str, what: str) -> None:
        """Refuse to call something a prompt among a model's versions: MLflow then lists none of them."""
        with self._told(what):
            client = self._client()
            exists = client.registered(model)
            if exists and not all(_is_prompt(v) for v in client.versions(model)):
                raise _refused(what, "a prompt takes no place among a model's versions")

    def leave(self, model: str, alias: str, actor: str, move: Callable[[], Any]) -> Any:
        """Delete an alias.  Leaving a stage is never gated, and is logged."""
        with self._told(f"@{alias} of {model}"):
            project = self._project()
            means = project.desk.configuration.stage
            found = project.registry.client.by_alias(model, alias)
            if found is None or not project.gated(means(alias)):
                return move()
            others = [a for a in found.aliases if a != alias]
            if _is_prompt(found) or any(means(a) == means(alias) for a in others):
                return move()  # a prompt was in no stage, and a version with another alias stays in its own
            return self._left(project, self._record(project, model, str(found.version)), actor, move)

    def tag(self, model: str, version: str, key: str, value: str, actor: str) -> bool:
        """Is a tag the gate's business; then it is stored or refused here, or asks for a move."""
        if key in KEPT:
            raise _refused(f"tag {key} of {model} v{version}", "it tells of moves, and is written by them")
        if key == IS_PROMPT:
            self.prompts_only(model, f"calling {model} v{version} a prompt")
        if not key.startswith(STATEMENT):
            return False
        with self._told(f"tag {key} of {model} v{version}"):
            _named(version)
            project = self._project()
            record = self._record(project, model, version)
            if key == REGISTER:
                self._registered(project, record, actor)
            elif key == DEPLOY:
                self._deployed(project, record, value, actor)
            elif key == RETIRE:
                lifecycle.retire(project.desk, record, _now(), actor, value[:500])
            elif key == RENEW:
                self._renewed(project, record, value, actor)
            elif key == REVIEWED:
                self._reviewed(project, record)
            elif key == STANDS:
                self._stands(project, record)
            elif key in NOTES:
                self._noted(project, record, NOTES[key], value, actor)
            else:
                self._stated(project, record, key, value)
        return True

    def answer(self) -> None:
        """Say what the gate is, to who asks for the model that never is; raises `RefusedError`."""
        with self._told("the probe"):
            project = self._project()
            found, stages = project.desk.configuration, gated.stages(project.desk, project.policies)
            said = {"gate": __version__, "registry": found.registry, "stages": sorted(s.name for s in stages),
                    "aliases": {a: s.name for a, s in found.stages.items()}}  # fmt: skip
            raise RefusedError("gate: this registry is gated", said)

    def maker(self, actor: str) -> str:
        """Who is written down as having made a version: who calls, unless nobody was authenticated, or it is a service of
        the trust file, which makes versions for people and says in the tag `author` for whom."""
        if actor == NOBODY:
            return ""
        try:
            trust = self._project().desk.trust
        except LetpassError:
            return actor
        return "" if trust is not None and actor in trust.current.services else actor

    def reserved(self, what: str, keys: list[str]) -> None:
        """Refuse what would write or take away tags of the gate's own."""
        for key in keys:
            if key in KEPT:
                raise _refused(what, f"the tag `{key}` tells of moves, and is written by them")
            if key.startswith(STATEMENT):
                raise _refused(what, f"the tag `{key}` is the gate's: a statement is set on its own version, and stays")

    def gone(self, model: str, version: str | None, what: str) -> None:
        """Refuse to take away or rename what holds a gated stage."""
        with self._told(what):
            project = self._project()
            client = project.registry.client
            for found in [client.version(model, version)] if version else client.versions(model):
                if found is None or _is_prompt(found):
                    continue
                stages = {*found.aliases, str(found.current_stage or "").casefold()} - {"", "none"}
                for stage in sorted(stages):
                    if project.gated(Stage(stage)):
                        why = f"{model}@{found.version} is in `{stage}`; let it leave first: `policy retire`"
                        raise _refused(what, why)

    # ------------------------------------------------------------ moves

    def _promoted(
        self, project: Project, record: Record, stage: Stage, actor: str, make: Callable[[Change], object]
    ) -> None:
        now = _now()
        if record.stage != stage:
            self._registration(project, record, actor, now)
        moved = lifecycle.promote(project.desk, project.policies, record, stage.name, now, actor, make=make)
        self._or_refused(project, moved, f"{record.name} -> {stage}")

    def _registration(self, project: Project, record: Record, actor: str, now: int) -> None:
        """Decide on a version's registration where that was not done: its promotion asks for it."""
        computed, _ = project.desk.computed(record, None)
        past = project.desk.past(record.text("model"), (*computed, record.text("artifact.digest")))
        if project.desk.unregistered(record, computed, past, project.policies, promotion("any")):
            lifecycle.register(project.desk, project.policies, record, now, actor)

    def _registered(self, project: Project, record: Record, actor: str) -> None:
        moved = lifecycle.register(project.desk, project.policies, record, _now(), actor)
        self._or_refused(project, moved, f"registration of {record.name}")

    def _deployed(self, project: Project, record: Record, value: str, actor: str) -> None:
        wanted = strict.loads(value.encode("utf-8"), 10_000)
        texts = isinstance(wanted, dict) and all(isinstance(v, str) and 0 < len(v) < 500 for v in wanted.values())
        if not texts or not {"endpoint"} <= wanted.keys() <= {"endpoint", "environment"}:
            raise _refused(f"deployment of {record.name}", "it names no endpoint")
        moved = lifecycle.deploy(project.desk, project.policies, record, wanted, _now(), actor)
        self._or_refused(project, moved, f"deployment of {record.name}")

    def _renewed(self, project: Project, record: Record, value: str, actor: str) -> None:
        """Decide anew about what a version does: `value` is `deployment`, or nothing for the stage that it holds."""
        if value not in {"", DEPLOYMENT.kind}:
            raise _refused(f"renewal of {record.name}", "`deployment` is renewed, or the stage that it holds")
        if not value and not project.gated(record.stage):
            raise _refused(f"renewal of {record.name}", "it holds no gated stage")
        if value and not record.lists.get("deployments"):
            raise _refused(f"renewal of {record.name}", "it serves nowhere")
        move = DEPLOYMENT if value else promotion(gated.named(project.desk, project.policies, record.stage.name))
        moved = lifecycle.renew(project.desk, project.policies, record, move, _now(), actor)
        self._or_refused(project, moved, f"renewal of {record.name}")

    def _reviewed(self, project: Project, record: Record) -> None:
        """Judge a version by the policies on review; a denial is logged, and is the refusal."""
        if not governing(project.policies.policies, REVIEW):
            raise _refused(f"review of {record.name}", "no policy is `on review`")
        recorded = lifecycle.denied(cases.opened(project.desk, project.policies, record, REVIEW, _now()))
        if recorded is not None:
            self._or_refused(project, Moved(recorded, None), f"review of {record.name}")

    def _stands(self, project: Project, record: Record) -> None:
        """Leave the standing of each move that was made of a version; refused where something has ended a proof."""
        answers = list(standings.each(project.desk, record, _now()))
        if not answers:
            raise _refused(f"standing of {record.name}", "no move of it was made by a decision", {"moves": 0})
        if any(a.endings for a in answers):
            why = "; ".join(standings.line(a) for a in answers if a.endings)
            raise _refused(f"standing of {record.name}", why, {"moves": len(answers)})

    def _noted(self, project: Project, record: Record, kind: str, value: str, actor: str) -> None:
        """Log a word that nobody signs; with a trust file the owners of the policies sign it."""
        if project.desk.trust is not None:
            raise _refused(f"{kind} of {record.name}", "the owners of the policies sign it, and its statement is set")
        said = strict.loads(value.encode("utf-8"), 10_000)
        if not isinstance(said, dict) or not said.keys() <= {"of", "reason"}:
            raise _refused(f"{kind} of {record.name}", 'it is an object with "reason", and for a lift "of"')
        reason, only = said.get("reason", ""), said.get("of", [])
        if not isinstance(reason, str) or not reason.strip():
            raise _refused(f"{kind} of {record.name}", "it gives no reason")
        if not isinstance(only, list) or not all(isinstance(t, str) and t for t in only):
            raise _refused(f"{kind} of {record.name}", '"of" lists the digests of what is lifted')
        of: dict[str, Any] = {}
        if kind == "lift":
            stand = standings.objections(project.desk, project.policies, record, _now())
            found = standings.against(project.desk, stand, record, _now())
            of = {"of": list(standings.chosen(found, only))}
            if not of["of"]:
                raise _refused(f"{kind} of {record.name}", "nothing that it names stands against the version")
        digest = record.text("artifact.digest")
        known = digest if statements.is_digest(digest) else ""
        entry = note_entry(kind, of, actor, reason[:2000], record.text("model"), record.text("version"), known)
        log_note(project.desk, entry, _now())

    def _left(self, project: Project, record: Record, actor: str, move: Callable[[], Any]) -> Any:
        made: list[Any] = []
        lifecycle.leave(project.desk, record, _now(), actor, lambda: made.append(move()))
        if not project.registry.stages:
            project.registry.client.set_tag(record.text("model"), record.text("version"), "stage", ARCHIVED.name)
        return made[0]

    def _stated(self, project: Project, record: Record, key: str, value: str) -> None:
        """Log a statement, and store it then; refused where it is none that could count for this version."""
        try:
            statement = statements.read(key, value.encode("utf-8"))
        except InvalidError as error:
            raise _refused(f"tag {key}", f"it holds no statement: {error}") from None
        ending = OBJECTION if statement.kind in AGAINST else ""
        named = f"{STATEMENT}{statement.digest.partition(':')[2][:16]}{ending}"
        if key != named:
            raise _refused(f"tag {key}", f"the tag of this statement is `{named}`")
        try:
            accept(project.desk, project.policies, record, statement, _now())
        except LetpassError:
            if statement.kind == "request" and self._brought(project, record):
                why = "evidence about these bytes is known from another name; it lies beside the version now, so ask again"
                raise _refused(f"tag {key}", why, {"again": True}) from None
            raise
        project.registry.client.set_tag(record.text("model"), record.text("version"), key, value)

    def _brought(self, project: Project, record: Record) -> int:
        """Put evidence that the ledger has about a version's bytes beside it, so that who asks can name it; how many."""
        there = project.registry.client.version(record.text("model"), record.text("version")).tags
        computed, _ = project.desk.computed(record, None)
        past = project.desk.past(record.text("model"), (*computed, record.text("artifact.digest")))
        papers = project.desk.papers(record, computed, past)
        new = {
            f"{STATEMENT}{s.digest.partition(':')[2][:16]}": s.envelope.text().decode("utf-8")
            for s in statements.readable(p for p in papers if p.logged is not None)
            if s.kind == "evidence"
        }
        for key in new.keys() - there.keys():
            project.registry.client.set_tag(record.text("model"), record.text("version"), key, new[key])
        return len(new.keys() - there.keys())

    # ------------------------------------------------------------ around them

    def _project(self, *, stages: bool = False) -> Project:
        """The configuration, policies, trust file and ledger as they are now."""
        found = configurations.load()
        paths = tuple(found.path(p) for p in found.policies)
        if self._policies is None or not policyset.unchanged(self._policies, paths):
            self._policies = own_policies(found)
        policies = replace(self._policies, settings=found.deciding)
        registry = MlflowRegistry(found.registry, found.stages, stages=stages, client=self._client())
        desk = Desk(found, registry=registry, memories=self._memories)
        # a connection that stays open: SQLite tidies its log up whenever the last one closes, which takes longer than a move
        self._open.setdefault(desk.books.name, desk)
        self._tells = bool(found.events)
        if self._tells:
            outbox.before(desk)
        return Project(desk, policies, registry)

    def _record(self, project: Project, model: str, version: str) -> Record:
        return project.registry.find(f"{model}@{version}")

    def _or_refused(self, project: Project, moved: Moved, what: str) -> None:
        if moved.ended:
            why = "; ".join(f"{e.kind} {e.detail}" for e in moved.ended)
            raise _refused(what, f"it is there already, and its approval has ended: {why}", {"ended": len(moved.ended)})
        if moved.recorded is None or moved.recorded.decision.verdict is Verdict.ALLOW:
            return
        decision = moved.recorded.decision
        first = [against(o) for o in decision.objections if o.denies or o.doubtful][:2]
        first += [f"{r.rule.id} ({remedy(r).label})" for r in decision.blocking][:5]
        first += [h.what for h in decision.holds][:2]
        more = f": {'; '.join(first)}" if first else ""
        rest = len(decision.blocking) - 5
        more += f", and {rest} more" if rest > 0 else ""
        raise _refused(what, f"{summary(decision)}{more}", told(moved.recorded, project.policies))

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Whatever goes wrong is a refusal, with its reason."""
        try:
            yield
        except RefusedError:
            raise
        except LetpassError as error:
            first = error.diagnostics[0]
            help_ = f" ({first.help})" if first.help else ""
            raise _refused(what, f"{first.code}: {first.message}{help_}", {"code": first.code}) from None
        except Exception as error:
            if getattr(error, "error_code", "") in {
                "RESOURCE_DOES_NOT_EXIST",
                "INVALID_PARAMETER_VALUE",
                "BAD_REQUEST",
            }:
                raise  # MLflow's own answer to what names nothing
            raise _refused(what, f"the gate could not decide: {type(error).__name__}: {error}"[:500]) from error
        finally:
            if self._tells:
                # beside the call: nobody who hangs holds a move up
                threading.Thread(target=_tell, daemon=True).start()


def _tell() -> None:
    """Send what was logged to whoever wants to know; what cannot be sent now waits in the ledger."""
    with suppress(Exception):
        outbox.after(Desk(configurations.load()))


def _is_prompt(version: Any) -> bool:
    """Is a version a prompt: nothing could be served of it."""
    return version.source in PROMPTS and not version.run_id and not version.model_id


def _named(version: str, alias: str = "a") -> None:
    """Refuse a version or an alias that not everybody reads alike."""
    if not is_version(version):
        raise _refused(f"version {version}", "a version is a number such as 4")
    if not is_alias(alias):
        raise _refused(f"@{alias}", "an alias holds letters, digits, `_` and `-`")


def told(recorded: Recorded, policies: PolicySet) -> dict[str, Any]:
    """A decision as a client shows it: whole, and as reports."""
    decision = recorded.decision
    report = Report((decision,), (), (), 0, None, "", Style(verbose=False))
    return {
        "verdict": decision.verdict.value,
        "entry": recorded.index,
        "decision": decision.as_json(),
        "reports": {name: renderer(name)(report) for name in ("text", "concise", "markdown")},
        "policies": policies.digest,
    }


def _refused(what: str, why: str, said: Mapping[str, Any] | None = None) -> RefusedError:
    from letpass.diagnostics import clean

    return RefusedError(clean(f"gate: {what} refused: {why}"), {"verdict": "deny", **(said or {})})


def _now() -> int:
    return int(time.time()) * 1_000_000
