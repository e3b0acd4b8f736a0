from .experiment import track, train
from .inferencer import MOTInferencer
from .onnx_config import onnx_config
from .streams import TrackedFrame
from .tracks import Tracks

__all__ = ['MOTInferencer', 'TrackedFrame', 'Tracks', 'onnx_config', 'track', 'train']
