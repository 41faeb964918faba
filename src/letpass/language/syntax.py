"""The syntax tree: frozen values, one class per construct; each docstring shows the syntax that it stands for.

Every node knows its span, which equality ignores.
"""

from __future__ import annotations

from decimal import Decimal

from letpass.diagnostics import NOWHERE, Span
from letpass.frozen import Frozen, part


class Node(Frozen):
    """What every node has."""

    span: Span = part(default=NOWHERE, kw_only=True, compare=False, repr=False)


# ---------------------------------------------------------------- values


class Number(Node):
    """`0.9`"""

    value: Decimal


class Percent(Node):
    """`90%`; value is 90"""

    value: Decimal


class Quantity(Node):
    """`50 ms`"""

    value: Decimal
    unit: str


class Date(Node):
    """`2027-12-02` or `2027-12-02T09:00:00Z`"""

    text: str


class Text(Node):
    """`"a text"`"""

    value: str


class Name(Node):
    """`latency_p99`, `artifact.digest`, `accuracy on "holdout-2026"`"""

    path: str
    data_set: str | None = None


class Sum(Node):
    """`a + b` or `a - b`"""

    left: Term
    operator: str
    right: Term


class Product(Node):
    """`a * 99%`"""

    left: Term
    right: Term


class Absolute(Node):
    """`abs(a - b)`"""

    operand: Term


class Extreme(Node):
    """`min(recall.slices.value where samples >= 100)`, `max(…)`"""

    which: str
    of: Name
    where: Expression | None = None


# ---------------------------------------------------------------- truths


class Not(Node):
    """`not a`"""

    operand: Expression


class Both(Node):
    """`a and b and c`"""

    parts: tuple[Expression, ...]


class Either(Node):
    """`a or b or c`"""

    parts: tuple[Expression, ...]


class Compare(Node):
    """`a >= b`, `a >= b paired corrected for its judge at 95% confidence over 5 tries`"""

    left: Term
    operator: str
    right: Term
    confidence: Decimal | None = None
    paired: bool = False
    corrected: bool = False
    tries: Decimal | None = None


class Member(Node):
    """`x is high`, `x is not high`, `x in {a, b}`, `x not in {a, b}`"""

    operand: Term
    symbols: tuple[str, ...]
    negated: bool = False
    listed: bool = False


class Like(Node):
    """`x like "s3://models/*"`"""

    operand: Term
    pattern: str


class Within(Node):
    """`registered_at within 30 days`"""

    operand: Term
    duration: Quantity


class Recorded(Node):
    """`a, b are recorded`"""

    operands: tuple[Term, ...]


class Pinned(Node):
    """`environment.image is pinned`"""

    operand: Term


class Computed(Node):
    """`artifact.digest is computed`"""

    operand: Term


class Champion(Node):
    """`there is a champion`"""


class Bars(Node):
    """`bars are older than evidence`"""


class Passed(Node):
    """`passed "Fairness Check" with score > 90% within 30 days`"""

    suite: str
    operator: str | None = None
    score: Literal | None = None
    within: Quantity | None = None


class Scanned(Node):
    """`scanned by "modelscan" within 7 days`"""

    tool: str
    within: Quantity | None = None


class Signed(Node):
    """`signed by 2 in role "validator" other than author within 30 days`, `signed by roles "maker", "risk"`"""

    roles: tuple[str, ...]
    count: Decimal | None = None
    other_than_author: bool = False
    within: Quantity | None = None


class Attested(Node):
    """`accuracy >= 0.9 attested by "eval-ci"`"""

    operand: Expression
    service: str


class Every(Node):
    """`all recall.slices where samples >= 100 have value >= 80%`"""

    of: Name
    where: Expression | None
    have: Expression


class Tally(Node):
    """`no scans.findings where severity >= high`, `at most 3 …`, `at least 2 …`; limit is None for `no`"""

    bound: str
    limit: Decimal | None
    of: Name
    where: Expression | None = None


Literal = Number | Percent | Quantity | Date
Term = Number | Percent | Quantity | Date | Text | Name | Sum | Product | Absolute | Extreme | Node
Expression = Node


# ---------------------------------------------------------------- statements


class On(Node):
    """`on promotion to staging, production`, `on review`, `on deployment from any stage`"""

    move: str
    stages: tuple[str, ...] = ()
    from_any: bool = False


class Header(Node):
    """`policy production-promotion: "Promotion to production" on promotion to production approved for 365 days owner "…"`"""

    name: str
    title: str
    on: tuple[On, ...] = ()
    approved: Quantity | None = None
    applies: Expression | None = None
    owner: str | None = None


class Use(Node):
    """`use "metrics.policy"`"""

    file: str


class Type(Node):
    """`duration in ms`"""

    kind: str
    unit: str | None = None


class Metric(Node):
    """`metric box_ap: ratio in %, higher is better, on "COCO", recorded as "box AP" "a doc"`"""

    name: str
    type: Type
    better: str | None = None
    data_set: str | None = None
    recorded_as: str | None = None
    doc: str | None = None


class Fact(Node):
    """`fact domain: one of {credit, hiring}`, `fact tier: ordered {low, high}`, `fact due: date`"""

    name: str
    type: Type | None = None
    symbols: tuple[str, ...] = ()
    ordered: bool = False
    doc: str | None = None


class Let(Node):
    """`let risky = risk >= high`"""

    name: str
    body: Expression


class When(Node):
    """`when risky`"""

    guard: Expression


class Because(Node):
    """`because "a reason"`"""

    text: str


class Fix(Node):
    """`fix "a remedy"`"""

    text: str


class Owner(Node):
    """`owner "risk-office@corp.example"`"""

    text: str


class From(Node):
    """`from 2027-12-02`"""

    date: Date


class Waivable(Node):
    """`waivable by role "chief-risk-officer" for 14 days`"""

    role: str
    duration: Quantity | None = None


Clause = When | Because | Fix | Owner | From | Waivable


class Rule(Node):
    """`require fair: fairness >= 0.9 because "…" fix "…"`, `advise …`"""

    keyword: str
    label: str | None
    test: Expression
    clauses: tuple[Clause, ...] = ()


Statement = Header | Use | Metric | Fact | Let | Rule


class Comment(Node):
    """`# to the end of its line`; text is without the `#`"""

    text: str


class PolicyText(Node):
    """A whole file: its statements in order, its comments in order, and what did not read, with blanks for all else."""

    statements: tuple[Statement, ...] = ()
    comments: tuple[Comment, ...] = ()
    unread: str = ""

    @property
    def header(self) -> Header | None:
        """The header, None where the text does not begin with one."""
        first = self.statements[0] if self.statements else None
        return first if isinstance(first, Header) else None
