"""The renderer of the codes' pages: what `policy explain` shows on a terminal."""

from __future__ import annotations

import re

from letpass.cli.page import render
from tests.cli.conftest import Show

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


def test_a_page_is_as_wide_as_its_terminal(show: Show) -> None:
    """Up to 100 columns; its headings are bold."""
    narrow, _ = show("explain", "300", COLUMNS="44")
    wide, _ = show("explain", "300", COLUMNS="400")

    def widest(text: str) -> int:
        return max(len(line) for line in text.splitlines() if re.match(r"  \w", line))

    assert narrow.startswith("\x1b[1mGATE300: a rule fails\x1b[0m\n")
    assert 30 < widest(narrow) <= 44 < 80 < widest(wide) <= 100
    assert "\x1b" not in show("explain", "300", "--color", "never")[0]
