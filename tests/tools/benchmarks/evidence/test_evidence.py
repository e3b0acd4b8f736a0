"""The evidence protocol as a whole, on little data and with small networks."""

import importlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
from mmengine.config import Config

from mmmaml.apis import track
from mmmaml.datasets.synthetic import SequenceAppearance
from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import ID, read_rows
from tools.benchmarks.common import workers

EVIDENCE = 'tools.benchmarks.evidence'
PARTS = (
    'variants',
    'presets',
    'data',
    'training',
    'features',
    'measure',
    'summary',
    'page',
)


@pytest.fixture
def tools(monkeypatch, tmp_path):
    """The modules of the tool, with two trainings and one shift, in an empty working folder."""
    modules = {part: importlib.import_module(f'{EVIDENCE}.{part}') for part in PARTS}
    main = importlib.import_module(f'{EVIDENCE}.__main__').main
    tools = SimpleNamespace(main=main, **modules)
    monkeypatch.setattr(tools.data, 'TRAIN_SEED', 5)
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')
    trainings, shifts = tools.variants.TRAININGS, tools.data.SHIFTS
    # These keep the order of the tables, unlike those of monkeypatch.
    with (
        patch.dict(trainings, {key: trainings[key] for key in ('plain', 'meta')}, clear=True),
        patch.dict(shifts, {'dark': shifts['dark']}, clear=True),
        patch.dict(tools.variants.TRAINING_SETS),
    ):
        yield tools


def run_tiny(tools, *arguments) -> tuple[list[dict], str]:
    """Raw numbers of a run, and its page with the appendix."""
    tools.main(['--preset', 'tiny', '--out-dir', 'out', '--workers', '1', *map(str, arguments)])
    pages = [Path(f'out/{name}.md').read_text() for name in ('evidence', 'evidence_appendix')]
    return json.loads(Path('out/evidence.json').read_text()), '\n'.join(pages)


def value_of(records, training, online, group, metric, training_set='full') -> float:
    wanted = (training, training_set, online, group, metric)
    keys = ('training', 'training_set', 'online', 'group', 'metric')
    (found,) = [each['value'] for each in records if tuple(each[k] for k in keys) == wanted]
    return found


def table_of(page: str, heading: str) -> list[list[str]]:
    """Rows of the first table after a heading."""
    section = page.split(f'\n## {heading}\n')[1]
    lines = re.search(r'(\|[^\n]*\n)+', section)[0].splitlines()
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]


def checkpoints() -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in Path('out/trainings').glob('*/*.pth')}


def test_a_run_writes_its_numbers_and_trains_once(tools, monkeypatch):
    variants = tools.variants
    monkeypatch.delitem(variants.TRAINING_SETS, 'scarce')
    for key, onlines in (('plain', ('last', 'default')), ('meta', ('default',))):
        training = replace(variants.TRAININGS[key], onlines=onlines)
        monkeypatch.setitem(variants.TRAININGS, key, training)
    records, page = run_tiny(tools)
    assert {(each['training'], each['online'], each['seed']) for each in records} == {
        ('plain', 'last', 0),
        ('plain', 'default', 0),
        ('meta', 'default', 0),
    }
    header, _, *rows = table_of(page, 'Association accuracy')
    assert header[3:] == ['unshifted', 'dark', 'mean of shifts']
    for row, online in zip(rows[:2], ('last', 'default'), strict=True):
        assert row[0] == 'plain'
        shown = [float(cell) for cell in row[3:]]
        for cell, group in zip(shown, ('unshifted', 'dark', 'dark'), strict=True):
            share = value_of(records, 'plain', online, group, 'accuracy')
            assert cell == pytest.approx(100 * share, abs=0.051)
            assert value_of(records, 'plain', online, group, 'error') == pytest.approx(1 - share)
    new = value_of(records, 'meta', 'default', 'dark', 'IDF1')
    old = value_of(records, 'plain', 'last', 'dark', 'IDF1')
    headline = table_of(page, 'The default against its plain twin')[2]
    assert headline[:3] == ['plain, last observation', 'mean of shifts', '1']
    assert float(headline[5]) == pytest.approx(100 * (new - old), abs=0.051)
    assert 0.2 < old < 1
    assert Path('out/images/evidence.png').stat().st_size < 100_000

    before = checkpoints()
    assert len(before) == 2
    monkeypatch.delitem(variants.TRAININGS, 'plain')
    assert run_tiny(tools)[0] == [each for each in records if each['training'] == 'meta']
    assert checkpoints() == before


