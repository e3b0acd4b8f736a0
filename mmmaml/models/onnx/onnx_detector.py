"""A detector that is a file in the ONNX format."""

import logging
import os
from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
import torch
from mmengine.logging import print_log
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor, nn

from mmmaml.registry import MODELS
from mmmaml.utils.option_checks import check_choice, check_number

from ...utils.class_names import COCO, class_numbers, names_in
from ...utils.letterbox import PADDING, Letterbox, letterbox
from .output_forms import FORMS, OutputForm, fits, known_forms, recognise
from .pictures import as_frame, to_input
from .session import OnnxSession

DEFAULT_SIZE = 640, 640
"""Height and width of the input if graph and user leave it open."""

MOST = 1000
"""Boxes of a frame that go into non-maximum suppression, those of the highest scores."""

FRAMES_PER_CALL = 16
"""Frames that go through the network together; bounds memory with many streams."""


@MODELS.register_module()
class OnnxDetector(nn.Module):
    """A detector of the YOLO family, or one without duplicates, run by ONNX Runtime.

    What the file leaves unsaid follows from the form of its output, which is recognised; each
    option replaces that. It serves as the ``detector`` of :class:`~mmmaml.models.OnnxMOT`, and of
    the MOT models of MMDetection whose data preprocessor neither normalises nor swaps channels.

    Args:
        model: The file.
        classes: Classes to detect, by number or by name; names are those the file holds, or
            COCO's for 80 classes. A box gets the position in this list as its label. None
            detects all, with their own numbers.
        score_thr: Boxes of a lower score are left out. The tracker has its own thresholds; what
            lies between helps it through occlusions.
        nms_iou_thr: Of two boxes of one class with a larger IoU the better one stays. None keeps
            both; ``'form'`` takes 0.65, or None for a network that removes duplicates itself.
        form: ``'yolox'``, ``'yolox-decoded'``, ``'yolov5'``, ``'yolov8'`` (also YOLO11) or
            ``'end-to-end'``; None recognises it.
        input_size: Height and width of the input, if the graph leaves them open; 640 by default.
        letterbox: ``'top-left'`` or ``'centred'``: where the frame lies in the input.
        to_rgb: Show red, green, blue; False shows blue, green, red.
        scale: Factor on the pixels 0..255, 1 or 1/255; 1 for a graph that takes uint8.

    Attributes:
        session: The graph.
        form: Form of the output.
        class_names: Names of the labels, as far as they are known.

    Raises:
        FileNotFoundError: The file does not exist.
        ImportError: ONNX Runtime is not installed.
        ValueError: The file is no detector of a known form, or an option does not fit it.
    """

    _place: Tensor

    def __init__(
        self,
        model: str | os.PathLike,
        classes: Sequence[str | int] | None = ('person',),
        score_thr: float = 0.1,
        nms_iou_thr: float | Literal['form'] | None = 'form',
        form: str | None = None,
        input_size: Sequence[int] | None = None,
        letterbox: Literal['top-left', 'centred'] | None = None,
        to_rgb: bool | None = None,
        scale: float | None = None,
    ) -> None:
        super().__init__()
        check_number('score_thr', score_thr, 'in 0..1', 0, 1)
        if nms_iou_thr not in (None, 'form'):
            check_number('nms_iou_thr', nms_iou_thr, 'in 0..1, None or "form"', 0, 1)
        if letterbox is not None:
            check_choice('letterbox', letterbox, ('top-left', 'centred'))
        if scale is not None:
            check_number('scale', scale, '1 or 1/255', np.nextafter(0, 1), 1)
        self.session = OnnxSession(model)
        if self.session.takes_raw_pixels and scale not in (None, 1):
            raise ValueError(
                f'{self.session.path} takes pixels 0 to 255 as uint8 and scales them itself: '
                f'leave out scale={scale!r}'
            )
        self.input_size = self.session.input_size(input_size, DEFAULT_SIZE)
        names = names_in(self.session.metadata)
        output = self._try()
        self.form: OutputForm = self._find_form(output, len(names) or None, form)
        num_classes = _num_classes(self.form, output) or len(names) or None
        if num_classes == len(COCO) or (num_classes is None and not names):
            names = names or COCO
        self._numbers = None
        self.class_names = names
        if classes is not None:
            self._numbers = class_numbers(classes, names, num_classes, model)
            self.class_names = tuple(
                names[each] if each < len(names) else str(each) for each in self._numbers
            )
        self.score_thr = score_thr
        suppressed = None if self.form.suppresses else 0.65
        self.nms_iou_thr = suppressed if nms_iou_thr == 'form' else nms_iou_thr
        self._centred = self.form.centred if letterbox is None else letterbox == 'centred'
        self._to_rgb = self.form.to_rgb if to_rgb is None else to_rgb
        usual = 1.0 if self.session.takes_raw_pixels else self.form.scale
        self._scale = usual if scale is None else scale
        self._batched = True  # until a batch has shown that it is not so
        # Follows the model to its device.
        self.register_buffer('_place', torch.zeros(()), persistent=False)

    def predict(
        self,
        batch_inputs: Tensor,
        batch_data_samples: list[BaseDataElement],
        rescale: bool = True,
        **kwargs: Any,
    ) -> list[BaseDataElement]:
        """Detect in each picture, as any detector of MMDetection.

        Args:
            batch_inputs: (B, 3, H, W) uint8, or float in 0..255; blue, green, red.
            batch_data_samples: B samples. ``img_shape`` (h, w) of the metainfo is the part of the
                picture that is no padding, ``scale_factor`` (x, y) its size beside the original.
            rescale: True gives boxes in pixels of the original picture.
            **kwargs: Of the model; not used.

        Returns:
            The samples, with ``pred_instances``: ``bboxes`` (N, 4) xyxy, ``scores``, ``labels``.
        """
        for image, sample in zip(batch_inputs, batch_data_samples, strict=True):
            height, width = sample.metainfo.get('img_shape', image.shape[-2:])[:2]
            frame = as_frame(image[:, :height, :width], 'OnnxDetector')
            found = self.detect(frame).to(batch_inputs.device)
            if rescale:
                x, y = sample.metainfo.get('scale_factor', (1.0, 1.0))[:2]
                found.bboxes = found.bboxes / found.bboxes.new_tensor([x, y, x, y])
            sample.pred_instances = found
        return batch_data_samples

    @property
    def takes_batches(self) -> bool:
        """True if frames go through the graph together, False if one by one."""
        return self.session.takes_batches and self._batched

    def detect(self, frame: np.ndarray) -> InstanceData:
        """Detect in a frame (H, W, 3) uint8, blue, green, red; boxes are in its pixels."""
        return self.detect_all([frame])[0]

    def detect_all(self, frames: Sequence[np.ndarray]) -> list[InstanceData]:
        """Detect in frames (H, W, 3), of any sizes, as :meth:`detect` does in each.

        They go through the graph together if it takes batches, else one by one. Several threads
        may call it at a time.
        """
        if not frames:
            return []
        images, places = zip(
            *(letterbox(each, self.input_size, self._centred) for each in frames), strict=True
        )
        pixels = to_input(np.stack(images), self._to_rgb)
        outputs = self._outputs(pixels if self._scale == 1 else pixels * np.float32(self._scale))
        return [self._found(*each) for each in zip(outputs, places, strict=True)]

    def _found(self, output: np.ndarray, place: Letterbox) -> InstanceData:
        """Return the detections of a frame from the output for it."""
        boxes, scores, labels = self._select(output)
        boxes = place.to_frame(boxes)
        kept = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
        boxes, scores, labels = boxes[kept], scores[kept], labels[kept]
        if self.nms_iou_thr is not None:
            kept = suppress(boxes, scores, labels, self.nms_iou_thr)
            boxes, scores, labels = boxes[kept], scores[kept], labels[kept]
        return InstanceData(
            bboxes=torch.from_numpy(boxes.astype(np.float32)),
            scores=torch.from_numpy(scores.astype(np.float32)),
            labels=torch.from_numpy(labels.astype(np.int64)),
        )

    def _select(self, output: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return boxes (N, 4) of the input, scores (N,) and labels (N,) of wanted classes."""
        boxes, scores, labels = self.form.decode(output, self.input_size)
        if labels is None:
            if self._numbers is not None:
                scores = scores[:, self._numbers]
            labels = scores.argmax(axis=1)
            best = scores.max(axis=1)
        else:
            best = scores[:, 0]
            if self._numbers is not None:
                positions = {number: place for place, number in enumerate(self._numbers)}
                labels = np.array([positions.get(each, -1) for each in labels.tolist()], int)
        kept = np.flatnonzero((best >= self.score_thr) & (labels >= 0))
        kept = kept[np.argsort(-best[kept], kind='stable')][:MOST]
        return boxes[kept], best[kept], labels[kept]

    def _outputs(self, pixels: np.ndarray) -> list[np.ndarray]:
        """Return the output for each picture of (N, 3, H, W), without the axis of the batch."""
        if len(pixels) > 1 and self.takes_batches:
            together = self._together(pixels)
            if together is not None:
                return together
            self._batched = False
            print_log(
                f'{self.session.path} takes several pictures and does not answer for each: frames '
                'go through it one by one',
                logger='current',
                level=logging.WARNING,
            )
        device = self._place.device
        each = [self.session.run(pixels[i : i + 1], device, most=1)[0] for i in range(len(pixels))]
        return [_of_one(output) for output in each]

    def _together(self, pixels: np.ndarray) -> list[np.ndarray] | None:
        """Return the outputs of one run, None if the graph cannot take or tell apart pictures."""
        try:
            output = self.session.run(pixels, self._place.device, most=FRAMES_PER_CALL)[0]
        except Exception:  # ONNX Runtime's errors have no base of their own
            return None
        if output.ndim != 3 or len(output) != len(pixels):
            return None
        return [_of_one(each) for each in output]

    def _try(self) -> np.ndarray:
        """Return the output of a grey picture, (N, C) or (C, N).

        Raises:
            ValueError: It has not the form of a detector's.
        """
        if len(self.session.outputs) == 1:
            blank = np.full((1, 3, *self.input_size), PADDING, dtype=np.float32)
            output = self.session.run(blank, torch.device('cpu'), most=1)[0]
            if output.ndim == 2 or (output.ndim == 3 and len(output) == 1):
                return output[0] if output.ndim == 3 else output
        raise ValueError(self._unknown())

    def _find_form(
        self, output: np.ndarray, num_classes: int | None, form: str | None
    ) -> OutputForm:
        if form is not None:
            check_choice('form', form, FORMS)
            if not fits(form, output, self.input_size, num_classes):
                raise ValueError(
                    f'form={form!r} is {FORMS[form].shape}, and {self.session.path} makes '
                    f'{self.session.describe_outputs()}: leave the form out to have it recognised'
                )
            return FORMS[form]
        name = recognise(output, self.input_size, num_classes)
        if name is None:
            raise ValueError(self._unknown())
        return FORMS[name]

    def _unknown(self) -> str:
        height, width = self.input_size
        return (
            f'{self.session.path} is no detector of a known form: from {width}x{height} pixels it '
            f'makes {self.session.describe_outputs()}; known forms are {known_forms()}'
        )


def _of_one(output: np.ndarray) -> np.ndarray:
    """Return the output for one picture in double precision, without an axis of the batch."""
    return (output[0] if output.ndim == 3 else output).astype(np.float64)


def suppress(
    boxes: np.ndarray, scores: np.ndarray, labels: np.ndarray, iou_thr: float
) -> np.ndarray:
    """Return the boxes (K,) that stay in non-maximum suppression, the best first.

    Args:
        boxes: (N, 4) xyxy.
        scores: (N,).
        labels: (N,) classes; boxes of different ones do not suppress each other.
        iou_thr: Of two boxes with a larger IoU the better one stays.
    """
    if not len(boxes):
        return np.zeros(0, dtype=np.int64)
    sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxesBatched(sides.tolist(), scores.tolist(), labels.tolist(), -1.0, iou_thr)
    found = np.asarray(kept, dtype=np.int64).ravel()
    return found[np.argsort(-scores[found], kind='stable')]


def _num_classes(form: OutputForm, output: np.ndarray) -> int | None:
    """Return the number of classes that an output has columns for."""
    if form.suppresses:
        return None
    return output.shape[0] - 4 if form.name == 'yolov8' else output.shape[1] - 5
