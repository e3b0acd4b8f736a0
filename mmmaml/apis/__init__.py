"""Training and tracking from Python; a public name loads its module when it is first used."""

from mmmaml.deferred_imports import public_names

_MODULES = {
    'MOTInferencer': 'inferencer',
    'TrackedFrame': 'streams',
    'Tracks': 'tracks',
    'onnx_config': 'onnx_files',
    'track': 'experiment',
    'train': 'experiment',
}

__all__ = ['MOTInferencer', 'TrackedFrame', 'Tracks', 'onnx_config', 'track', 'train']

__getattr__, __dir__ = public_names(__name__, _MODULES)
