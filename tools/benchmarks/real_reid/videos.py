"""Real videos as a network that is yet to be trained will see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mmmaml.models import MAMLMOT
from mmmaml.models.trackers.model_inputs.reid_features import crop_and_resize
from mmmaml.utils.mot_files import ID, SequenceInfo, read_seqinfo
from tools.benchmarks.evidence.features import FrameInput, SequenceInput
from tools.benchmarks.real.data import Embedder, RealSequence, find, read_sequence

CROPS_PER_CALL = 256


@dataclass(frozen=True)
class RealVideo:
    """A sequence, with crops or features of its detections.

    Attributes:
        info: The sequence.
        sequence: Its detections; the features of one are its crop (3·h·w,) uint8, blue, green,
            red, or those of a network.
    """

    info: SequenceInfo
    sequence: RealSequence

    def seen_by(self, model: MAMLMOT, size: tuple[int, int]) -> SequenceInput:
        """Return the input of a tracker, crops (h, w) embedded by the Re-ID network of a model."""
        frames = self.sequence.frames
        crops = torch.cat([frame.feats for frame in frames]).unflatten(1, (3, *size))
        feats = torch.cat([_feats(model, part) for part in crops.split(CROPS_PER_CALL)])
        return self._input(feats)

    def as_it_is(self) -> SequenceInput:
        """Return the input of a tracker, features as they are."""
        return self._input(torch.cat([frame.feats for frame in self.sequence.frames]))

    def _input(self, feats: Tensor) -> SequenceInput:
        frames = self.sequence.frames
        parts = feats.split([len(frame.feats) for frame in frames])
        gt = self.sequence.gt
        return SequenceInput(
            self.info,
            gt[gt[:, ID] >= 0],
            [
                FrameInput(each.number - 1, each.boxes, each.scores, each.labels, part, {})
                for each, part in zip(frames, parts, strict=True)
            ],
        )


def read_videos(data: Path, embedder: Embedder, cache: Path) -> dict[str, RealVideo]:
    """Read all sequences below a folder, by name."""
    return {
        folder.name: RealVideo(read_seqinfo(folder), read_sequence(folder, embedder, cache))
        for folder in find(data)
    }


def cutter(size: tuple[int, int]) -> Embedder:
    """Return what cuts crops (h, w) as the tracker does, to whole grey levels as in training."""

    def cut(image: Tensor, boxes: Tensor) -> Tensor:
        crops = crop_and_resize(image, boxes.float(), size)
        return crops.round().clamp(0, 255).to(torch.uint8).flatten(1)

    return Embedder(cut, f'crops {size[0]}x{size[1]}'.encode())


def groups_of(videos: Mapping[str, RealVideo]) -> dict[str, list[str]]:
    """Return all videos as a group, then each of them."""
    return {'all': list(videos), **{name: [name] for name in videos}}


@torch.no_grad()
def _feats(model: MAMLMOT, crops: Tensor) -> Tensor:
    batch = model.data_preprocessor({'inputs': [crops], 'data_samples': None})
    return model.reid.extract_crop_feats(batch['inputs'][0])
