"""Results of promptfoo (0.118, version 3 of its results): the JSON that `promptfoo eval -o FILE.json` writes.

Read are `config.description`, `results.prompts[]`, `results.results[]`, `results.stats`, `results.timestamp` and
`metadata.promptfooVersion`.  Scores are weighted sums and no shares, and are not read.  A test that asserts nothing, or nothing that
can fail, is a success there.
"""

from __future__ import annotations

import json
from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import protocols, sources
from letpass.evidence.interface import Asked, NotWholeError, Part
from letpass.evidence.sources import mapping_or_empty, mappings_in
from letpass.facts import values
from letpass.frozen import Frozen

TOOL = "promptfoo"
VERSION = 3
_JUDGED = (
    "llm-rubric",
    "model-graded-",
    "g-eval",
    "factuality",
    "answer-relevance",
    "context-",
    "select-best",
    "agent-rubric",
)
"""How the types of assertions begin that ask a model."""


class Tests(Frozen):
    """The tests of one prompt at one provider, and how many of them succeeded, failed, ended in an error, and assert nothing.

    asked: what each asks and asserts, as a text.
    """

    prompt: dict[str, Any]
    of: list[dict[str, Any]]
    asked: list[str]
    good: int
    bad: int
    broken: int
    idle: int
    half: int


def read(data: bytes, asked: Asked) -> Part:
    """A suite for each provider and prompt, with the metric `SUITE/success_rate`.

    A single one is called as the run is described, several `DESCRIPTION/PROVIDER/PROMPT`.  Where a test ended in an error, the suite
    has no result and there is no metric.  asked: `suite`, where the run is not described, `data_set`, which the file does not say, `ran_at` and `units`.
    Raises `InvalidError` for another file, and for one that counts other tests than it shows.
    """
    file = sources.json_mapping(data)
    results = file.get("results")
    if not isinstance(results, dict) or not {"prompts", "results", "stats"} <= results.keys():
        raise InvalidError("no results of promptfoo: `promptfoo eval -o FILE.json` writes them")
    if results.get("version") != VERSION:
        raise InvalidError(
            f"results of promptfoo of version {values.written(results.get('version'))}, and {VERSION} is read"
        )
    config = sources.mapping(file.get("config") or {}, "`config`")
    title = asked.suite or sources.word(config, "description")
    if title is None:
        raise InvalidError("the run is not described; name its suite with --suite")
    suites: list[dict[str, Any]] = []
    metrics: dict[str, Any] = {}
    notices: list[dict[str, str]] = []
    every = _tests(results)
    source, at = f"{TOOL} {_version(file)}", sources.word(results, "timestamp") or asked.ran_at
    for tests in every:
        name = title if len(every) == 1 else f"{title}/{_word(tests.prompt, 'provider')}/{_word(tests.prompt, 'label')}"
        if any(name == suite["name"] for suite in suites):
            raise InvalidError(f"two prompts make one name: `{name[:80]}`")
        suites.append(_suite(name, tests, source, at))
        if not tests.broken and tests.good + tests.bad and not _repeated(tests):
            metrics[f"{name}/success_rate"] = _rate(f"{name}/success_rate", tests, file, asked, source, at)
        if tests.half:
            what = f"{tests.half} of the tests of `{name[:80]}` succeeded though not all that they assert held (`threshold`)"
            notices.append({"kind": "half-passed", "what": what})
    found: Part = {"suites": suites, **({"notices": notices} if notices else {})}
    return found | sources.metrics(asked, metrics) if metrics or asked.units else found


def _tests(results: dict[str, Any]) -> list[Tests]:
    """The tests by prompt and provider, compared with what the file counts."""
    prompts = sources.mappings(results["prompts"], "`prompts`")
    by: list[list[dict[str, Any]]] = [[] for _ in prompts]
    for test in sources.mappings(results["results"], "`results.results`"):
        at = sources.count(test.get("promptIdx"), "promptIdx")
        if at >= len(by):
            raise InvalidError(f"a test of a prompt that is not there: {at}")
        by[at].append(test)
    found = [_counted(prompt, tests) for prompt, tests in zip(prompts, by, strict=True)]
    stats = sources.mapping(results["stats"], "`stats`")
    said = [sources.count(stats.get(key), key) for key in ("successes", "failures", "errors")]
    seen = [sum(t.good + t.idle for t in found), sum(t.bad for t in found), sum(t.broken for t in found)]
    if said != seen:
        raise InvalidError(
            f"it counts {said[0]} successes, {said[1]} failures and {said[2]} errors, and shows {seen[0]}, {seen[1]} and {seen[2]}"
        )
    if not found:
        raise NotWholeError("a run of no case: it has no prompt")
    return found


def _counted(prompt: dict[str, Any], tests: list[dict[str, Any]]) -> Tests:
    good = bad = broken = idle = half = 0
    for test in tests:
        reason = test.get("failureReason")
        if reason not in (None, 0, 1):  # an error, or what nobody knows
            broken += 1
        elif test.get("success") is not True or _speaks_against(test):
            bad += 1
        elif not any(map(_can_fail, _assertions(test))):
            idle += 1
        else:
            good += 1
            half += _is_half(test)
    return Tests(prompt, tests, [_asked(test) for test in tests], good, bad, broken, idle, half)


