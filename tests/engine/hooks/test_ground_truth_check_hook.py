import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from mmengine.config import Config

from mmmaml.apis import track
from mmmaml.engine import GroundTruthCheckHook
from mmmaml.models import MAMLMOT
from tests.apis.small_model import save_weights, small_config


class Metric:
    def __init__(self) -> None:
        self.asked: list[dict[Path, list[Path]]] = []

    def check_ground_truth(self, images: dict[Path, list[Path]]) -> None:
        self.asked.append(images)


class Items(list):
    def get_data_info(self, index: int) -> dict:
        return self[index]


def runner(metric: Metric, items: list[dict]) -> SimpleNamespace:
    loop = SimpleNamespace(
        evaluator=SimpleNamespace(metrics=[object(), metric]),
        dataloader=SimpleNamespace(dataset=Items(items)),
    )
    return SimpleNamespace(train_loop=None, val_loop=loop, test_loop=loop)


def frame(name: str, number: int) -> dict:
    return {'img_path': f'data/{name}/img1/{number:06d}.jpg'}


@pytest.mark.parametrize('as_videos', [True, False])
def test_a_metric_is_given_the_frames_of_each_sequence(as_videos: bool) -> None:
    videos = [{'images': [frame('A', 4), frame('A', 5)]}, {'images': [frame('B', 1)]}]
    frames = [each for video in videos for each in video['images']]
    metric = Metric()
    GroundTruthCheckHook().before_test(runner(metric, videos if as_videos else frames))
    assert metric.asked == [
        {
            Path('data/A'): [Path('data/A/img1/000004.jpg'), Path('data/A/img1/000005.jpg')],
            Path('data/B'): [Path('data/B/img1/000001.jpg')],
        }
    ]


def test_a_validation_within_a_training_is_checked_once_before_it() -> None:
    metric = Metric()
    hook, run = GroundTruthCheckHook(), runner(metric, [frame('A', 1)])
    hook.before_train(run)
    hook.before_val(run)
    hook.before_val(run)
    assert len(metric.asked) == 1
    GroundTruthCheckHook().before_val(run)
    assert len(metric.asked) == 2


def test_a_training_without_validation_checks_nothing() -> None:
    GroundTruthCheckHook().before_train(SimpleNamespace(val_loop=None))


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('2,99,10,10,20,40,1,14,1', r'gt\.txt, line 4: ground truth of .*has class 14'),
        ('2,99,10,10,20,40,0.9,1,1', r'gt\.txt, line 4: .* flag 0\.9'),
        ('2,3,10,10', r'gt\.txt, line 4: .* has 4 columns'),
        ('1,1,10,10,20,40,1,1,1', r'gt\.txt, line 4: .*occurs more than once'),
    ],
)
def test_ground_truth_is_refused_before_the_first_frame(
    mot_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    message: str,
) -> None:
    shutil.copytree(mot_root, tmp_path / 'data')
    (gt,) = (tmp_path / 'data' / 'test').glob('*/gt/gt.txt')
    lines = gt.read_text().splitlines()
    lines[3] = line
    gt.write_text('\n'.join(lines))
    config: Config = small_config(tmp_path / 'data')
    checkpoint = save_weights(config, tmp_path / 'weights.pth')
    monkeypatch.setattr(MAMLMOT, 'predict', lambda *_, **__: pytest.fail('a frame was tracked'))
    with pytest.raises(ValueError, match=message):
        track(config, checkpoint, tmp_path / 'out')
