"""The decision as a program is given it: it shows itself, and is judged nowhere but in the evaluation."""

from __future__ import annotations

from letpass.diagnostics import InvalidError, nearest, offer
from letpass.evaluation import decision as evaluation
from letpass.facts.record import Holder, Record
from letpass.facts.tenure import Tenure
from letpass.gate import judgement
from letpass.move import Move
from letpass.project.policyset import PolicySet
from letpass.reports import FORMATS, brief
from letpass.reports.interface import Report, Style, renderer
from letpass.trust.accepted import NOTHING, Accepted

WITH_INPUTS = "json"
"""The format that holds all that a replay needs, which a decision alone has not."""


class Decision(evaluation.Decision):
    """The answer to a move, and all that it rests on.  `print` shows it in three lines, a notebook in a few more, and `report`
    in full.

    verdict, allowed, `bool(decision)`: the answer · rules, blocking, holds, objections: what it rests on, and what keeps it back ·
    record, move, champion, tenure, told: what was judged, and beside whom.  Equal inputs make equal decisions, byte for byte in JSON.
    """

    def report(self, form: str = "text", *, verbose: bool = False, columns: int = 0) -> str:
        """The report of it in one format, as `policy check -o FORMAT` writes it.

        form: `text`, `markdown`, `html` or another of `-o` · verbose: with the rules that hold · columns: the width of a text, 0
        for none.  Raises `InvalidError` for what is no format, and for `json`, which `storable` makes with what a replay needs.
        """
        if form == WITH_INPUTS:
            raise InvalidError(
                "`json` holds the inputs too: write `storable(decision, policies)`, or `decision.as_json()`"
            )
        if form not in FORMATS:
            raise InvalidError(
                f"there is no format `{form}`; "
                + (offer(nearest(form, FORMATS)) or f"formats are {', '.join(FORMATS)}")
            )
        return renderer(form)(Report((self,), style=Style(verbose=verbose, columns=columns)))

    def __str__(self) -> str:
        return brief.text(self)

    def _repr_html_(self) -> str:
        return brief.cell(self)


def shown(decision: evaluation.Decision) -> Decision:
    """A decision that shows itself, equal in all that it says."""
    made = object.__new__(Decision)
    made.__dict__.update(decision.__dict__)
    return made


def judge(
    policies: PolicySet,
    record: Record,
    move: Move,
    now: int,
    champion: Record | Holder | None = Holder.UNASKED,
    accepted: Accepted = NOTHING,
    *,
    tenure: Tenure | None = None,
    as_of: bool = False,
    told: tuple[str, ...] = (),
    environments: tuple[str, ...] = (),
) -> Decision:
    """The decision on one move of one record by policies alone: no registry, ledger or trust file is looked at.

    now: microseconds since 1970 in UTC · champion: whom it is compared with; None or `Holder.NOBODY` says that there is none,
    and left out it is unknown · accepted: what people have signed, verified by the caller · tenure: how it is known who the
    champion is · as_of: the time is another than now · told: what the caller states that nothing vouches for, in words ·
    environments: where a deployment leads.  A version is no champion over itself, and one of another model is none either.
    """
    holder = Holder.NOBODY if champion is None else champion
    return shown(
        judgement.judge(
            policies,
            record,
            move,
            now,
            holder,
            accepted,
            tenure=tenure,
            as_of=as_of,
            told=told,
            environments=environments,
        )
    )
