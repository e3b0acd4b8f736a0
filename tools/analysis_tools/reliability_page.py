"""The page of reliability as sections, each of which can be measured again alone."""

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

Preset = Literal['small', 'full']


class Section(NamedTuple):
    """One item of the page.

    Attributes:
        title: Its heading.
        measure: Makes its text, tables and sentences in Markdown without a heading. ``'small'``
            is to try the measurement within seconds; the page shows ``'full'``.
    """

    title: str
    measure: Callable[[Preset], str]


INTRODUCTION = """\
# Reliability

What is promised about long training runs and long videos, and what was measured of it. Written by

```bash
CUDA_VISIBLE_DEVICES= python tools/analysis_tools/reliability.py --out docs/reliability.md
```

Every section is a measurement of its own: `--only KEY` repeats one and leaves the others as they
are. The same measurements, smaller, are tests.
"""


def lay_out(sections: Mapping[str, Section], texts: Mapping[str, str]) -> str:
    """The page.

    Args:
        sections: In the order of the page.
        texts: What was measured, by key; sections without any are left out.
    """
    parts = [INTRODUCTION]
    parts += [
        f'## {section.title}\n\n{texts[key].strip()}\n'
        for key, section in sections.items()
        if key in texts
    ]
    return '\n'.join(parts)


def texts_of(page: str, sections: Mapping[str, Section]) -> dict[str, str]:
    """What a page holds of each section, by key."""
    _, *pieces = re.split(r'^## +', page, flags=re.M)
    found = dict(piece.split('\n', 1) for piece in pieces)
    return {
        key: found[section.title] for key, section in sections.items() if section.title in found
    }


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table whose first column is text and whose others are numbers."""
    rules = ['---', *['---:'] * (len(header) - 1)]
    return ''.join(f'| {" | ".join(cells)} |\n' for cells in (header, rules, *rows))
