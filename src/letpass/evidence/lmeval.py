"""Results of lm-eval (lm-evaluation-harness 0.4): the `results_*.json` of its EvaluationTracker, with `samples_*.jsonl` beside it.

Read are `results`, `group_subtasks`, `configs`, `versions`, `n-shot`, `n-samples`, `task_hashes`, `date`, `lm_eval_version` and what
says how the model was asked.  `groups` says again what `results` says, and is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import lmsamples, outcomes, protocols, sources
from letpass.evidence.interface import Asked, NotWholeError, Part
from letpass.evidence.lmsamples import Cases
from letpass.facts.values import moment
from letpass.frozen import Frozen

TOOL = "lm-eval"
MOST_OF_GROUPS = 50_000
"""Numbers of results by the tasks that each is of: the largest of the usual groups has a hundred times fewer."""
_BUILDERS = frozenset({"arrow", "csv", "json", "parquet", "text", "pandas", "webdataset", "imagefolder", "audiofolder"})
"""What `dataset_path` names where the data are files of one's own."""
_UNVERSIONED = (None, "Yaml", "N/A")
"""What stands for the version of a task that has none."""
_SHARES = frozenset({"acc", "acc_norm", "exact_match"})
"""Metrics whose value in each case lies within 0 and 1."""
_ASKED = (
    *("output_type", "doc_to_text", "doc_to_target", "doc_to_choice", "process_docs", "process_results", "description"),
    *(
        "target_delimiter",
        "fewshot_delimiter",
        "fewshot_config",
        "gen_prefix",
        "use_prompt",
        "repeats",
        "generation_kwargs",
    ),
)
"""Settings of a task that say how the model is asked, and how its answer is taken."""


class Run(Frozen):
    """A run: its file, what is asked besides, when it began, and the cases of each task whose samples are there."""

    file: dict[str, Any]
    asked: Asked
    at: str | None
    cases: Mapping[str, Cases]

    def of(self, section: str, task: str) -> Any:
        """What a section of the file says of a task, None where it says nothing."""
        return sources.mapping(self.file.get(section) or {}, f"`{section}`").get(task)

    def settings(self, task: str) -> dict[str, Any]:
        """The settings of a task."""
        return sources.mapping(self.of("configs", task) or {}, f"`configs` of `{task[:60]}`")


def read(data: bytes, asked: Asked) -> Part:
    """A metric `TASK/METRIC`, or `TASK/METRIC/FILTER`, for each number of each task and group.

    One whose task left cases out is a text.  `samples` are the cases of these tasks, told by the hash that the results have of
    them: of a metric that is right or wrong in each case they give the outcomes.  asked: `data_set`, where the task's data are
    files of one's own, `units` and `ran_at`.  Raises `InvalidError` for another file, and for samples of another run.
    """
    file = sources.json_mapping(data)
    return of(file, asked, lmsamples.by_task(file.get("task_hashes"), asked.samples))


def of(file: dict[str, Any], asked: Asked, cases: Mapping[str, Cases]) -> Part:
    """The metrics of results in plain data, with the cases of their tasks."""
    if not {"results", "configs"} <= file.keys():
        raise InvalidError("no results of lm-eval: it has no `results` and `configs`")
    run = Run(file, asked, _date(file.get("date")), cases)
    results = sources.mapping(file["results"], "`results`")
    found: dict[str, Any] = {}
    looked_at = 0
    for task, said in results.items():
        subtasks = _subtasks(run, task)
        looked_at += len(subtasks) * (len(said) if isinstance(said, dict) else 1)
        if looked_at > MOST_OF_GROUPS:
            raise InvalidError(f"its groups have more than {MOST_OF_GROUPS:,} numbers of tasks in all")
        for key, value in sources.mapping(said, f"`{task[:60]}`").items():
            metric, comma, filter_ = key.partition(",")
            if not comma or metric.endswith("_stderr") or key.startswith(" "):
                continue
            name = f"{task}/{metric}" + (f"/{filter_}" if filter_ != "none" else "")
            if name in found:
                raise InvalidError(f"the metric `{name[:60]}` stands twice")
            error = said.get(f"{metric}_stderr,{filter_}")
            found[name] = _measure(run, name, task, subtasks, (metric, filter_), value, error)
    return sources.metrics(run.asked, found)