def test_a_training_is_repeated_when_what_decides_its_weights_changes(tools, mot_root):
    variants, training = tools.variants, tools.training
    register_all_modules()
    data = tools.data.given_evidence_data(mot_root, Path('annotations'))

    def digest(iterations=2, seed=0, key='full', **changes) -> str:
        meta = replace(variants.TRAININGS['meta'], **changes)
        run = tools.presets.Run(meta, variants.TRAINING_SETS[key], seed, ())
        preset = replace(tools.presets.PRESETS['tiny'], iterations=iterations)
        return training._digest(training.config_of(run, preset, data), seed)

    same = [digest(), digest(name='other'), digest(options={'model.tracker.score_thr': 0.4})]
    others = [
        digest(inner_loop={'inner_lr': 0.3}),
        digest(options={'optim_wrapper.optimizer.lr': 0.3}),
        digest(config='plain-reid_r18_demo'),
        digest(iterations=20),
        digest(seed=1),
        digest(key='scarce'),
    ]
    assert len(set(same)) == 1
    assert len({*same, *others}) == 1 + len(others)


def test_tracking_on_features_is_that_of_the_whole_model(tools):
    variants = tools.variants
    preset = replace(tools.presets.PRESETS['tiny'], test_frames=30)
    run = tools.presets.Run(variants.TRAININGS['meta'], variants.TRAINING_SETS['full'], 0, ())
    with workers.Workers(1, Path('log.txt')) as pool:
        data = tools.data.generated_evidence_data(
            Path('data'), preset, pool, lambda done, total: None
        )
        job = tools.training.TrainingJob(run, preset, data, Path('trainings'))
        (trained,) = pool.map(tools.training.train_run, [job])
        track(trained.config, trained.checkpoint, 'tracked')
    model = tools.features.load_model(trained.config, trained.checkpoint, {})
    sequences = tools.features.record_sequences(model, trained.config)
    assert list(sequences) == ['dark-01', 'unshifted-01']
    online = variants.ONLINES['default']
    for name, sequence in sequences.items():
        assert len(sequence.frames) == 30
        options = tools.measure._tracker_options(online, trained.config.model.tracker)
        rows = tools.measure.track_sequence(sequence, model.reid.head, online, options)
        expected = read_rows(Path('tracked/results') / f'{name}.txt')
        assert expected[:, ID].max() >= 4
        np.testing.assert_allclose(rows, expected[:, :7], atol=6e-4)


def test_a_given_folder_is_one_group(tools, mot_root, monkeypatch):
    monkeypatch.delitem(tools.variants.TRAININGS, 'meta')
    monkeypatch.delitem(tools.variants.TRAINING_SETS, 'scarce')
    plain = replace(tools.variants.TRAININGS['plain'], onlines=('mean',))
    monkeypatch.setitem(tools.variants.TRAININGS, 'plain', plain)
    monkeypatch.setattr(tools.page, 'HEADLINE', tools.variants.PARTS[:1])
    records, page = run_tiny(tools, '--data', mot_root, '--docs', 'out/evidence.md')
    assert {each['group'] for each in records} == {'held out'}
    assert 'Sequences of a folder: 2 to train on, 1 held out.' in page
    assert f'--preset tiny --data {mot_root} --docs out/evidence.md\n' in page
    # What was not measured is shown as such.
    assert table_of(page, 'What each part gives')[2][2:] == ['0', *['-'] * 5]


def test_held_out_sequences_need_ground_truth(tools, mot_root, capsys):
    shutil.copytree(mot_root, 'data', ignore=shutil.ignore_patterns('annotations'))
    (sequence,) = Path('data/test').iterdir()
    shutil.rmtree(sequence / 'gt')
    with pytest.raises(SystemExit, match=r'gt\.txt is missing: held-out sequences need ground'):
        run_tiny(tools, '--data', 'data')
    with pytest.raises(SystemExit):
        run_tiny(tools, '--workers', '0')
    assert '--workers 0 must be at least 1' in capsys.readouterr().err


