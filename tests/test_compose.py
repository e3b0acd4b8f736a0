"""Our parts in models of mmdet and mmtrack, and theirs in ours, by the commands of the configs."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import mmcv
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import load_checkpoint

from mmmaml.datasets.conversion.mot_to_coco import convert_mot
from mmmaml.datasets.synthetic import generate_dataset
from mmmaml.models import MetaReID
from mmmaml.models.trackers.reid_features import crop_and_resize
from mmmaml.registry import MODELS
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import FRAME, HEIGHT, ID, LEFT, WIDTH, read_rows

from .tools.conftest import run_tool  # noqa: F401

CONFIGS = Path(__file__).parents[1] / 'configs'
COMPOSED = sorted(path.stem for path in (CONFIGS / 'compose').glob('*.py'))
PEERS = {
    'maml-mot_mmtrack-sort_demo': 'deep-sort_r18_demo',
    'maml-mot_mmtrack-bytetrack_demo': 'byte-track_r18_demo',
    'maml-mot_mmtrack-strongsort_demo': 'strong-sort_r18_demo',
    'maml-mot_mmtrack-qdtrack_demo': 'qd-track_r18_demo',
}
SMALL_REID = {
    'model.reid.backbone.depth': 18,
    'model.reid.backbone.base_channels': 4,
    'model.reid.backbone.init_cfg': None,
    'model.reid.head.in_channels': 32,
}
QUICK = {
    'test_dataloader.num_workers': 0,
    'test_dataloader.persistent_workers': False,
    'log_level': 'ERROR',
}
# Random weights are sure of nothing, so that everything found must count.
CERTAIN = {
    'model.tracker.score_thr': 0,
    'model.tracker.low_score_thr': 0,
    'model.tracker.init_score_thr': 0,
    'model.tracker.num_tentatives': 1,
    'model.detector.init_cfg': None,
}
RESIZED = 'test_dataloader.dataset.pipeline'
RCNN = {
    **CERTAIN,
    'model.detector.backbone.depth': 18,
    'model.detector.backbone.base_channels': 4,
    'model.detector.backbone.init_cfg': None,
    'model.detector.neck.in_channels': '[4,8,16,32]',
    'model.detector.test_cfg.rpn.max_per_img': 8,
    'model.detector.test_cfg.rcnn.score_thr': 0,
    'model.detector.test_cfg.rcnn.max_per_img': 12,
}
YOLO = {
    **CERTAIN,
    'model.detector.backbone.widen_factor': 0.125,
    'model.detector.neck.in_channels': '[32,64,128]',
    'model.detector.neck.out_channels': 32,
    'model.detector.bbox_head.in_channels': 32,
    'model.detector.bbox_head.feat_channels': 32,
    'model.detector.bbox_head.num_classes': 2,
    'model.detector.test_cfg.score_thr': 0,
    f'{RESIZED}.0.transforms.1.scale': '(192,144)',
}
CHANGES: dict[str, dict[str, Any]] = {
    'yolox-s_maml-mot_mot17half': YOLO,
    'rtmdet-s_maml-mot_mot17half': {**YOLO, 'model.detector.test_cfg.max_per_img': 12},
    'faster-rcnn_maml-mot_mot17half': {
        **RCNN,
        'model.detector.roi_head.bbox_head.num_classes': 2,
        f'{RESIZED}.0.transforms.1.scale': '(192,144)',
    },
    'qdtrack-detector_maml-mot_mot17half': {
        **RCNN,
        f'{RESIZED}.0.transforms.1.scale': '(192,144)',
    },
    'mmdet-qdtrack_online-meta_mot17half': {
        **RCNN,
        f'{RESIZED}.0.transforms.1.scale': '(192,144)',
    },
    'mmtrack-qdtrack_online-meta_mot17half': {**RCNN, f'{RESIZED}.1.scale': '(192,144)'},
    'mmdet-strongsort_maml-reid_demo': {
        'model.postprocess_model.checkpoint': '',
        'model.postprocess_model.confidence_threshold': 2,  # never reached: nothing is joined
    },
}


@pytest.fixture(scope='module')
def small_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training sequence and a test one, 8 frames of 128x96 each."""
    root = tmp_path_factory.mktemp('compose')
    generate_dataset(
        root, num_train=1, num_test=1, num_frames=8, size=(128, 96), num_people=4, frame_rate=6
    )
    convert_mot(root)
    (root / 'detections').mkdir()
    for path in (root / 'train').iterdir():
        own = path / 'det' / 'det.txt'
        shutil.copy(own, root / 'detections' / f'{path.name}.txt')
        own.write_text(dpm_scores(own.read_text()))
    return root