def _suite(name: str, tests: Tests, source: str, at: str | None) -> dict[str, Any]:
    cases = tests.good + tests.bad + tests.broken
    said: dict[str, Any] = {"name": name, "cases": cases, "source": source, **({"ran_at": at} if at else {})}
    if not cases:
        why = f"{tests.idle} of its tests assert nothing" if tests.idle else "it has no test"
        return {**said, "unread": f"a run of no case: {why}"}
    if tests.broken:
        failed = {"passed": False} if tests.bad else {}
        return {**said, **failed, "unread": f"did not end well: {tests.broken} of {cases} tests ended in an error"}
    return {**said, "passed": not tests.bad, "score": tests.good / cases}


def _rate(name: str, tests: Tests, file: dict[str, Any], asked: Asked, source: str, at: str | None) -> dict[str, Any]:
    samples = tests.good + tests.bad
    judges = _judges(tests, file)
    judge = {"model": ", ".join(judges)} if judges else None
    protocol = _protocol(tests, file, judges)
    return sources.measure(
        asked, name, tests.good / samples, samples=samples, successes=tests.good, measured_at=at, source=source, judge=judge, protocol=protocol,
    )  # fmt: skip


def _speaks_against(test: dict[str, Any]) -> bool:
    """Does anything else than `success` say that a test failed: where it says two things, the worse counts."""
    failed = mapping_or_empty(test.get("gradingResult")).get("pass") is False
    return failed or test.get("failureReason") == 1 or bool(test.get("error"))


def _assertions(test: dict[str, Any]) -> list[dict[str, Any]]:
    """What a test asserts, also what stands in sets of assertions."""
    waiting = mappings_in(mapping_or_empty(test.get("testCase")).get("assert"))
    if not any("assert" in each for each in waiting):
        return waiting
    found, waiting = [], waiting[::-1]
    while waiting:
        each = waiting.pop()
        if "assert" in each:
            waiting += mappings_in(each["assert"])[::-1]
        else:
            found.append(each)
    return found


def _can_fail(assertion: dict[str, Any]) -> bool:
    """May an assertion fail: one of the weight 0 only measures, and promptfoo lets it pass whatever it found."""
    weight = assertion.get("weight")
    return type(weight) not in {int, float} or weight != 0


def _is_half(test: dict[str, Any]) -> bool:
    """Did a test succeed though not all that it asserts held."""
    parts = mappings_in(mapping_or_empty(test.get("gradingResult")).get("componentResults"))
    return any(each.get("pass") is False for each in parts)


def _repeated(tests: Tests) -> bool:
    """Does one test stand there more than once: its repetitions are no cases of their own."""
    return len(set(tests.asked)) != len(tests.asked)


def _asked(test: dict[str, Any]) -> str:
    """What a test asks and asserts, as a text."""
    return json.dumps([_case(test), _assertions(test)], sort_keys=True)


def _case(test: dict[str, Any]) -> Any:
    case = test.get("testCase")
    return [case.get(key) for key in ("vars", "threshold")] if isinstance(case, dict) else test.get("vars")


def _judges(tests: Tests, file: dict[str, Any]) -> list[str] | None:
    """The models that judged; None where an assertion asks one that the file does not name, empty where none does."""
    default = mapping_or_empty(mapping_or_empty(file.get("config")).get("defaultTest"))
    found: dict[str, None] = {}
    for test in tests.of:
        for each in _assertions(test):
            if not str(each.get("type")).removeprefix("not-").startswith(_JUDGED):
                continue
            options = [holder.get("options") for holder in (mapping_or_empty(test.get("testCase")), default)]
            named = [_model(mapping_or_empty(holder).get("provider")) for holder in (each, *options)]
            model = next((m for m in named if m), None)
            if model is None:
                return None
            found[model] = None
    return list(found)


def _model(provider: Any) -> str | None:
    name = provider.get("id") if isinstance(provider, dict) else provider
    return name if isinstance(name, str) and name else None


def _protocol(tests: Tests, file: dict[str, Any], judges: list[str] | None) -> str | None:
    """The digest of how the tests were asked; None where a judge is not known for what it is."""
    if judges is None or not protocols.pinned(judges):
        return None
    config = mapping_or_empty(file.get("config"))
    label = tests.prompt.get("provider")
    provider = [p for p in mappings_in(config.get("providers")) if label in (p.get("label"), p.get("id"))]
    return protocols.digest(
        TOOL, _version(file), prompt=tests.prompt.get("raw"), settings=[p.get("config") for p in provider], tests=sorted(tests.asked),
        defaults=config.get("defaultTest"), judges=judges or None,
    )  # fmt: skip


def _version(file: dict[str, Any]) -> str:
    return sources.word(mapping_or_empty(file.get("metadata")), "promptfooVersion") or "of no version"


def _word(holder: dict[str, Any], key: str) -> str:
    return sources.word(holder, key) or "unnamed"
