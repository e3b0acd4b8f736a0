"""The visualizer of MOT models."""

from pathlib import PurePath
from typing import Any

import mmcv
import numpy as np
import torch
from mmdet.visualization import TrackLocalVisualizer
from mmengine.structures import BaseDataElement, InstanceData

from mmmaml.registry import VISUALIZERS
from mmmaml.utils import atomic_path

from .drawing.style import DrawingStyle
from .drawing.tracks import count_title, draw_tracks
from .drawing.trails import TrailBuffer, Trails


@VISUALIZERS.register_module()
class TrackVisualizer(TrackLocalVisualizer):
    """Draws tracks with ids and the ways people came, fast enough for whole videos.

    For mmdet's ``TrackVisualizationHook``; the colour of a track depends on its id alone.

    Args:
        name: Of this instance, by which other code finds it.
        trail_length: Frames that the line behind each person reaches back. Longer lines show
            more of the way and cover more of a crowded picture. 0 draws none.
        line_width: Of boxes and lines in pixels; None for one that fits the size of the picture.
        **kwargs: See :class:`mmengine.visualization.Visualizer` (``vis_backends``,
            ``save_dir``).
    """

    def __init__(
        self,
        name: str = 'visualizer',
        trail_length: int = 25,
        line_width: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name, **kwargs)
        self.line_width = line_width
        self._trails = TrailBuffer(trail_length)
        self._video: object = None

    def add_datasample(
        self,
        name: str,
        image: np.ndarray,
        data_sample: BaseDataElement | None = None,
        draw_gt: bool = False,
        draw_pred: bool = True,
        show: bool = False,
        wait_time: float = 0,
        out_file: str | None = None,
        pred_score_thr: float = 0.3,
        step: int = 0,
    ) -> None:
        """Draw the tracks of one frame, then show it, write it or hand it to the backends.

        The frames of a video come in order; trails start anew at frame 0, at another video, and
        if the frame number goes back. In a distributed test every process writes the frames
        of its own videos to ``out_file``; windows and backends belong to the first.

        Args:
            name: Title of the window, or name under which the backends keep the picture.
            image: (H, W, 3) uint8, RGB.
            data_sample: Sample of the frame, with ``pred_track_instances`` (``bboxes`` (N, 4)
                xyxy in pixels of ``image``, ``instances_id`` (N,), ``scores`` (N,) or none) and
                the meta information ``frame_id`` and ``video_id`` or ``img_path``; a
                ``crowd_count`` there is written into the picture.
            draw_gt: Put a picture of ``gt_instances`` to the left, without trails.
            draw_pred: Draw the tracks.
            show: Show the picture in a window.
            wait_time: Seconds that the window waits; 0 waits for the space key.
            out_file: Write the picture here instead of to the backends.
            pred_score_thr: Tracks whose score is not above this are not drawn.
            step: Number of the picture for the backends.

        Raises:
            ValueError: The sample lacks the instances that are to be drawn.
        """
        panels = []
        if data_sample is not None and draw_gt:
            truth = self._instances(data_sample, 'gt_instances')
            panels.append(self._draw(image, *_boxes_and_ids(truth)))
        if data_sample is not None and draw_pred:
            tracks = self._instances(data_sample, 'pred_track_instances')
            if 'scores' in tracks:
                tracks = tracks[tracks.scores > pred_score_thr]
            bboxes, ids = _boxes_and_ids(tracks)
            title = count_title(data_sample.get('crowd_count'), len(ids))
            trails = self._follow(data_sample, ids, bboxes)
            panels.append(self._draw(image, bboxes, ids, trails, title))
        drawn = np.concatenate(panels, axis=1) if panels else image
        if show:
            self.show(drawn, win_name=name, wait_time=wait_time)
        if out_file is None:
            self.add_image(name, drawn, step)
        else:
            with atomic_path(out_file) as temporary:
                mmcv.imwrite(np.ascontiguousarray(drawn[..., ::-1]), str(temporary))

    @staticmethod
    def _instances(data_sample: BaseDataElement, key: str) -> InstanceData:
        if key not in data_sample:
            raise ValueError(
                f'the data sample of {data_sample.get("img_path", "this frame")} has no {key} to '
                f'draw, it has {sorted(data_sample.keys())}'
            )
        return data_sample.get(key)

    def _follow(self, data_sample: BaseDataElement, ids: np.ndarray, bboxes: np.ndarray) -> Trails:
        frame = int(data_sample.get('frame_id', self._trails.last_frame + 1))
        # The folder of the images as well as the video's number: tools that track files without
        # a dataset give one of them.
        folder = PurePath(data_sample.get('img_path', '')).parent
        video = (data_sample.get('video_id'), folder)
        if frame <= self._trails.last_frame or video != self._video:
            self._trails.reset()
        self._video = video
        return self._trails.add(frame, ids, bboxes)

    def _draw(
        self,
        image: np.ndarray,
        bboxes: np.ndarray,
        ids: np.ndarray,
        trails: Trails | None = None,
        title: str = '',
    ) -> np.ndarray:
        style = DrawingStyle.for_image(*image.shape[:2], line_width=self.line_width)
        return draw_tracks(image[..., ::-1], bboxes, ids, trails, style, title)[..., ::-1]


def _boxes_and_ids(instances: InstanceData) -> tuple[np.ndarray, np.ndarray]:
    """Extract boxes (N, 4) and ids (N,) of predictions (``instances_id``) or of ground truth.

    mmdet packs the identities of the ground truth as ``instances_ids``.
    """
    boxes = instances.bboxes
    bboxes = torch.as_tensor(getattr(boxes, 'tensor', boxes)).detach().cpu().numpy()
    ids = instances.get('instances_id', instances.get('instances_ids'))
    if ids is None:
        raise ValueError(
            f'instances to draw need instances_id, they have {sorted(instances.keys())}'
        )
    return bboxes.reshape(-1, 4), torch.as_tensor(ids).detach().cpu().numpy()
