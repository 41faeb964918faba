"""The `report.jsonl` of a run of garak (0.17, and older ones that count `passed` of `total`), by the `entry_type` of its lines.

Read are `start_run setup`, `init`, `eval` and `completion` (garak's evaluators/base.py).  `passed` counts answers that are safe; the
interval is of the attack's success.  The hitlog beside it is no evidence: it is as empty when nothing ran as when nothing was found.
"""

from __future__ import annotations

from typing import Any

from letpass.diagnostics import InvalidError
from letpass.evidence import lines, protocols, sources
from letpass.evidence.interface import Asked, NotWholeError, Part

TOOL = "garak"
SMALLER = """`grep -v '"entry_type": "attempt"' FILE > small.report.jsonl` keeps all that is read"""
_ONCE = ("start_run setup", "init", "completion")


def read(data: bytes, asked: Asked) -> Part:
    """A metric `PROBE/DETECTOR/safe` on the data set PROBE for each evaluation: the share of answers that are safe.

    One of which the detector could not judge some answers is a text.  asked: `ran_at`, where `start_time` has no zone, and
    `units`.  Raises `InvalidError` for a run that did not end, for two in one file, and for an evaluation that stands twice.
    """
    once: dict[str, dict[str, Any]] = {}
    evals = []
    for line in lines.read(data):
        kind = line.get("entry_type")
        if kind == "eval":
            evals.append(line)
        elif kind in _ONCE and once.setdefault(str(kind), line) is not line:
            raise InvalidError(f"two runs in one file: `{kind}` stands twice")
        elif not isinstance(kind, str):
            raise InvalidError("no report of garak: a line has no `entry_type`; the hitlog is none")
    missing = [kind for kind in _ONCE if kind not in once]
    if _ONCE[0] in missing:
        raise InvalidError("no report of garak: it does not begin with `start_run setup`")
    if missing:
        raise NotWholeError(f"the run did not end: it has no `{missing[0]}`")
    runs = {sources.word(once[kind], "run") for kind in _ONCE[1:]}
    if len(runs) != 1:
        raise InvalidError("two runs in one file: `init` and `completion` name different ones")
    found: dict[str, Any] = {}
    for line in evals:
        name, piece = _measure(line, once, asked)
        if name in found:
            raise InvalidError(f"`{name[:80]}` is evaluated twice")
        found[name] = piece
    return sources.metrics(asked, found)


def _measure(line: dict[str, Any], once: dict[str, dict[str, Any]], asked: Asked) -> tuple[str, dict[str, Any]]:
    probe, detector = (sources.word(line, key) for key in ("probe", "detector"))
    if probe is None or detector is None:
        raise InvalidError("an evaluation without a probe or a detector")
    name = f"{probe}/{detector}/safe"
    safe = sources.count(line.get("passed"), "passed")
    total = sources.count(line.get("total_evaluated", line.get("total")), "total_evaluated")
    nones = sources.count(line.get("nones", 0), "nones")
    if safe > total or ("fails" in line and safe + sources.count(line["fails"], "fails") != total):
        raise InvalidError(f"the counts of `{name[:80]}` do not make {total} answers")
    processed = sources.count(line.get("total_processed", total + nones), "total_processed")
    version = sources.word(once["init"], "garak_version")
    fields: dict[str, Any] = {
        "data_set": probe,
        "measured_at": sources.time(once["init"], "start_time"),
        "source": f"garak {version}" if version else TOOL,
    }
    if nones or not total or processed != total:
        value = sources.partial(safe / total if total else None, total, max(processed, total + nones), "answers")
        return name, sources.measure(asked, name, value, **fields)
    fields |= {"samples": total, "successes": safe, "interval": _interval(line)}
    fields["protocol"] = _protocol(line, once["start_run setup"], version or "")
    return name, sources.measure(asked, name, safe / total, **fields)


def _interval(line: dict[str, Any]) -> dict[str, float | str] | None:
    """The interval of the safe share, from that of the attack's success; its level is written as a text."""
    low, high = (sources.real(line.get(f"confidence_{end}")) for end in ("lower", "upper"))
    try:
        level = float(line["confidence"])
    except (KeyError, TypeError, ValueError):
        return None
    if low is None or high is None or not 0 < level < 1:
        return None
    if not 0 <= low <= high <= 1:
        # no interval of a share: it is shown, cannot be read, and nothing stands in for it
        return {"low": f"1 - {high:g}", "high": f"1 - {low:g}", "level": level}
    return {"low": 1 - high, "high": 1 - low, "level": level}


def _protocol(line: dict[str, Any], setup: dict[str, Any], version: str) -> str | None:
    seed = setup.get("run.seed")
    return protocols.digest(
        TOOL, version, probe=line["probe"], detector=line["detector"], generations=setup.get("run.generations"),
        seed=seed, threshold=setup.get("run.eval_threshold"), system=setup.get("run.system_prompt"),
    )  # fmt: skip
