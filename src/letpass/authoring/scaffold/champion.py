"""A policy from a champion: for each of its metrics a rule that it passes, and that what is clearly worse does not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from letpass.authoring.scaffold import bounds, wording
from letpass.authoring.scaffold.rule import Gated, Known, gated, named, shown, value_of
from letpass.diagnostics import LetpassError, ScaffoldError, Source
from letpass.evaluation.decision import Decision
from letpass.facts.record import Holder, Record
from letpass.facts.schema import VOCABULARY
from letpass.facts.slots import as_of
from letpass.frozen import Frozen
from letpass.gate.judgement import judge
from letpass.language.formatter import format_text
from letpass.move import promotion
from letpass.project.policyset import from_texts

FILE = "champion.policy"


class Written(Frozen):
    """The policy's text, its rules, and what has no rule."""

    name: str
    text: str
    rules: tuple[Gated, ...]
    left: tuple[str, ...]
    decision: Decision


def write(
    record: Record, known: Known, shipped: Known, stage: str, margin: Decimal, now: int, *, alone: bool, taken: set[str],
    widened: bool = False,
) -> Written:  # fmt: skip
    """The policy, checked and passed by the champion itself; raises `ScaffoldError` where there is nothing to gate.

    known: what the project declares, which counts before what is shipped · margin: in percent, and what chance takes where it is `widened` · alone: the registry has
    no other model · taken: names of policies that there are.
    """
    record = as_of(record, now)
    names = dict.fromkeys(name for section, name in record.measures if section == "metrics")
    if not names:
        raise _nothing(record, "it records no metric", "record what was measured under `metrics:`")
    labels: set[str] = set()
    declared: dict[str, str] = {}
    rules: list[Gated] = []
    left: list[str] = []
    readable = False
    for name in names:
        pieces = record.measures["metrics", name]
        for piece in pieces:
            readable = readable or isinstance(value_of(piece), float)
            found = gated(
                record, name, piece, len(pieces) > 1, known, shipped, margin, labels, declared, widened=widened
            )
            if isinstance(found, Gated):
                rules.append(found)
            else:
                left.append(f"no rule for {named(name, piece)}: {found}")
    if not readable:
        raise _nothing(record, "none of its metrics is a number", "measure it again, and record numbers")
    header = _header(record, stage, margin, alone=alone, taken=taken, widened=widened and any(r.kept for r in rules))
    return _checked(header, rules, left, record, stage, now)


def _checked(
    header: tuple[str, list[str]], rules: list[Gated], left: list[str], record: Record, stage: str, now: int
) -> Written:
    """The text in which every rule compiles and holds for the champion; whatever does not is left out, and said."""
    name, lines = header
    for _ in range(3):
        if not rules:
            help_ = "declare one in a policy file of the project: `metric auc: ratio, higher is better`"
            raise _nothing(record, f"of none of its metrics is it known which way is better{_first(left)}", help_)
        try:
            text = format_text(Source(FILE, _text(lines, rules, left)))
            decision = _decide(text, record, stage, now)
        except LetpassError:
            bad = {r.label for r in rules if not _stands(lines, r)}
        else:
            bad = {str(r.rule.label) for r in decision.rules if r.truth is not True}
            if not bad:
                return Written(name, text, tuple(rules), tuple(left), decision)
        left = [
            *left,
            *[f"no rule for {shown(r.name)}: no condition on it would hold" for r in rules if r.label in bad],
        ]
        rules = [r for r in rules if r.label not in bad]
    raise AssertionError("the rules of a champion do not compile")


def _stands(lines: list[str], rule: Gated) -> bool:
    try:
        format_text(Source(FILE, _text(lines, [rule], [])))
        from_texts({FILE: _text(lines, [rule], [])}, VOCABULARY, warn=False)
    except LetpassError:
        return False
    return True


def _decide(text: str, record: Record, stage: str, now: int) -> Decision:
    policies = from_texts({FILE: text}, VOCABULARY)
    return judge(policies, record, promotion(stage), now, Holder.NOBODY)


def _first(left: list[str]) -> str:
    return f": {left[0]}" if left else ""


def _nothing(record: Record, why: str, help_: str) -> ScaffoldError:
    source = record.document.source.name if record.document is not None else ""
    return ScaffoldError.of("GATE014", f"no rule can be made from `{record.name}`: {why}", source, help_)


# ---------------------------------------------------------------- the text


def _header(
    record: Record, stage: str, margin: Decimal, *, alone: bool, taken: set[str], widened: bool
) -> tuple[str, list[str]]:
    """The policy's name, and the first lines of its text."""
    model = record.text("model")
    name = wording.once(wording.label(model, stage) or "champion", taken)
    whose = wording.text(f"No worse than {record.name}") or '"No worse than the champion"'
    share = f"{bounds.plain(margin):f} %"
    slack = f"{share} worse than that, rounded so that the champion itself passes" if margin else "that value, rounded"
    chance = ["# Where it is told how sure a value is, a bound is so far off that of equal versions nine in ten pass."]
    lines = [
        f"# From what {wording.comment(record.name)} reached, by `policy init --from-champion`: each bound is",
        f"# {slack}.",
        *(chance if widened else []),
        f"policy {name}: {whose}",
        f'  on promotion to "{stage}"',
    ]
    quoted = wording.text(model)
    if not alone and quoted is not None:
        lines.append(f"  applies when model is {quoted}")
    return name, lines


def _text(lines: list[str], rules: list[Gated], left: list[str]) -> str:
    """The whole text, not laid out yet."""
    return (
        "\n".join([*lines, "", *_metrics(rules), *[line for r in rules for line in ("", *r.lines)], *_left(left)])
        + "\n"
    )


def _metrics(rules: list[Gated]) -> Iterator[str]:
    """The declarations that the rules need, each once."""
    seen: set[str] = set()
    for rule in rules:
        name, on, _ = rule.use.partition(" on ")
        if name in seen:
            continue
        seen.add(name)
        metric = rule.metric
        unit = f" in {metric.type.unit}" if metric.type.unit else ""
        data_set = f", on {wording.text(rule.data_set)}" if not on and rule.data_set is not None else ""
        recorded = f", recorded as {wording.text(rule.name)}" if rule.name != name else ""
        doc = wording.text(metric.doc) if metric.doc is not None else None
        yield f"metric {name}: {metric.type.kind}{unit}, {metric.better} is better{data_set}{recorded}{f' {doc}' if doc else ''}"


def _left(left: list[str]) -> list[str]:
    return ["", *[f"# {line}" for line in left]] if left else []