def dpm_scores(text: str) -> str:
    """The same detections with scores from -0.5 on, as DPM has them."""
    rows = [line.split(',') for line in text.splitlines()]
    return '\n'.join(','.join([*row[:6], str(2 * float(row[6]) - 0.5)]) for row in rows)


@pytest.fixture
def run_config(
    small_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_tool: Callable,  # noqa: F811
) -> Callable[[Path], np.ndarray]:
    """Runs the command in the head of a config with small networks and gives the tracks."""
    (tmp_path / 'data').mkdir()
    for name in ('demo', 'MOT16', 'MOT17'):
        (tmp_path / 'data' / name).symlink_to(small_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')

    def run(path: Path) -> np.ndarray:
        config, options = small_config(path)
        weights = save_weights(config, tmp_path / f'{path.stem}.pth')
        arguments = [weights_for(each, weights) for each in command_of(path)]
        if '--reid' in arguments and 'model.detector.init_cfg' in options:
            arguments += ['--detector', weights]  # in place of what is downloaded
        run_tool('test', *arguments, '--work-dir', path.stem, **options)
        (results,) = (tmp_path / path.stem / 'results').glob('*.txt')
        assert (tmp_path / path.stem / 'metrics.json').is_file()
        return read_rows(results)

    return run


def save_weights(config: Config, path: Path) -> Path:
    """Write weights as training starts from."""
    register_all_modules(init_default_scope=False)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        model = MODELS.build(config.model)
    torch.manual_seed(0)  # whatever else the model was built with
    model.init_weights()
    for name, parameter in model.named_parameters():
        if '.rtm_reg.' in name and name.endswith('bias'):  # boxes of RTMDet start without area
            torch.nn.init.uniform_(parameter, 1, 3)
    torch.save({'state_dict': model.state_dict()}, path)
    return path


def small_config(path: Path) -> tuple[Config, dict[str, Any]]:
    """A config with small networks, and what makes them small."""
    config = Config.fromfile(path)
    options = {**QUICK, **CHANGES.get(path.stem, {})}
    if 'reid' in config.model:
        options |= SMALL_REID
    options = {key: as_given(value) for key, value in options.items()}
    config.merge_from_dict(options)
    return config, options


def as_given(value: Any) -> Any:
    return eval(value) if isinstance(value, str) and value[:1] in ('(', '[') else value


def command_of(path: Path) -> list[str]:
    """Arguments of ``tools/test.py`` in the head comment of a config."""
    head = re.match(r'(?:#.*\n)+', path.read_text())
    assert head is not None
    match = re.search(r'python tools/test.py ((?:[^\\\n]|\\\n#)*)', head[0])
    assert match is not None, f'the head of {path.name} has no command'
    return shlex.split(match[1].replace('\\\n#', ' '))


def weights_for(argument: str, weights: Path) -> str:
    """What stands for a checkpoint in a head comment, as a file."""
    if argument.startswith('configs/'):
        return str(CONFIGS.parent / argument)
    return argument if argument.startswith('--') else str(weights)


def in_config(name: str) -> Path:
    folder = 'compare' if name in PEERS.values() else 'demo' if name in DEMO else 'compose'
    return CONFIGS / folder / f'{name}.py'


DEMO = ('maml-mot_r18_demo',)


def assert_same(rows: np.ndarray, expected: np.ndarray) -> None:
    assert len(expected) > 8
    assert len(np.unique(expected[:, ID])) >= 2
    np.testing.assert_array_equal(sort(rows), sort(expected))


def sort(rows: np.ndarray) -> np.ndarray:
    return rows[np.lexsort((rows[:, ID], rows[:, FRAME]))]


# ---- our tracker in their models


def test_our_parts_track_in_their_models_as_in_ours(run_config) -> None:
    ours = run_config(in_config('maml-mot_r18_demo'))
    for name in ('mmdet-deepsort', 'mmtrack-deepsort', 'mmdet-strongsort', 'mmtrack-strongsort'):
        assert_same(run_config(in_config(f'{name}_maml-reid_demo')), ours)


def test_our_tracker_goes_without_a_reid_network(run_config) -> None:
    byte = run_config(in_config('mmdet-bytetrack_online-meta_demo'))
    assert_same(run_config(in_config('mmtrack-bytetrack_online-meta_demo')), byte)


def test_our_tracker_goes_by_the_embeddings_of_qdtrack(run_config, monkeypatch) -> None:
    register_all_modules(init_default_scope=False)
    head, lengths = MODELS.get('mmdet.QuasiDenseEmbedHead'), []
    embed = head.predict

    def counted(self: Any, feats: torch.Tensor) -> torch.Tensor:
        found = embed(self, feats)
        lengths.append(found.shape)
        return found

    monkeypatch.setattr(head, 'predict', counted)
    theirs = run_config(in_config('mmdet-qdtrack_online-meta_mot17half'))
    assert [shape[1] for shape in lengths] == [256] * 3
    assert_same(run_config(in_config('mmtrack-qdtrack_online-meta_mot17half')), theirs)


# ---- their trackers in our model


@pytest.mark.parametrize(('name', 'peer'), PEERS.items(), ids=list(PEERS))
def test_trackers_of_mmtrack_track_as_those_of_mmdet(run_config, name: str, peer: str) -> None:
    assert_same(run_config(in_config(name)), run_config(in_config(peer)))


# ---- detectors


def prepared(image: np.ndarray, size: tuple[int, int], norm: dict[str, Any]) -> torch.Tensor:
    """(1, 3, H, W), resized, normalised and padded to multiples of 32, by hand."""
    image = mmcv.imrescale(image, size).astype(np.float32)
    image = image[..., ::-1] if norm.get('bgr_to_rgb') else image
    image = (image - np.float32(norm['mean'])) / np.float32(norm['std'])
    rows, columns = (-length % 32 for length in image.shape[:2])
    value = norm.get('pad_value', 0)
    padded = np.pad(image, ((0, rows), (0, columns), (0, 0)), constant_values=value)
    return torch.from_numpy(padded.transpose(2, 0, 1).copy())[None].float()


@pytest.mark.parametrize('name', ['yolox-s', 'rtmdet-s', 'faster-rcnn', 'qdtrack-detector'])
def test_people_of_a_detector_are_tracked(
    run_config, small_root: Path, monkeypatch, name: str
) -> None:
    looked_at = []
    extract = MetaReID.extract_crop_feats
    monkeypatch.setattr(
        MetaReID,
        'extract_crop_feats',
        lambda self, crops: looked_at.append(crops) or extract(self, crops),
    )
    path = in_config(f'{name}_maml-mot_mot17half')
    torch.manual_seed(0)
    rows = run_config(path)

    config, _ = small_config(path)
    image = cv2.imread(str(next((small_root / 'train').glob('*/img1/000006.jpg'))))
    sample = DetDataSample(
        metainfo={'img_shape': (144, 192), 'ori_shape': (96, 128), 'scale_factor': (1.5, 1.5)}
    )
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        model = MODELS.build(config.model).eval()
    load_checkpoint(model, f'{path.stem}.pth')
    norm = config.model.data_preprocessor
    with torch.no_grad():
        (found,) = model.detector.predict(prepared(image, (192, 144), norm), [sample])
    found = found.pred_instances
    people = found[found.labels == 0]
    assert len(people) >= 2
    if name != 'qdtrack-detector':
        assert len(people) < len(found)

    first = rows[rows[:, FRAME] == 1]
    boxes = np.column_stack(
        [first[:, LEFT:WIDTH], first[:, LEFT:WIDTH] + first[:, WIDTH : HEIGHT + 1]]
    )
    expected = people.bboxes[(people.bboxes[:, 2:] > people.bboxes[:, :2]).all(1)].numpy()
    assert len(boxes) == len(expected)
    distance = abs(boxes[:, None] - expected[None]).max(2)
    assert distance.min(0).max() < 0.02
    assert distance.min(1).max() < 0.02

    rgb = {
        'mean': [123.675, 116.28, 103.53],
        'std': [58.395, 57.12, 57.375],
        'bgr_to_rgb': True,
    }
    img = prepared(image, (192, 144), rgb)[:, :, :144, :192]
    crops = crop_and_resize(img, people.bboxes * 1.5, (256, 128))
    torch.testing.assert_close(torch.cat(looked_at)[: len(crops)], crops, atol=2e-3, rtol=1e-3)


# ---- public detections


def test_public_detections_with_scores_that_are_no_probabilities(run_config) -> None:
    rows = run_config(in_config('public-detections_maml-mot_mot16half'))
    assert len(np.unique(rows[:, FRAME])) == 3


def test_detections_of_a_folder(run_config, small_root: Path) -> None:
    rows = run_config(in_config('public-detections_maml-mot_mot17half'))
    assert len(np.unique(rows[:, FRAME])) == 3
    (file,) = (small_root / 'detections').glob('*.txt')
    detections = read_rows(file)
    in_file = {tuple(row) for row in np.round(detections[:, LEFT : HEIGHT + 1], 1)}
    assert {tuple(row) for row in np.round(rows[:, LEFT : HEIGHT + 1], 1)} <= in_file


# ---- the example of the page


def test_the_detector_of_the_guide(
    small_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_tool: Callable,  # noqa: F811
) -> None:
    page = (CONFIGS.parent / 'docs' / 'composing.md').read_text()
    guide = page[page.index('## Bring your own detector') :]
    detector, config = re.findall(r'```python\n(.*?)```', guide, re.S)
    test, track = re.findall(r'^python tools/(.*)$', guide, re.M)
    (tmp_path / 'my_detector.py').write_text(detector)
    (tmp_path / 'my_config.py').write_text(config)
    (tmp_path / 'configs').symlink_to(CONFIGS)
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'demo').symlink_to(small_root)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv('LOCAL_RANK', '0')
    sure = {name: value for name, value in CERTAIN.items() if 'init_cfg' not in name}
    options = {**SMALL_REID, **sure, **QUICK, 'model.detector.min_area': 30}
    path = tmp_path / 'my_config.py'
    small = Config.fromfile(path)
    small.merge_from_dict({key: as_given(value) for key, value in options.items()})
    save_weights(small, tmp_path / 'CHECKPOINT')
    arguments = shlex.split(test)
    run_tool('test', *arguments[1:], '--work-dir', 'tested', **options)
    (file,) = (tmp_path / 'tested' / 'results').glob('*.txt')
    tested = read_rows(file)

    (sequence,) = (small_root / 'test').iterdir()
    arguments = shlex.split(track.replace('street.mp4', str(sequence)))
    run_tool('track', *arguments[1:], **options)
    tracked = read_rows(tmp_path / 'outputs' / 'track' / f'{sequence.name}.txt')
    assert_same(tracked, tested)


def test_every_config_is_run_here() -> None:
    text = Path(__file__).read_text()
    mentioned = {name for name in COMPOSED if name.split('_')[0] in text}
    assert mentioned == set(COMPOSED)