def _measure(
    run: Run, name: str, task: str, subtasks: tuple[str, ...], key: tuple[str, str], value: Any, error: Any
) -> dict[str, Any]:
    """The piece of one number; `subtasks`: the tasks that it is of, itself where it is no group."""
    counts = [_counts(run, each) for each in subtasks]
    original, effective = (sum(column) for column in zip(*counts, strict=True))
    version = run.of("versions", task)
    fields: dict[str, Any] = {
        "measured_at": run.at,
        "data_set": _common(run, subtasks, _data_set),
        "data_digest": _common(run, subtasks, _revision),
        "split": _common(run, subtasks, _split),
        "source": f"lm-eval {_version(run)}, task {task}"
        + (f" version {version}" if version not in _UNVERSIONED else ""),
    }
    if fields["data_set"] is None and run.asked.data_set is None:
        raise InvalidError(
            f"the data of `{task[:60]}` are files that have no name of their own; name them with --data-set"
        )
    if effective != original:
        return sources.measure(run.asked, name, sources.partial(value, effective, original), **fields)
    if effective == 0:
        raise NotWholeError(f"`{task[:60]}` was measured on no case")
    fields |= {"samples": effective, "protocol": _protocol(run, subtasks, key)}
    means = all(_is_mean(run, each, key[0]) for each in subtasks)
    if means and subtasks == (task,) and key[0] in _SHARES and outcomes.too_wide(value, error, effective):
        raise InvalidError(
            f"`{name[:60]}` has a standard error of {error}, which {effective} cases cannot have: fewer were measured"
        )
    right = run.cases[task].right(key) if task in run.cases else None
    if right is not None and means and not outcomes.share(right.values(), value):
        raise InvalidError(f"`{name[:60]}` is {value}, and its cases make {sum(right.values())} of {len(right)}")
    if right is not None and outcomes.share(right.values(), value):
        fields |= {"successes": sum(right.values()), "outcomes": outcomes.of(right, run.cases[task].contents)}
    elif means and (proved := outcomes.successes(value, error, effective)) is not None:
        fields["successes"] = proved
    if "successes" not in fields and (spread := sources.real(error)) is not None and spread > 0:
        fields["standard_error"] = spread  # of cases that are right or wrong their number tells more
    return sources.measure(run.asked, name, value, **fields)


def _subtasks(run: Run, task: str) -> tuple[str, ...]:
    """The tasks whose cases a number is of: those of a group, through the groups in it, each once."""
    found: dict[str, None] = {}
    waiting, seen = [task], set[str]()
    while waiting:
        each = waiting.pop()
        inside = run.of("group_subtasks", each)
        if each in seen:
            continue
        seen.add(each)
        if not inside:
            found[each] = None
        elif isinstance(inside, list) and all(isinstance(name, str) for name in inside):
            waiting += reversed(inside)
        else:
            raise InvalidError(f"`group_subtasks` of `{each[:60]}` is no list of texts")
    return tuple(found)


def _counts(run: Run, task: str) -> tuple[int, int]:
    """How many cases a task has, and how many were measured."""
    said = run.of("n-samples", task)
    if said is None:
        raise InvalidError(
            f"it does not say how many cases of `{task[:60]}` were measured: it has no `n-samples` of it"
        )
    counts = sources.mapping(said, "`n-samples`")
    original, effective = (sources.count(counts.get(key), key) for key in ("original", "effective"))
    measured = sources.mapping(run.of("results", task) or {}, f"`{task[:60]}`").get("sample_len")
    if measured is not None:  # of a run with `--samples` this tells how many there were, and `n-samples` does not
        effective = min(effective, sources.count(measured, "sample_len"))
    if task in run.cases and len(run.cases[task].contents) != effective:
        raise InvalidError(
            f"{effective} cases of `{task[:60]}` were measured, and {len(run.cases[task].contents)} are there"
        )
    return original, effective


