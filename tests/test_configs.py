"""Every config builds all its parts, on generated data."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mmmaml.datasets import EpisodicDataset
from mmmaml.engine import MetaRunner
from mmmaml.models import MetaReID
from mmmaml.registry import DATASETS, HOOKS, METRICS, MODELS, RUNNERS, VISUALIZERS
from mmmaml.utils import register_all_modules

ROOT = Path(__file__).resolve().parents[1] / 'configs'
CONFIGS = sorted(
    path for path in ROOT.rglob('*.py') if '_base_' not in path.relative_to(ROOT).parts
)
NOT_ON_CROPS = 'one_shot', 'counting_mot', 'bot_sort', 'qdtrackx', 'tlr', 'sgt', 'adapter'
ON_CROPS = [path for path in CONFIGS if path.parent.name not in NOT_ON_CROPS]
COMPARED = [path for path in CONFIGS if path.parent.name == 'compare']
META = [
    path
    for path in ON_CROPS
    if path.name.startswith('maml-mot_') and path.parent.name != 'compose'
]


def ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.fixture
def scope():
    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmmaml'):
        yield


@pytest.fixture(scope='session')
def people_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people at two cameras, named as those of Market-1501."""
    root = tmp_path_factory.mktemp('people')
    folder = root / 'bounding_box_train'
    folder.mkdir()
    image = np.zeros((12, 6, 3), np.uint8)
    for who, camera, frame in product(range(1, 5), (1, 2), range(5)):
        cv2.imwrite(str(folder / f'{who:04d}_c{camera}s1_{frame:06d}_00.jpg'), image)
    return root


def on_data(config: Config, root: Path, people_root: Path) -> Config:
    """Point the datasets of a config at generated data."""
    for loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        dataset = (config.get(loader) or {}).get('dataset')
        if dataset is not None:
            dataset = dataset.get('dataset', dataset)
            people = dataset.type == 'PersonFolderDataset'
            dataset.data_root = str(people_root if people else root)
    config.train_dataloader.dataset.num_ways = 2
    return config


def crop_sizes(tracker: dict) -> Iterator[tuple[int, int]]:
    """Input sizes of the Re-ID network that a tracker states, or one within it."""
    for part in (tracker, tracker.get('tracker', {})):
        if 'reid' in part:
            yield tuple(part['reid']['img_scale'])


@pytest.mark.parametrize('path', ON_CROPS, ids=ids(ON_CROPS))
def test_every_part_builds(path: Path, mot_root: Path, people_root: Path, scope: None) -> None:
    config = on_data(Config.fromfile(path), mot_root, people_root)
    if 'postprocess_model' in config.model:
        config.model.postprocess_model.checkpoint = ''  # mmdet downloads it while it builds
    model = MODELS.build(config.model)
    assert 'reid' not in config.model or isinstance(model.reid, MetaReID)
    train = DATASETS.build(config.train_dataloader.dataset)
    assert isinstance(train, EpisodicDataset)
    ways, images = train.task(0).items.shape
    height, width = 2 * train[0]['inputs'].shape[-1], train[0]['inputs'].shape[-1]
    assert train[0]['inputs'].shape == (ways, images, 3, height, width)
    assert set(crop_sizes(config.model.tracker)) <= {(height, width)}
    test = DATASETS.build(config.test_dataloader.dataset)
    frame = test[(0, 0)] if hasattr(test, 'get_len_per_video') else test[0]
    assert {'inputs', 'data_samples'} <= set(frame)
    VISUALIZERS.build({**config.visualizer, 'name': path.stem})  # some hooks ask for it
    for hook in [*config.custom_hooks, *config.default_hooks.values()]:
        HOOKS.build(hook)
    METRICS.build(config.test_evaluator)
    assert RUNNERS.get(config.runner_type) is MetaRunner
    assert issubclass(MetaRunner, Runner)


AS_TRACKED = {'RandomEraseCrop', 'PasteOccluders'}
"""Transforms that show people of a Re-ID folder as a tracker sees them."""


def without_meta_training(config: Config) -> dict:
    config = config.to_dict()
    config.pop('custom_hooks')
    tasks = config['train_dataloader']['dataset']
    crops = tasks['dataset']
    changed = {'ShiftTaskAppearance'}
    if crops['type'] == 'PersonFolderDataset':
        changed |= AS_TRACKED
        crops['pipeline'][0].pop('jitter')
        assert {each['type'] for each in tasks.pop('task_pipeline')} <= AS_TRACKED
    crops['pipeline'] = [each for each in crops['pipeline'] if each['type'] not in changed]
    config.pop('train_pipeline')
    return config


@pytest.mark.parametrize('path', META, ids=ids(META))
def test_the_plain_twin_differs_by_meta_training_alone(path: Path) -> None:
    twin = path.with_name(path.name.replace('maml-mot', 'plain-reid'))
    meta, plain = Config.fromfile(path), Config.fromfile(twin)
    assert without_meta_training(meta) == without_meta_training(plain)
    difference = [hook.type for hook in meta.custom_hooks if hook not in plain.custom_hooks]
    assert difference == ['MAMLOptimizerHook']
    assert all(hook in meta.custom_hooks for hook in plain.custom_hooks)


@pytest.mark.parametrize('path', COMPARED, ids=ids(COMPARED))
def test_compared_configs_differ_in_the_tracker_alone(path: Path) -> None:
    demo = Config.fromfile(ROOT / 'demo' / 'maml-mot_r18_demo.py').to_dict()
    config = Config.fromfile(path).to_dict()
    for each in (demo, config):
        each['model'].pop('tracker')
    for name in ('bot_sort', 'detector_scores'):  # of the base that has its options
        config.pop(name, None)
    assert config == demo


@pytest.mark.parametrize('path', CONFIGS, ids=ids(CONFIGS))
def test_the_head_comment_says_how_to_run_it(path: Path) -> None:
    head = path.read_text().split('_base_')[0]
    assert f'configs/{path.relative_to(ROOT)}' in head
    assert all(line.startswith('#') for line in head.splitlines() if line)
