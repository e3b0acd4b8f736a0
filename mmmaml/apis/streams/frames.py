"""Frames before and after they are tracked."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mmengine.structures import InstanceData

from ..sources import FrameSource
from ..tracks import Tracks


@dataclass
class PendingFrame:
    """A frame that is ready for the model.

    Attributes:
        image: (H, W, 3) uint8, blue, green, red.
        given: Detections, if the detector is not asked.
        batch: The frame as the model takes it.
        number: Of the frame on the tracker's clock, from 0.
        time: Seconds by the source; None if it has none.
        told: Number by which the user knows the frame.
        seconds: Time since the first frame.
    """

    image: np.ndarray
    given: InstanceData | None
    batch: dict[str, Any]
    number: int
    time: float | None
    told: int
    seconds: float


@dataclass(frozen=True)
class TrackedFrame:
    """A frame of a source with its tracks.

    Attributes:
        image: (H, W, 3) uint8, blue, green, red.
        tracks: People in it.
        seconds: Seconds that each stage took for this frame: ``decode`` (waiting for it),
            ``network``, ``association`` and ``adaptation``.
        source: Source of the frame.
        frame_rate: Frames per second of the source, as far as it is known.
        stream: Position of the source among several.
    """

    image: np.ndarray
    tracks: Tracks
    seconds: dict[str, float] = field(default_factory=dict)
    source: FrameSource = field(default_factory=lambda: FrameSource(()))
    frame_rate: float = 30.0
    stream: int = 0
