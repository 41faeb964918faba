"""What `mlflow.genai.evaluate` has measured: the assessments of each case, behind the mean that it logs.

MLflow leaves cases that a scorer broke on out of the mean, and says so in the log alone.  The cases are the traces of the run, each with
its assessments: who or what gave them, and what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import outcomes
from letpass.frozen import Frozen

RUN_TYPE, EVALUATION = "mlflow.runType", "genai_evaluate"
MOST = 20_000
"""Cases of a run that are read."""
_OF_RUN, _SCORER, _SESSION, _CASE = (
    "mlflow.assessment.sourceRunId", "mlflow.assessment.scorerDigest", "mlflow.trace.session", "mlflow.eval.requestId",
)  # fmt: skip
_JUDGED, _MEAN = "LLM_JUDGE", "mean"
_WORDS = {"yes": 1.0, "no": 0.0}


class Assessment(Frozen):
    """What one scorer says of one case.

    case: by its trace, or its session where that was assessed · value: None where the scorer broke, or said what has no number ·
    judge: the model that said it, nothing where none did · scorer: a digest of how · later: somebody has said otherwise since.
    """

    name: str
    case: str
    value: float | None
    judge: str = ""
    scorer: str = ""
    session: bool = False
    later: bool = False


class Cases(Frozen):
    """The cases of a run.  traces: what each is known by, by its trace · sessions: how many they make · whole: are these all."""

    traces: Mapping[str, str] = {}
    sessions: int = 0
    assessments: tuple[Assessment, ...] = ()
    whole: bool = True

    def of(self, key: str) -> tuple[Assessment, ...]:
        """The assessments behind a metric such as `correctness/mean`; none where it is no mean of any."""
        name = key.rpartition("/")[0]
        return tuple(a for a in self.assessments if a.name == name)


def cases(infos: Iterable[Any], run: str, *, whole: bool) -> Cases:
    """The cases in the traces of a run, as MLflow gives them; `whole`: were all of them read."""
    traces: dict[str, str] = {}
    sessions: set[str] = set()
    found: list[Assessment] = []
    for info in infos:
        said, tags = dict(info.trace_metadata or {}), dict(info.tags or {})
        traces[info.trace_id] = str(tags.get(_CASE, ""))
        sessions |= {str(said[_SESSION])} if _SESSION in said else set()
        every = [a for a in info.assessments or () if getattr(a, "feedback", None) is not None]
        replaced = {str(a.overrides) for a in every if getattr(a, "overrides", None)}
        for one in every:
            about = dict(one.metadata or {})
            if about.get(_OF_RUN) == run:
                found.append(_assessment(one, about, info.trace_id, later=str(one.assessment_id) in replaced))
    return Cases(traces, len(sessions), tuple(found), whole)


def _assessment(one: Any, about: Mapping[str, Any], trace: str, *, later: bool) -> Assessment:
    session = about.get(_SESSION)
    judge = str(one.source.source_id or "") if one.source is not None and one.source.source_type == _JUDGED else ""
    return Assessment(
        str(one.name), str(session or trace), _number(one.feedback), judge, str(about.get(_SCORER, "")), bool(session), later
    )  # fmt: skip


def _number(feedback: Any) -> float | None:
    """The number that goes into MLflow's mean, None where none does."""
    value = feedback.value
    if feedback.error is not None or value is None:
        return None
    if isinstance(value, str):
        return _WORDS.get(value.lower())
    return float(value) if isinstance(value, bool | int | float) else None


def piece(found: Cases, key: str, value: float) -> tuple[dict[str, Any], str]:
    """The fields that the cases add to a metric's value, and why it cannot be believed, or nothing.

    A mean of what is right or wrong gets `successes` and `outcomes`; what models judged, their `judge`.  A number that leaves cases
    out, or is not what the assessments come to, or that somebody corrects by a later assessment, is none.
    """
    own, name, how = found.of(key), *key.rpartition("/")[::2]
    if not found.traces:
        return {}, "of cases whose traces are gone"
    if not own:
        return {}, ""  # logged beside the evaluation
    judges = sorted({a.judge for a in own if a.judge})
    scorers = {a.scorer for a in own}
    said: dict[str, Any] = {"judge": {"model": ", ".join(judges)}} if judges else {}
    said |= {"protocol": next(iter(scorers))} if len(scorers) == 1 and "" not in scorers else {}
    asked = found.sessions if any(a.session for a in own) else len(found.traces)
    values = {a.case: a.value for a in own}
    there = [v for v in values.values() if v is not None]
    if not found.whole:
        return said, f"of more than {MOST:,} cases"
    if len(values) < len(own):
        return said, f"with several assessments `{name}` of one case"
    if len(there) < asked:
        return said, f"of {len(there)} of {asked} cases"
    if changed := sum(a.later for a in own):
        return said, f"and {changed} of {asked} cases were judged otherwise since"
    said["samples"] = asked
    if how != _MEAN:
        return said, ""
    if abs(sum(there) / len(there) - value) > outcomes.EQUAL:
        return said, f"and its {asked} assessments come to {sum(there) / len(there):.6g}"
    truths = outcomes.truths(there)
    if truths is not None:
        said["successes"] = sum(truths)
        said |= _outcomes(found, {a.case: a.value == 1 for a in own})
    return said, ""


def _outcomes(found: Cases, right: Mapping[str, bool]) -> dict[str, Any]:
    """Which cases were right, where each is known by what it asks and none twice; else nothing."""
    known = {found.traces.get(trace, ""): value for trace, value in right.items()}
    if "" in known or len(known) < len(right):
        return {}
    try:
        return {"outcomes": outcomes.of(known, {case: outcomes.content(case) for case in known})}
    except InvalidError:
        return {}
