"""The page of reliability as sections, each of which can be measured again alone."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tools.benchmarks.common.presets import Preset

COMMAND = 'python -m tools.benchmarks.reliability'


class Section(NamedTuple):
    """One item of the page.

    Attributes:
        title: Its heading.
        measure: Makes its text, tables and sentences in Markdown without a heading.
    """

    title: str
    measure: Callable[[Preset], str]


INTRODUCTION = f"""\
# Reliability

Promises about long training runs and long videos, and their measurements. Written by

```bash
CUDA_VISIBLE_DEVICES= {COMMAND} --out docs/reliability.md
```

Every section is a measurement of its own: `--only KEY` repeats one and leaves the others as they
are. The same measurements, smaller, are tests.
"""


def lay_out(sections: Mapping[str, Section], texts: Mapping[str, str]) -> str:
    """Lay out the page.

    Args:
        sections: In the order of the page.
        texts: Measured texts by key; sections without one are left out.
    """
    parts = [INTRODUCTION]
    parts += [
        f'## {section.title}\n\n{texts[key].strip()}\n'
        for key, section in sections.items()
        if key in texts
    ]
    return '\n'.join(parts)


def texts_of(page: str, sections: Mapping[str, Section]) -> dict[str, str]:
    """Read the text of each section of a page, by key."""
    _, *pieces = re.split(r'^## +', page, flags=re.M)
    texts = dict(piece.split('\n', 1) for piece in pieces)
    return {
        key: texts[section.title] for key, section in sections.items() if section.title in texts
    }
