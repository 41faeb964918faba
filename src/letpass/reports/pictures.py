"""Margins as small pictures: SVG without style or script, its meaning in words inside it.

Colours are presentation attributes, which a page's stylesheet may overrule by class: they show where no style is let in.
"""

from __future__ import annotations

from math import isfinite

from markupsafe import Markup, escape

from letpass.diagnostics import clean
from letpass.frozen import Frozen

WIDTH, HEIGHT = 300, 26
_LEFT, _RIGHT = 4.0, WIDTH - 4.0
_KINDS = {True: ("good", "#1a7f37"), False: ("bad", "#c4242b"), None: ("open", "#57606a")}


class Picture(Frozen):
    """What a picture shows, all in one unit: the value seen, the bound that it is held to and on which side of that it
    should be (`higher`, `lower`, or nothing where that is not known), the champion's value, and an interval."""

    label: str
    value: float
    bound: float | None = None
    side: str = ""
    holds: bool | None = None
    champion: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def points(self) -> list[float]:
        """All values that are drawn on its scale."""
        found = (self.value, self.bound, self.champion, self.low, self.high)
        return [p for p in found if p is not None]


def extent(points: list[float]) -> tuple[float, float]:
    """Where an axis begins and ends: at zero, and for shares at one, unless all are so small that nothing would show."""
    low, high = min([0.0, *points]), max([0.0, *points])
    if low == 0 and 0.1 < high <= 1:
        return 0.0, 1.0
    room = (high - low) * 0.12 or 1.0
    return low - (room if low < 0 else 0), high + (room if high > 0 else 0)


def draw(picture: Picture, number: str, axis: tuple[float, float] | None = None) -> Markup:
    """The picture; `number` makes its ids one of a kind in the page.  Nothing where a value has no place on a line."""
    if not all(isfinite(p) for p in picture.points):
        return Markup("")
    start, end = axis or extent(picture.points)
    if not isfinite(end - start) or end <= start:
        return Markup("")

    def x(value: float) -> float:
        at = _LEFT + (value - start) / (end - start) * (_RIGHT - _LEFT)
        return round(min(max(at, _LEFT), _RIGHT), 1)

    parts = [f'<rect class="track" x="{_LEFT}" y="9" width="{_RIGHT - _LEFT}" height="8" fill="#d9d9de"/>']
    if picture.bound is not None and picture.side:
        first, last = (x(picture.bound), _RIGHT) if picture.side == "higher" else (_LEFT, x(picture.bound))
        parts.append(
            f'<rect class="zone" x="{first}" y="4" width="{round(last - first, 1)}" height="18" fill="#cfe6d4"/>'
        )
    zero, at = x(min(max(0.0, start), end)), x(picture.value)
    kind, colour = _KINDS[picture.holds]
    parts.append(
        f'<rect class="{kind}" x="{min(zero, at)}" y="9" width="{round(max(abs(at - zero), 1.5), 1)}" height="8" fill="{colour}"/>'
    )
    if picture.low is not None and picture.high is not None:
        low, high = x(picture.low), x(picture.high)
        parts.append(
            f'<path class="whisker" d="M{low} 9v8M{low} 13H{high}M{high} 9v8" stroke="#1f2328" stroke-width="1.5" fill="none"/>'
        )
    if picture.bound is not None:
        parts.append(
            f'<path class="bound" d="M{x(picture.bound)} 2v22" stroke="#1f2328" stroke-width="2.5" fill="none"/>'
        )
    if picture.champion is not None:
        parts.append(
            f'<circle class="champion" cx="{x(picture.champion)}" cy="13" r="4.5" fill="#fff" stroke="#0550ae" stroke-width="2.5"/>'
        )
    return Markup(  # noqa: S704 - numbers of ours, and a label that is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{number}" width="{WIDTH}" height="{HEIGHT}"'
        f' viewBox="0 0 {WIDTH} {HEIGHT}"><title id="{number}">{escape(clean(picture.label))}</title>{"".join(parts)}</svg>'
    )