def test_held_out_people_are_nobody_of_training(tools):
    preset = tools.presets.PRESETS['full']
    train = tools.data.train_specs(preset)
    test = tools.data.test_specs(preset)
    assert {group: len(specs) for group, specs in test.items()} == {'unshifted': 2, 'dark': 1}
    assert {spec.appearance for spec in [*train, *test['unshifted']]} == {SequenceAppearance()}
    assert all(spec.appearance.brightness < 1 for spec in test['dark'])
    ranges = [spec for specs in test.values() for spec in specs]
    starts = sorted(spec.first_person for spec in ranges)
    assert starts == [k * preset.test_people for k in range(len(ranges))]
    assert {spec.people_seed for spec in ranges}.isdisjoint(spec.people_seed for spec in train)


def test_a_scarce_set_takes_people_evenly_from_the_videos(tools):
    sizes = {(0, 3): 9, (0, 4): 2, (0, 5): 9, (1, 3): 9, (1, 9): 9, (2, 1): 9}
    keys = np.array([key for key, size in sizes.items() for _ in range(size)])
    index = {'video_id': keys[:, 0], 'instance_id': keys[:, 1]}
    items = tools.training.scarce_items(index, 5, 4, seed=0)
    assert items == sorted(set(items))
    people, counts = np.unique(keys[items], axis=0, return_counts=True)
    assert np.bincount(people[:, 0]).tolist() == [2, 2, 1]
    found = dict(zip(map(tuple, people.tolist()), counts, strict=True))
    assert all(count == min(sizes[person], 4) for person, count in found.items())
    assert items == tools.training.scarce_items(index, 5, 4, seed=0)
    chosen = {tuple(tools.training.scarce_items(index, 5, 4, seed)) for seed in range(5)}
    assert len(chosen) > 1
    assert tools.training.scarce_items(index, None, None, seed=0) == list(range(len(keys)))
    assert len(tools.training.scarce_items(index, 99, 1, seed=0)) == len(sizes)


def test_every_training_set_is_trained_for_about_as_long(tools, mot_root):
    register_all_modules()
    variants = tools.variants
    preset = replace(tools.presets.PRESETS['tiny'], iterations=40)
    data = tools.data.given_evidence_data(mot_root, Path('annotations'))
    scarce = variants.TrainingSet('scarce', 'scarce', identities=4, samples=5)
    letter = replace(
        variants.TRAININGS['meta'],
        inner_loop={'inner_lr': 5e-3},
        options={'train_dataloader.dataset.num_ways': 1, 'train_dataloader.batch_size': 12},
    )
    for training, subset, epochs in (
        (variants.TRAININGS['plain'], variants.TRAINING_SETS['full'], 10),  # 12 people, 3 a batch
        (variants.TRAININGS['plain'], scarce, 20),
        (letter, variants.TRAINING_SETS['full'], 40),
    ):
        config: Config = tools.training.config_of(
            tools.presets.Run(training, subset, 1, ()), preset, data
        )
        assert config.train_cfg.max_epochs == config.param_scheduler[0].T_max == epochs
    assert config.train_dataloader.dataset.num_ways == 1
    (hook,) = [each for each in config.custom_hooks if each.type == 'MAMLOptimizerHook']
    assert hook.inner_lr == 5e-3


def test_what_is_not_essential_is_done_with_fewer_seeds(tools):
    preset = replace(tools.presets.SMALL, seeds=2, ablation_seeds=1)
    runs = tools.presets.runs_of(preset)
    assert len({run.name for run in runs}) == len(runs) == 8
    by_name = {run.name: [online.key for online in run.onlines] for run in runs}
    assert by_name['meta_full_seed0'] == list(tools.variants.TRAININGS['meta'].onlines)
    essential = ['last', 'mean', 'calibrated', 'default', 'uncalibrated']
    assert by_name['meta_full_seed1'] == essential
    compared = [*tools.variants.HEADLINE, *tools.variants.META_AGAINST_PLAIN]
    for each in compared:
        for training, online in (each.new, each.old):
            if training not in tools.variants.TRAININGS:
                continue  # left out by the fixture
            assert online in by_name[f'{training}_{each.training_set}_seed1']
