from .experiment import track, train
from .inferencer import MOTInferencer
from .onnx_config import onnx_config
from .tracks import Tracks

__all__ = ['MOTInferencer', 'Tracks', 'onnx_config', 'track', 'train']
