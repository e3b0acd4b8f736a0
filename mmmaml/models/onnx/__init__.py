from .onnx_detector import OnnxDetector
from .onnx_reid import OnnxReID

__all__ = ['OnnxDetector', 'OnnxReID']
