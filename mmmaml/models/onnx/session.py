"""A graph in the ONNX format, ready to run."""

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.logging import print_log

from mmmaml.utils.option_checks import check_numbers

DTYPES = {
    'tensor(float)': np.float32,
    'tensor(float16)': np.float16,
    'tensor(uint8)': np.uint8,
}
"""Types of pictures that a graph may take."""


@dataclass(frozen=True)
class Port:
    """An input or output of a graph.

    Attributes:
        name: Its name.
        shape: Sizes of its axes; None of one that is free.
        kind: Type of its numbers, as ONNX Runtime writes it.
    """

    name: str
    shape: tuple[int | None, ...]
    kind: str

    def __str__(self) -> str:
        sizes = ', '.join('?' if each is None else str(each) for each in self.shape)
        return f'{self.name!r} ({sizes})'


class OnnxSession:
    """A graph that maps pictures (B, 3, H, W) to arrays, in ONNX Runtime.

    The graph runs on the device that :meth:`run` is told. If ONNX Runtime has nothing for that
    device, it runs on the CPU, and the log says so. Several threads may run it at a time.

    Args:
        path: The file. Nothing is downloaded.

    Attributes:
        path: The file.
        input: The only input, of pictures.
        outputs: The outputs, in their order.
        metadata: What the exporter noted, by name.
        threads: Threads of one run on a CPU; None for as many as PyTorch has.

    Raises:
        FileNotFoundError: The file does not exist.
        ImportError: ONNX Runtime is not installed.
        ValueError: The file is no graph, or its input is not one of pictures.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FileNotFoundError(
                f'{path} does not exist: give the path of an ONNX file; none is downloaded'
            )
        self.threads: int | None = None
        self._opening = threading.Lock()
        self._key: tuple[str, int] | None = None
        self._session: Any = None
        session = self._open(torch.device('cpu'))
        inputs = [_port(each) for each in session.get_inputs()]
        self.outputs = [_port(each) for each in session.get_outputs()]
        self.metadata: dict[str, str] = dict(session.get_modelmeta().custom_metadata_map)
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] not in (3, None):
            raise ValueError(
                f'{self.path} takes {_join(inputs)}; expected one input of pictures, (B, 3, H, W)'
            )
        self.input = inputs[0]
        if self.input.kind not in DTYPES:
            raise ValueError(
                f'{self.path} takes numbers of type {self.input.kind}; known are '
                f'{", ".join(DTYPES)}'
            )

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Height and width of the pictures; None where the graph leaves them open."""
        return self.input.shape[2], self.input.shape[3]

    @property
    def takes_raw_pixels(self) -> bool:
        """True if pixels are whole numbers 0..255, which the graph itself normalises."""
        return self.input.kind == 'tensor(uint8)'

    def input_size(
        self, wanted: Sequence[int] | None, default: tuple[int, int]
    ) -> tuple[int, int]:
        """Return height and width of the pictures.

        Args:
            wanted: By the option ``input_size``; None if it is not given.
            default: If graph and user leave it open.

        Raises:
            ValueError: The option is no size, or not that of the graph.
        """
        if wanted is not None:
            check_numbers('input_size', wanted, 2, 'height and width in pixels', 1, whole=True)
        size = []
        for own, other, usual in zip(self.size, wanted or (None, None), default, strict=True):
            if own is not None and other not in (None, own):
                raise ValueError(
                    f'{self.path} takes pictures of height and width {self.size}, '
                    f'input_size={tuple(wanted or ())} are others'
                )
            size.append(own or other or usual)
        return size[0], size[1]

    def describe_outputs(self) -> str:
        """Return the names and shapes of the outputs, for messages."""
        return _join(self.outputs)

    @property
    def takes_batches(self) -> bool:
        """True if the graph takes several pictures at a time."""
        return self.input.shape[0] != 1

    def run(self, images: np.ndarray, device: torch.device, most: int) -> list[np.ndarray]:
        """Run the graph on pictures, a batch at a time.

        Args:
            images: (N, 3, H, W), N >= 1.
            device: Where to run.
            most: Pictures of a batch at most, if the graph leaves that open.

        Returns:
            The outputs, joined along their first axis; those of filled-up places are cut off.

        Raises:
            ValueError: The outputs for several pictures cannot be told apart, as their first axis
                is not that of the batch.
        """
        session = self._open(device)
        images = images.astype(DTYPES[self.input.kind], copy=False)
        fixed = self.input.shape[0]
        step = fixed or most
        parts = []
        for start in range(0, len(images), step):
            batch = images[start : start + step]
            number = len(batch)
            if fixed and number < fixed:
                batch = np.concatenate([batch, np.repeat(batch[-1:], fixed - number, axis=0)])
            outputs = session.run(None, {self.input.name: np.ascontiguousarray(batch)})
            if len(batch) > 1:
                self._check_first_axes(outputs, len(batch))
                outputs = [each[:number] for each in outputs]
            parts.append([np.atleast_1d(each) for each in outputs])
        return [np.concatenate(each) for each in zip(*parts, strict=True)]

    def _check_first_axes(self, outputs: list[np.ndarray], number: int) -> None:
        for port, output in zip(self.outputs, outputs, strict=True):
            if output.shape[:1] != (number,):
                raise ValueError(
                    f'{self.path} makes {port.name!r} {output.shape} of {number} pictures, of '
                    'which none can be told from the others: export it for one picture at a time'
                )

    def _open(self, device: torch.device) -> Any:
        """Return a session for a device and the wanted threads."""
        key = str(device), self.threads or torch.get_num_threads()
        with self._opening:
            if self._key != key:
                self._session = self._make(device, key[1])
                self._key = key
            return self._session

    def _make(self, device: torch.device, threads: int) -> Any:
        runtime = _runtime(self.path)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Threads that wait for work burn the cores that other programs would use.
        options.add_session_config_entry('session.intra_op.allow_spinning', '0')
        providers: list[Any] = ['CPUExecutionProvider']
        if device.type == 'cuda':
            if 'CUDAExecutionProvider' in runtime.get_available_providers():
                providers.insert(0, ('CUDAExecutionProvider', {'device_id': device.index or 0}))
            else:
                print_log(
                    f'{self.path} runs on the CPU: the installed onnxruntime has no support for '
                    'GPUs; pip install onnxruntime-gpu in its place',
                    logger='current',
                    level=logging.WARNING,
                )
        try:
            return runtime.InferenceSession(str(self.path), options, providers=providers)
        except Exception as error:  # ONNX Runtime's errors have no base of their own
            reason = str(error).splitlines()[0]
            raise ValueError(
                f'{self.path} is no ONNX model that onnxruntime {runtime.__version__} can run: '
                f'{reason}'
            ) from error


def _runtime(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            f'{path} needs onnxruntime to run: pip install onnxruntime, or on a GPU '
            'onnxruntime-gpu'
        ) from error
    return onnxruntime


def _port(argument: Any) -> Port:
    shape = tuple(each if isinstance(each, int) and each > 0 else None for each in argument.shape)
    return Port(argument.name, shape, argument.type)


def _join(ports: list[Port]) -> str:
    return ', '.join(map(str, ports)) or 'nothing'