def _common(run: Run, subtasks: tuple[str, ...], what: Any) -> str | None:
    """What all the tasks of a number say alike, None where one says something else or nothing."""
    found = {what(run.settings(task)) for task in subtasks}
    return found.pop() if len(found) == 1 else None


def _data_set(settings: dict[str, Any]) -> str | None:
    path, name = sources.word(settings, "dataset_path"), sources.word(settings, "dataset_name")
    if path is None or path in _BUILDERS or path.startswith((".", "/", "~")):
        return None
    return f"{path}/{name}" if name else path


def _revision(settings: dict[str, Any]) -> str | None:
    """The commit of the data; a branch or a tag is another one tomorrow."""
    revision = sources.word(sources.mapping_or_empty(settings.get("dataset_kwargs")), "revision")
    return revision if revision is not None and protocols.pinned([f"@{revision}"]) else None


def _split(settings: dict[str, Any]) -> str | None:
    return sources.word(settings, "test_split") or sources.word(settings, "validation_split")


def _is_mean(run: Run, task: str, metric: str) -> bool:
    """Does a task say that a metric is the mean over its cases."""
    listed = sources.mappings_in(run.settings(task).get("metric_list"))
    return any(each.get("metric") == metric and each.get("aggregation") == "mean" for each in listed)


def _date(said: Any) -> str | None:
    """The moment of seconds since 1970 in UTC; the time in the file's name has no zone."""
    seconds = sources.real(said)
    return moment(int(seconds) * 1_000_000) if seconds is not None and 0 <= seconds < 253_402_300_800 else None


def _version(run: Run) -> str:
    return sources.word(run.file, "lm_eval_version") or "of no version"


def _protocol(run: Run, subtasks: tuple[str, ...], key: tuple[str, str]) -> str | None:
    """How a number was measured, None where something of that cannot be said."""
    told = [_how(run, task, key) for task in sorted(subtasks)]
    return protocols.digest(
        TOOL,
        _version(run),
        tasks=told,
        chat_template=run.file.get("chat_template_sha"),
        system=run.file.get("system_instruction_sha") or run.file.get("system_instruction"),
        turns=run.file.get("fewshot_as_multiturn") if run.file.get("chat_template_sha") else None,
    )


def _how(run: Run, task: str, key: tuple[str, str]) -> dict[str, Any]:
    """How one task was measured; the hash over its prompts is in `task_hashes`, temperature and filters are not."""
    settings, (metric, filter_) = run.settings(task), key
    asked = sources.mapping_or_empty(run.file.get("config"))
    generation = settings.get("generation_kwargs")
    drawn = [g for g in (generation, asked.get("gen_kwargs")) if isinstance(g, dict)]
    warm = any(g.get("do_sample") is True or g.get("temperature") not in (None, 0) for g in drawn)
    return {
        "task": task,
        "version": run.of("versions", task),
        "shots": run.of("n-shot", task),
        "prompts": run.of("task_hashes", task),
        "settings": {k: settings[k] for k in _ASKED if settings.get(k) is not None},
        "generation": asked.get("gen_kwargs"),
        "seeds": [asked.get(k) for k in ("random_seed", "numpy_seed", "torch_seed")] if warm else None,
        "shots_seed": asked.get("fewshot_seed") if run.of("n-shot", task) else None,
        "metric": [m for m in sources.mappings_in(settings.get("metric_list")) if m.get("metric") == metric] or metric,
        "filter": [f for f in sources.mappings_in(settings.get("filter_list")) if f.get("name") == filter_] or filter_,
        "limit": asked.get("limit"),
    }
