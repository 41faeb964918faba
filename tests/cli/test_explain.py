"""The renderer of the codes' pages: what `policy explain` shows on a terminal."""

from __future__ import annotations

from assay.cli.page import render

PAGE = """# GATE999: a title

## What it means

One sentence that is long enough for two lines, with `a-code` in it.

## Example

```policy
require wide: "a line of an example that is far longer than the columns there are" is recorded
# no heading

last
```
"""


def test_headings_lose_their_marks_prose_is_wrapped_and_examples_stay() -> None:
    """Nothing in an example is touched: neither its width nor what looks like a heading."""
    assert (
        render(PAGE, 40)
        == """GATE999: a title

What it means

  One sentence that is long enough for
  two lines, with `a-code` in it.

Example

    require wide: "a line of an example that is far longer than the columns there are" is recorded
    # no heading

    last
"""
    )


def test_headings_are_bold_where_there_are_colours() -> None:
    """Nothing else is coloured."""
    bold = [line for line in render(PAGE, 80, color=True).splitlines() if "\x1b" in line]

    assert [f"\x1b[1m{h}\x1b[0m" for h in ("GATE999: a title", "What it means", "Example")] == bold
