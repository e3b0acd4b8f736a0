"""A detector without weights: the public detections of the MOTChallenge benchmarks."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.structures import BaseDataElement, InstanceData
from torch import Tensor

from ...registry import MODELS
from ...utils.mot_files import frame_number
from .detection_file import read_detections


@MODELS.register_module()
class PublicDetector(BaseModel):
    """A look-up of the detections that come with a sequence, in place of a network.

    The sequence and the frame are taken from ``img_path`` of each sample,
    ``SEQ/img1/000001.jpg``. A frame without detections gives empty tensors. Usable wherever
    mmdet's and mmtrack's trackers expect a detector.

    Args:
        score_thr: Detections with a lower score are left out. None keeps all. The scale is that
            of the file: MOT17's SDP scores lie in 0..1, FRCNN's are all 1, DPM's can be
            negative. Without scores (6 columns, or −1 in all rows) every detection has 1.
        detections: Files to read instead of ``SEQ/det/det.txt``: a folder of ``SEQ.txt`` files
            (any tracker's or detector's output in that format), or a mapping of sequence names
            to files.
        clip_border: Cut boxes at the border of the image and drop those that lie outside. Off by
            default, since the benchmarks' ground truth reaches beyond the border too.
        data_preprocessor: As of every detector of mmdet; only needed when the detector is run by
            itself.
        init_cfg: Of no effect, there are no weights.
    """

    sees_frames = False

    def __init__(
        self,
        score_thr: float | None = None,
        detections: str | os.PathLike | Mapping[str, str | os.PathLike] | None = None,
        clip_border: bool = False,
        data_preprocessor: dict | None = None,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        self.score_thr = score_thr
        self.detections = detections
        self.clip_border = clip_border

    def forward(
        self,
        inputs: Tensor | None,
        data_samples: list[BaseDataElement] | None = None,
        mode: str = 'tensor',
    ) -> list[BaseDataElement]:
        """Look up detections in mode ``'predict'``, that of :meth:`test_step`; refuse others."""
        if mode == 'predict':
            return self.predict(inputs, data_samples or [])
        return self.loss() if mode == 'loss' else self.extract_feat()

    def predict(
        self,
        batch_inputs: Tensor | None,
        batch_data_samples: list[BaseDataElement],
        rescale: bool = True,
    ) -> list[BaseDataElement]:
        """Look up the detections of each image.

        Args:
            batch_inputs: (N, C, H, W) images; only their device is used. None means CPU.
            batch_data_samples: N samples with metainfo ``img_path``, and ``scale_factor`` or
                ``ori_shape`` if ``rescale`` or ``clip_border`` need them.
            rescale: True gives boxes in pixels of the original image, False in pixels of the
                image as the network would see it (times ``scale_factor``).

        Returns:
            The samples, with ``pred_instances``: ``bboxes`` (N, 4) float32 xyxy, ``scores`` (N,)
            float32, ``labels`` (N,) int64, all 0.

        Raises:
            FileNotFoundError: There is no detection file for a sequence.
            ValueError: Metainfo is missing or the file name of a frame is not its number.
        """
        device = torch.device('cpu') if batch_inputs is None else batch_inputs.device
        for data_sample in batch_data_samples:
            bboxes, scores = self._detect(data_sample.metainfo, rescale)
            data_sample.pred_instances = InstanceData(
                bboxes=torch.from_numpy(bboxes).to(device),
                scores=torch.from_numpy(scores).to(device),
                labels=torch.zeros(len(scores), dtype=torch.long, device=device),
            )
        return batch_data_samples

    def loss(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: public detections cannot be trained."""
        raise NotImplementedError(
            'PublicDetector has nothing to train: it reads detections from files. Train the '
            'Re-ID model by itself, or use a detector with weights.'
        )

    def extract_feat(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: there are no features."""
        raise NotImplementedError(
            'PublicDetector has no features: it reads detections from files and never looks at '
            'an image.'
        )

    def _detect(self, metainfo: dict, rescale: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return boxes (N, 4) and scores (N,) of one image; never views of the cached file."""
        image = Path(_meta(metainfo, 'img_path', 'every image'))
        number = frame_number(image)
        bboxes, scores = read_detections(self.file_of(image)).at(number)
        keep = np.ones(len(scores), dtype=bool)
        if self.score_thr is not None:
            keep &= scores >= self.score_thr
        if self.clip_border:
            height, width = _meta(metainfo, 'ori_shape', 'clip_border=True')[:2]
            bboxes = bboxes.clip(0, np.array([width, height] * 2, dtype=np.float32))
            keep &= (bboxes[:, 2:] > bboxes[:, :2]).all(1)
        bboxes, scores = bboxes[keep], scores[keep]
        if not rescale:
            factor = _meta(metainfo, 'scale_factor', 'rescale=False')
            # mmdet gives (w, h), mmtrack also (w, h, w, h).
            bboxes = bboxes * np.resize(np.asarray(factor, dtype=np.float32), 4)
        return bboxes, scores

    def file_of(self, image: Path) -> Path:
        """Return the file of the detections of a frame, given by its path."""
        sequence = image.parent.parent
        if self.detections is None:
            return sequence / 'det' / 'det.txt'
        if not isinstance(self.detections, Mapping):
            return Path(self.detections) / f'{sequence.name}.txt'
        if sequence.name not in self.detections:
            raise ValueError(
                f'PublicDetector(detections=...) has no entry for the sequence '
                f'{sequence.name!r}, only for {", ".join(sorted(self.detections))}'
            )
        return Path(self.detections[sequence.name])


def _meta(metainfo: dict, key: str, user: str) -> Any:
    if key not in metainfo:
        raise ValueError(
            f'the metainfo of an image has no {key!r}, which {user} needs: add it to meta_keys '
            f'of the packing transform (there is {", ".join(sorted(metainfo)) or "nothing"})'
        )
    return metainfo[key]
