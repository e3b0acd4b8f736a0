"""A network as an ONNX file, and how far that is from the network itself."""

import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmmaml.models import CorrelationDetector, OneShotDetector, OnnxReID
from mmmaml.models.reid import save_prior
from mmmaml.utils.files import atomic_path


class OnnxGraph(nn.Module):
    """The part of a model that goes into a file.

    Attributes:
        input: Name of the input, pictures (B, 3, H, W).
    """

    input: str

    network: Any

    def __init__(self, model: nn.Module, network: nn.Module) -> None:
        super().__init__()
        self._model = [model]  # hidden from torch: the rest of the model is not exported
        self.network = network

    @property
    def model(self) -> nn.Module:
        """The model that the network is a part of."""
        return self._model[0]

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what :meth:`forward` returns."""
        raise NotImplementedError

    def metadata(self) -> dict[str, Any]:
        """Return what a caller of the graph has to know, as JSON values."""
        raise NotImplementedError


class OneShotGraph(OnnxGraph):
    """The maps of a one-shot network, all of one forward pass."""

    input = 'image'

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the maps of the head."""
        return self.network.bbox_head.maps

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Images (B, 3, H, W) to the maps of ``OneShotHead``."""
        return self.network.bbox_head(self.network.extract_feat(image))

    def metadata(self) -> dict[str, Any]:
        """Return the stride of the maps, and how images are normalised."""
        values = _normalization(self.model)
        return {**values, 'stride': self.network.bbox_head.stride}


class CropGraph(OnnxGraph):
    """The embeddings of crops: the network and the layer that trackers adapt."""

    input = 'crops'

    @property
    def outputs(self) -> tuple[str, ...]:
        """The name of the embeddings."""
        return ('embeddings',)

    def forward(self, crops: Tensor) -> Tensor:
        """Crops (N, 3, h, w) to embeddings (N, D)."""
        embeds = self.network(crops, mode='tensor')
        embeds = embeds[-1] if isinstance(embeds, tuple | list) else embeds
        return embeds.flatten(1)

    def metadata(self) -> dict[str, Any]:
        """Return the arguments of :class:`~mmmaml.models.OnnxReID` that fit, by its name."""
        options = _crop_normalization(self.model)
        if options is None:
            options = _normalization(self.model)
            options['to_rgb'] = options['bgr_to_rgb']
        arguments = {
            'mean': [float(each) for each in options.get('mean', (0, 0, 0))],
            'std': [float(each) for each in options.get('std', (1, 1, 1))],
            'to_rgb': bool(options.get('to_rgb', True)),
        }
        return {OnnxReID.__name__: arguments}


def export_onnx(model: BaseModel, path: str | os.PathLike, size: tuple[int, int]) -> None:
    """Write the network of a model in the ONNX format.

    The graph of a one-shot network maps ``image`` (B, 3, H, W), any number of them, normalised as
    in training, to ``heatmap`` (B, 1, H/s, W/s) scores, ``boxes`` (B, 4, H/s, W/s), ``offsets``
    (B, 2, H/s, W/s) and ``features`` (B, C, H/s, W/s), the inputs of the adapted layer, and what
    else its head names in ``maps``. Its metadata say how images are normalised (``mean``, ``std``,
    ``bgr_to_rgb``) and what the ``stride`` s is.

    That of a Re-ID network maps ``crops`` (N, 3, H, W), normalised, to ``embeddings`` (N, D), the
    outputs of the adapted layer. Its metadata hold what :class:`~mmmaml.models.OnnxReID` has to
    know, so that it loads the file without options.

    Args:
        model: A tracking model, a ``OneShotDetector`` or a Re-ID network.
        path: The file.
        size: Width and height of the images, or of the crops.

    Raises:
        ImportError: ``onnx`` or ``onnxscript`` is not installed.
        ValueError: The model has neither network, or one with deformable convolutions, or one
            whose graph takes a fixed number of images.
    """
    graph = find_graph(model).eval()
    images = torch.zeros(2, 3, size[1], size[0], device=_device(graph))
    _needs('onnx', 'onnxscript')
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter('ignore')  # of torch about its own and about torchvision
        program = torch.onnx.export(
            graph,
            (images,),
            dynamo=True,
            input_names=[graph.input],
            output_names=list(graph.outputs),
            dynamic_shapes={graph.input: {0: torch.export.Dim('batch')}},
            verbose=False,
        )
    assert program is not None
    batch = next(iter(program.model.graph.inputs[0].shape or [1]))
    if isinstance(batch, int):
        raise ValueError(
            f'{type(graph.network).__name__} takes {batch} pictures at a time once exported: '
            'its forward method reads the size of the batch by len(); read shape[0] in its place'
        )
    texts = {name: json.dumps(value) for name, value in graph.metadata().items()}
    program.model.metadata_props.update(texts)
    with atomic_path(path) as temporary:
        program.save(str(temporary), external_data=False)


def export_prior(model: BaseModel, path: str | os.PathLike) -> None:
    """Write what a Re-ID network learnt about the scatter of people, for ``OnnxReID(prior=...)``.

    Args:
        model: A Re-ID network with a :class:`~mmmaml.models.MetaReIDHead`, or a model with one.
        path: The ``.npz`` file; see :mod:`mmmaml.models.reid.scatter_prior`.

    Raises:
        ValueError: There are no statistics: another network, or one trained without tasks.
    """
    graph = find_graph(model)
    scatter = getattr(getattr(graph.network, 'head', None), 'scatter', None)
    if not isinstance(graph, CropGraph) or scatter is None or not scatter.count:
        raise ValueError(
            f'{type(graph.network).__name__} has no statistics of training tasks, which make a '
            'prior: train it with TaskMemoryHook, or fit a prior to its file with mmmaml fit-prior'
        )
    save_prior(path, scatter)


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

    graph = find_graph(model).eval()
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(batch, 3, size[1], size[0], generator=generator)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    got = session.run(list(graph.outputs), {graph.input: images.numpy()})
    with torch.no_grad():
        outputs = graph(images.to(_device(graph)))
    outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
    expected = [each.cpu().numpy() for each in outputs]
    return {
        name: float(np.abs(a - b).max() / np.abs(b).max().clip(np.finfo(np.float32).tiny))
        for name, a, b in zip(graph.outputs, got, expected, strict=True)
    }


def find_graph(model: nn.Module) -> OnnxGraph:
    """Return what can be exported of a model: its one-shot network or its Re-ID network.

    Raises:
        ValueError: There is neither, or it cannot be exported.
    """
    detector = getattr(model, 'detector', model)
    if isinstance(detector, CorrelationDetector) and detector.neck.memory:
        raise ValueError(
            f'this network looks at the {detector.neck.memory} frames before, which a graph of '
            'one frame has not: train it with memory=0 in its neck'
        )
    if isinstance(detector, OneShotDetector):
        graph: OnnxGraph = OneShotGraph(model, detector)
    elif (reid := getattr(model, 'reid', model)) is not None and hasattr(reid, 'head'):
        graph = CropGraph(model, reid)
    else:
        raise ValueError(
            f'{type(model).__name__} has neither a OneShotDetector nor a Re-ID network, which '
            f'this exports; its detector is a {type(detector).__name__}'
        )
    deformable = [
        name for name, module in graph.network.named_modules() if hasattr(module, 'conv_offset')
    ]
    if deformable:
        raise ValueError(
            f'deformable convolutions ({deformable[0]} and {len(deformable) - 1} more) have no '
            "form in ONNX: train the network with upsample_conv='plain' in its neck"
        )
    return graph


def _crop_normalization(model: nn.Module) -> Mapping[str, Any] | None:
    """Return ``img_norm_cfg`` of a model's tracker, None if the data preprocessor decides."""
    tracker = getattr(model, 'tracker', None)
    options = getattr(getattr(tracker, 'features', tracker), 'reid', None) or {}
    return options.get('img_norm_cfg')


def _normalization(model: nn.Module) -> dict[str, Any]:
    """Return what the data preprocessor of a model does to images."""
    preprocessor: Any = model.data_preprocessor
    swaps = bool(getattr(preprocessor, '_channel_conversion', False))
    values: dict[str, Any] = {'bgr_to_rgb': swaps}
    if getattr(preprocessor, '_enable_normalize', False):
        for name in ('mean', 'std'):
            values[name] = getattr(preprocessor, name).flatten().tolist()
    return values


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
