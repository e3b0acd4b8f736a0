"""A Re-ID network that is a file in the ONNX format."""

import json
import os
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from mmmaml.models.reid import MetaReIDHead, load_prior
from mmmaml.registry import MODELS
from mmmaml.utils.images import cut_box
from mmmaml.utils.option_checks import check_numbers

from .pictures import as_frame, to_input
from .session import OnnxSession

DEFAULT_SIZE = 256, 128
"""Height and width of the input if graph and user leave it open."""

CROPS_PER_CALL = 64
"""Crops that go through the network together; bounds memory in crowds."""

IMAGENET: dict[str, Any] = {
    'mean': (123.675, 116.28, 103.53),
    'std': (58.395, 57.12, 57.375),
    'to_rgb': True,
}
"""Arguments of networks whose files note nothing."""

RAW: dict[str, Any] = {'mean': (0.0, 0.0, 0.0), 'std': (1.0, 1.0, 1.0), 'to_rgb': True}
"""Arguments of networks that take uint8 and so normalise themselves."""

SMALLEST, LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)


@MODELS.register_module()
class OnnxReID(nn.Module):
    """A network that embeds crops of people, run by ONNX Runtime, and adapted online.

    Nothing is trained: the adapted layer, the last one, starts as the unit matrix. The tracker
    then solves for the metric that tells the people of the scene apart. It serves as the ``reid``
    of :class:`~mmmaml.models.OnnxMOT`, and of the MOT models of MMDetection whose data
    preprocessor neither normalises nor swaps channels.

    Args:
        model: The file.
        prior: File of a scatter prior, which ``tools/fit_prior.py`` makes: statistics of other
            people, from which each scene starts, and a layer and numbers of the adaptation if
            such were learned. None starts from the scene alone, with numbers chosen by hand.
        input_size: Height and width of the crops, if the graph leaves them open; (256, 128) by
            default.
        mean: Of each channel, subtracted from the pixels 0..255, in the order of the network; 0
            for a graph that normalises itself. By default what the file notes, as that of
            ``tools/deployment/export_onnx.py`` does, else ImageNet's; 0 for a graph that takes
            uint8.
        std: Of each channel, divides them; the same default, 1 for a graph that takes uint8.
        to_rgb: Show red, green, blue; False shows blue, green, red. By default what the file
            notes, else True.
        normalise: Bring embeddings to length 1 before they are adapted.

    Attributes:
        session: The graph.
        head: The layer that the tracker adapts.

    Raises:
        FileNotFoundError: A file does not exist.
        ImportError: ONNX Runtime is not installed.
        ValueError: The file is no Re-ID network, or the prior is of one of another width.
    """

    def __init__(
        self,
        model: str | os.PathLike,
        prior: str | os.PathLike | None = None,
        input_size: Sequence[int] | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        to_rgb: bool | None = None,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        self.session = OnnxSession(model)
        self.input_size = self.session.input_size(input_size, DEFAULT_SIZE)
        usual = RAW if self.session.takes_raw_pixels else IMAGENET
        noted = {**usual, **self._noted_arguments()}
        mean = noted['mean'] if mean is None else mean
        std = noted['std'] if std is None else std
        check_numbers('mean', mean, 3, 'three numbers', -LARGEST, LARGEST)
        check_numbers('std', std, 3, 'three numbers greater than 0', SMALLEST, LARGEST)
        for name, value in (('mean', mean), ('std', std)):
            if usual is RAW and tuple(value) != RAW[name]:
                raise ValueError(
                    f'{self.session.path} takes pixels 0 to 255 as uint8 and normalises them '
                    f'itself: leave out {name}={value!r}'
                )
        self._mean = np.array(mean, dtype=np.float32)[:, None, None]
        self._std = np.array(std, dtype=np.float32)[:, None, None]
        self.to_rgb = noted['to_rgb'] if to_rgb is None else to_rgb
        self.normalise = normalise
        self.head = identity_head(self._try())
        if prior is not None:
            load_prior(prior, self.head)

    @property
    def processing(self) -> dict[str, Any]:
        """Return what is done to crops and embeddings beside the network, by name of argument."""
        return {
            'input_size': list(self.input_size),
            'mean': self._mean.ravel().tolist(),
            'std': self._std.ravel().tolist(),
            'to_rgb': bool(self.to_rgb),
            'normalise': bool(self.normalise),
        }

    @torch.no_grad()
    def embed(self, image: Tensor, boxes: Tensor) -> Tensor:
        """Embed people of a frame.

        Args:
            image: (1, 3, H, W) uint8, or float in 0..255; blue, green, red.
            boxes: (N, 4) xyxy in its pixels; cut at its border, at least a pixel wide.

        Returns:
            (N, D) on the device of the network.
        """
        frame = as_frame(image[0], 'OnnxReID')
        return self.embed_crops([cut_box(frame, box) for box in boxes.tolist()])

    def embed_crops(self, crops: Sequence[np.ndarray]) -> Tensor:
        """Embed crops (h, w, 3) uint8, blue, green, red, of any size, to (N, D)."""
        size = self.input_size[::-1]
        resized = [cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in crops]
        if not resized:
            return self.head.weight.new_zeros(0, self.head.in_channels)
        return self._run(np.stack(resized))

    def extract_crop_feats(self, crops: Tensor) -> Tensor:
        """Embed crops (N, 3, h, w) in 0..255, as a Re-ID network of MMDetection's models."""
        frames = [as_frame(each, 'OnnxReID') for each in crops]
        return self.embed_crops(frames)

    def forward(self, inputs: Tensor, mode: str = 'tensor') -> Tensor:
        """Embed crops (N, 3, h, w); see :meth:`extract_crop_feats`."""
        return self.extract_crop_feats(inputs)

    def _run(self, crops: np.ndarray) -> Tensor:
        """Embed crops (N, h, w, 3) uint8 of the size of the network, N >= 1."""
        pixels = (to_input(crops, self.to_rgb) - self._mean) / self._std
        device = self.head.weight.device
        output = self.session.run(pixels, device, CROPS_PER_CALL)[0]
        embeds = torch.from_numpy(output.reshape(len(output), -1).astype(np.float32)).to(device)
        return nn.functional.normalize(embeds, dim=1) if self.normalise else embeds

    def _noted_arguments(self) -> dict[str, Any]:
        """Return arguments that the exporter noted in the metadata of the file.

        Raises:
            ValueError: The note cannot be read.
        """
        text = self.session.metadata.get(type(self).__name__, '{}')
        try:
            noted = json.loads(text)
            known = isinstance(noted, dict) and noted.keys() <= IMAGENET.keys()
        except json.JSONDecodeError:
            known = False
        if not known:
            raise ValueError(
                f'{self.session.path} notes {text!r} for {type(self).__name__} in its metadata; '
                f'expected values of {", ".join(IMAGENET)} as JSON'
            )
        return noted

    def _try(self) -> int:
        """Return the width of the embedding of a grey crop.

        Raises:
            ValueError: The network gives no embedding.
        """
        outputs = self.session.outputs
        if len(outputs) == 1:
            blank = np.zeros((1, 3, *self.input_size), dtype=np.float32)
            output = self.session.run(blank, torch.device('cpu'), CROPS_PER_CALL)[0]
            if len(output) == 1 and output.ndim in (2, 4) and output[0].size == output.shape[1]:
                return output.shape[1]
        raise ValueError(
            f'{self.session.path} is no Re-ID network: it makes '
            f'{self.session.describe_outputs()}; expected one output (N, D), an embedding of '
            'each crop'
        )


def identity_head(channels: int) -> MetaReIDHead:
    """Return a head that leaves embeddings (N, D) as they are, and knows no training data."""
    head = MetaReIDHead(channels, channels)
    nn.init.eye_(head.embed.weight)
    nn.init.zeros_(head.embed.bias)
    return head.requires_grad_(False)
