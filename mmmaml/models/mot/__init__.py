from .onnx_mot import OnnxMOT

__all__ = ['OnnxMOT']
