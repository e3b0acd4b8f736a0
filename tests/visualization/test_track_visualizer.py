import time

import cv2
import numpy as np
import pytest
import torch
from mmdet.engine.hooks import TrackVisualizationHook
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData
from mmengine.visualization import Visualizer

from mmmaml.registry import VISUALIZERS
from mmmaml.visualization.colors import track_colors
from mmmaml.visualization.track_visualizer import TrackVisualizer

IMAGE = np.full((120, 200, 3), 90, dtype=np.uint8)


class Recorder(TrackVisualizer):
    """Keeps the pictures that go to the backends."""

    def add_image(self, name, image, step=0):
        self.pictures = [*getattr(self, 'pictures', []), image]


def sample(frame: int, x: float, track: int = 3, score: float = 0.9, **meta) -> DetDataSample:
    found = DetDataSample(metainfo={'frame_id': frame, 'video_id': 0, **meta})
    found.pred_track_instances = InstanceData(
        bboxes=torch.tensor([[x - 8, 40, x + 8, 90.0]]),
        scores=torch.tensor([score]),
        labels=torch.tensor([0]),
        instances_id=torch.tensor([track]),
    )
    return found


def colored(picture: np.ndarray, track: int = 3) -> np.ndarray:
    return np.abs(picture.astype(int) - track_colors(np.array([track]))[0]).max(axis=2) < 10


@pytest.fixture
def draw():
    visualizer = Recorder(trail_length=10, line_width=3)

    def run(*samples: DetDataSample) -> np.ndarray:
        for one in samples:
            visualizer.add_datasample('frame', IMAGE, one)
        return visualizer.pictures[-1]

    return run


def trail_start(picture: np.ndarray, track: int = 3) -> int:
    return int(colored(picture, track)[88:93].any(axis=0).argmax())


def test_is_found_by_its_name():
    built = VISUALIZERS.build({'type': 'mmmaml.TrackVisualizer', 'name': 'by name'})
    assert type(built) is TrackVisualizer


def test_draws_rgb_in_the_colour_of_the_id(draw):
    picture = draw(sample(0, 100))
    assert colored(picture)[60, 91:94].any()
    assert colored(picture)[60, 107:110].any()
    assert not colored(picture)[60, 20:80].any()


def test_trail_reaches_back_and_starts_anew_at_frame_0(draw):
    assert trail_start(draw(*(sample(i, 40 + 10 * i) for i in range(5)))) <= 42
    assert trail_start(draw(sample(0, 100))) >= 90


def test_trail_starts_anew_at_another_video_or_earlier_frame(draw):
    draw(*(sample(i, 40 + 10 * i) for i in range(5)))
    assert trail_start(draw(sample(5, 100, video_id=1))) >= 90
    draw(sample(6, 60, video_id=1))
    assert trail_start(draw(sample(6, 100, video_id=1))) >= 90


def test_folder_tells_videos_apart_where_there_is_no_number(draw):
    draw(sample(1, 40, video_id=None, img_path='a/img1/1.jpg'))
    assert trail_start(draw(sample(2, 100, video_id=None, img_path='b/img1/2.jpg'))) >= 90


def test_samples_without_a_frame_number_are_successive(draw):
    first, second = sample(0, 40), sample(0, 100)
    for one in (first, second):
        one.set_metainfo({})
        del one.frame_id
    assert trail_start(draw(first, second)) <= 42


def test_score_threshold_and_unreported_ids(draw):
    assert not colored(draw(sample(0, 100, score=0.2))).any()
    assert not colored(draw(sample(0, 100, track=-1)), -1).any()


def test_empty_frame_is_the_picture_itself(draw):
    empty = sample(0, 100)
    empty.pred_track_instances = empty.pred_track_instances[:0]
    np.testing.assert_array_equal(draw(empty), IMAGE)


def test_ground_truth_is_drawn_beside_the_tracks_when_asked():
    visualizer = Recorder(line_width=3)
    both = sample(0, 100)
    both.gt_instances = InstanceData(
        bboxes=torch.tensor([[20, 40, 40, 90.0]]), instances_ids=torch.tensor([5])
    )
    visualizer.add_datasample('frame', IMAGE, both, draw_gt=True)
    picture = visualizer.pictures[-1]
    assert picture.shape == (120, 400, 3)
    assert colored(picture[:, :200], 5).any()
    assert colored(picture[:, 200:], 3).any()
    assert not colored(picture[:, 200:], 5).any()


def test_missing_tracks_are_named():
    with pytest.raises(ValueError, match=r'of a/1\.jpg has no pred_track_instances to draw'):
        TrackVisualizer().add_datasample(
            'frame', IMAGE, DetDataSample(metainfo={'img_path': 'a/1.jpg'})
        )


def test_mmdet_hook_writes_pictures_of_a_video(tmp_path):
    name = 'of the hook'
    visualizer = TrackVisualizer.get_instance(name, line_width=3)
    hook = TrackVisualizationHook(draw=True)
    hook._visualizer = visualizer
    hook.test_out_dir = str(tmp_path / 'out')
    (tmp_path / 'SEQ/img1').mkdir(parents=True)
    for frame in range(4):
        path = tmp_path / f'SEQ/img1/{frame + 1:06d}.jpg'
        cv2.imwrite(str(path), IMAGE)
        hook.visualize_single_image(sample(frame, 40 + 20 * frame, img_path=str(path)), frame)
    last = cv2.imread(str(tmp_path / 'out/SEQ/000004.jpg'))[..., ::-1]
    near = np.abs(last.astype(int) - track_colors(np.array([3]))[0]).max(axis=2) < 60
    assert near[88:93, 40:60].any()
    assert near[60, 89:95].any()
    assert isinstance(visualizer, Visualizer)


def test_hundred_frames_a_second():
    visualizer = Recorder()
    image = np.zeros((360, 640, 3), dtype=np.uint8)
    rng = np.random.default_rng(0)
    corner = torch.from_numpy(rng.uniform(0, [600, 300], (30, 2))).float()
    seconds = []
    for frame in range(40):
        one = sample(frame, 0)
        one.pred_track_instances = InstanceData(
            bboxes=torch.cat([corner, corner + torch.tensor([20, 50])], 1) + frame,
            scores=torch.ones(30),
            instances_id=torch.arange(30),
        )
        start = time.thread_time()
        visualizer.add_datasample('frame', image, one)
        seconds.append(time.thread_time() - start)
    assert min(seconds[25:]) < 0.01  # the least of many, for machines that are busy


def test_every_process_of_a_distributed_test_writes_its_own_frames(tmp_path, monkeypatch):
    monkeypatch.setattr('mmengine.dist.utils.get_rank', lambda group=None: 1)
    out = tmp_path / 'frame.png'
    visualizer = TrackVisualizer(line_width=3)
    visualizer.add_datasample('frame', IMAGE, sample(0, 100), out_file=str(out))
    assert colored(cv2.imread(str(out))[..., ::-1]).any()


def test_a_crowd_count_is_written_into_the_corner(draw):
    plain, counted = draw(sample(0, 100)), draw(sample(0, 100, crowd_count=2.5))
    changed = np.argwhere((plain != counted).any(axis=2))
    assert len(changed)
    assert changed[:, 0].max() < 30
