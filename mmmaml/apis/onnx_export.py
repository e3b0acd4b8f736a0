"""A one-shot network as an ONNX file, and how far that is from the network itself."""

import json
import os
import warnings

import numpy as np
import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmmaml.models import OneShotDetector
from mmmaml.utils.files import atomic_path

OUTPUTS = ('heatmap', 'boxes', 'offsets', 'features')
"""What the graph makes of ``image``; see the forward method of ``OneShotHead``."""


def export_onnx(model: BaseModel, path: str | os.PathLike, size: tuple[int, int]) -> None:
    """Write the network of a model in the ONNX format.

    The graph maps ``image`` (B, 3, H, W), any number of them, normalised as in training, to
    ``heatmap`` (B, 1, H/s, W/s) scores, ``boxes`` (B, 4, H/s, W/s), ``offsets`` (B, 2, H/s, W/s)
    and ``features`` (B, C, H/s, W/s), the inputs of the adapted layer. Its metadata say how images
    are normalised (``mean``, ``std``, ``bgr_to_rgb``) and what the ``stride`` s is.

    Args:
        model: A ``OneShotDetector``, or a tracking model with one as its detector.
        path: The file.
        size: Width and height of the images.

    Raises:
        ImportError: ``onnx`` or ``onnxscript`` is not installed.
        ValueError: The model has no one-shot network, or one with deformable convolutions.
    """
    graph = OnnxGraph(find_one_shot(model)).eval()
    images = torch.zeros(2, 3, size[1], size[0], device=_device(graph))
    _needs('onnx', 'onnxscript')
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')  # of torch about its own and about torchvision
        program = torch.onnx.export(
            graph,
            (images,),
            dynamo=True,
            input_names=['image'],
            output_names=list(OUTPUTS),
            dynamic_shapes={'image': {0: torch.export.Dim('batch')}},
            verbose=False,
        )
    assert program is not None
    program.model.metadata_props.update(_metadata(model, graph.detector))
    with atomic_path(path) as temporary:
        program.save(str(temporary), external_data=False)


def onnx_differences(
    model: BaseModel, path: str | os.PathLike, size: tuple[int, int], batch: int = 2, seed: int = 0
) -> dict[str, float]:
    """Largest difference of each output between ONNX Runtime and PyTorch, on random images.

    Args:
        model: What :func:`export_onnx` wrote.
        path: The file it wrote.
        size: Width and height of the images.
        batch: How many images.
        seed: Of the images.

    Returns:
        For each output the largest absolute difference, over the largest absolute value in
        PyTorch.

    Raises:
        ImportError: ``onnxruntime`` is not installed.
    """
    _needs('onnxruntime')
    import onnxruntime

    graph = OnnxGraph(find_one_shot(model)).eval()
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(batch, 3, size[1], size[0], generator=generator)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    got = session.run(list(OUTPUTS), {'image': images.numpy()})
    with torch.no_grad():
        expected = [each.cpu().numpy() for each in graph(images.to(_device(graph)))]
    return {
        name: float(np.abs(a - b).max() / np.abs(b).max().clip(np.finfo(np.float32).tiny))
        for name, a, b in zip(OUTPUTS, got, expected, strict=True)
    }


def find_one_shot(model: nn.Module) -> OneShotDetector:
    """Return the one-shot network of a model: itself or its detector.

    Raises:
        ValueError: There is none, or it cannot be exported.
    """
    detector = getattr(model, 'detector', model)
    if not isinstance(detector, OneShotDetector):
        raise ValueError(
            f'{type(model).__name__} has no OneShotDetector, whose network this exports; its '
            f'detector is a {type(detector).__name__}'
        )
    deformable = [
        name for name, module in detector.named_modules() if hasattr(module, 'conv_offset')
    ]
    if deformable:
        raise ValueError(
            f'deformable convolutions ({deformable[0]} and {len(deformable) - 1} more) have no '
            "form in ONNX: train the network with upsample_conv='plain' in its neck"
        )
    return detector


class OnnxGraph(nn.Module):
    """The maps of a one-shot network, all of one forward pass."""

    def __init__(self, detector: OneShotDetector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Images (B, 3, H, W) to what :data:`OUTPUTS` names."""
        return self.detector.bbox_head(self.detector.extract_feat(image))


def _metadata(model: BaseModel, detector: OneShotDetector) -> dict[str, str]:
    """Return all that a caller of the graph has to know, as JSON values."""
    preprocessor = model.data_preprocessor
    values = {'stride': detector.bbox_head.stride, 'bgr_to_rgb': False}
    if getattr(preprocessor, '_enable_normalize', False):
        for name in ('mean', 'std'):
            values[name] = getattr(preprocessor, name).flatten().tolist()
        values['bgr_to_rgb'] = preprocessor._channel_conversion
    return {name: json.dumps(value) for name, value in values.items()}


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device


def _needs(*packages: str) -> None:
    for package in packages:
        try:
            __import__(package)
        except ImportError as error:
            raise ImportError(
                f'{package} is needed for this ({error}): '
                'pip install -r requirements/deployment.txt'
            ) from error
