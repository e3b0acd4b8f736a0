"""Folders of the checkout that is measured."""

from pathlib import Path

import mmmaml

ROOT = Path(mmmaml.__file__).resolve().parents[1]
"""Of the package that is imported, so that an older checkout brings its own configs."""

CONFIGS = ROOT / 'configs'
