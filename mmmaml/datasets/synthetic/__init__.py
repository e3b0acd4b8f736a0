"""Generator of demo sequences: procedural pedestrians in the MOTChallenge layout."""

from .generate import dataset_specs, generate_dataset, generate_sequence
from .render import render_sequence
from .specs import SequenceAppearance, SequenceSpec

__all__ = [
    'SequenceAppearance',
    'SequenceSpec',
    'dataset_specs',
    'generate_dataset',
    'generate_sequence',
    'render_sequence',
]
