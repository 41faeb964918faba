"""How a log of Inspect says that it was measured: solver, settings, scorer, epochs, limits, and the model that judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.evidence import protocols, sources
from letpass.evidence.sources import mapping_or_empty, mappings_in

TOOL = "inspect"
_GENERATION = (
    *("temperature", "top_p", "top_k", "max_tokens", "stop_seqs", "system_message", "num_choices", "reasoning_effort"),
    *("reasoning_tokens", "frequency_penalty", "presence_penalty", "logit_bias", "response_schema", "best_of"),
)
_LIMITS = (
    "limit",
    "sample_id",
    "message_limit",
    "token_limit",
    "turn_limit",
    "time_limit",
    "working_limit",
    "cost_limit",
    "score_on_error",
)
_GRADED = "model_graded"
"""How the names of Inspect's own scorers that ask a model begin."""
_JUDGES = ("model", "judge", "judge_model", "grader", "grader_model")


def source(file: dict[str, Any]) -> str:
    """Which run it was, in words."""
    about = mapping_or_empty(file.get("eval"))
    version = sources.word(mapping_or_empty(about.get("packages")), "inspect_ai") or "of no version"
    return f"inspect {version}, task {about.get('task')} version {about.get('task_version')}"


def judges(file: dict[str, Any], scorer: str) -> tuple[str, ...]:
    """The models that said which cases are right; empty where no model did, as far as the log tells.

    They are those in the scorer's options, else those in the role `grader`, else, where the scorer is one that asks a model,
    the model that was measured; else the models that were used besides it.
    """
    about = mapping_or_empty(file.get("eval"))
    options = [
        mapping_or_empty(s.get("options"))
        for s in mappings_in(about.get("scorers"))
        if _bare(s.get("name")) == _bare(scorer)
    ]
    named = [m for each in options for key in _JUDGES for m in _models(each.get(key))]
    roles = _models(mapping_or_empty(about.get("model_roles")).get("grader"))
    graded = _bare(scorer).startswith(_GRADED)
    used = mapping_or_empty(mapping_or_empty(file.get("stats")).get("model_usage"))
    model = str(about.get("model"))
    others = sorted(used.keys() - {model})
    return tuple(dict.fromkeys(named or ((roles or [model]) if graded else roles or others)))


def protocol(
    file: dict[str, Any], score: dict[str, Any], which: tuple[str, str, str | None], metric: Mapping[str, Any],
    judge: tuple[str, ...],
) -> str | None:  # fmt: skip
    """The digest of how a number was measured, None where a judge's name may mean another model tomorrow, or settings changed in the run."""
    if not protocols.pinned(judge) or file.get("config_updates"):
        return None
    about, plan = mapping_or_empty(file.get("eval")), mapping_or_empty(file.get("plan"))
    config = mapping_or_empty(about.get("config"))
    asked = {**mapping_or_empty(about.get("model_generate_config")), **mapping_or_empty(plan.get("config"))}
    return protocols.digest(
        TOOL,
        sources.word(mapping_or_empty(about.get("packages")), "inspect_ai") or "",
        task=about.get("task"),
        task_version=about.get("task_version"),
        arguments=mapping_or_empty(about.get("task_args")),
        solvers=[{k: s.get(k) for k in ("solver", "params")} for s in mappings_in(plan.get("steps"))],
        generation={k: asked[k] for k in _GENERATION if asked.get(k) is not None},
        seed=asked.get("seed") if asked.get("temperature") != 0 else None,
        scorer=[
            {k: s.get(k) for k in ("name", "options")}
            for s in mappings_in(about.get("scorers"))
            if _bare(s.get("name")) == _bare(which[1])
        ],
        score=[which[0], which[1], mapping_or_empty(score.get("params"))],
        metric=[metric.get("name"), mapping_or_empty(metric.get("params"))],
        reducer=which[2],
        epochs=config.get("epochs") or 1,
        limits={k: config[k] for k in _LIMITS if config.get(k) is not None},
        judge=list(judge) or None,
    )


def _models(said: Any) -> list[str]:
    """The names of models in an option, which may be one, several, or mappings that hold a name."""
    found = []
    for each in said if isinstance(said, list) else [said]:
        name = each.get("model") if isinstance(each, dict) else each
        found += [name] if isinstance(name, str) and name else []
    return found


def _bare(name: Any) -> str:
    """The name of a scorer without that of its package."""
    return str(name).rpartition("/")[2]
