"""Sizes of the measurements of a page."""

from typing import Literal

Preset = Literal['small', 'full']
"""``'small'`` tries a measurement within seconds; pages show ``'full'``."""
