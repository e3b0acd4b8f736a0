"""``tools.benchmarks.table_1`` on small generated sequences, with trainings of one epoch."""

import importlib.util
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmmaml.utils import register_all_modules
from tools.benchmarks.common import commands, paths
from tools.benchmarks.common.commands import Command, Done
from tools.benchmarks.table_1 import __main__ as command
from tools.benchmarks.table_1.measurements import MINUTES, Trial
from tools.benchmarks.table_1.systems import ROWS

ROOT = Path(__file__).parents[4]
SHORT = {
    'train_cfg.max_epochs': 1,
    'train_dataloader.dataset.num_ways': 4,
    'train_dataloader.batch_size': 6,
    'train_dataloader.dataset.dataset.pipeline.2.scale': (96, 64),
    'test_dataloader.dataset.pipeline.0.transforms.1.scale': (96, 64),
    'model.tracker.score_thr': 0.1,
    'model.tracker.init_score_thr': 0.1,
    'log_level': 'ERROR',
}
NAMES = 'one-shot', 'counting-mot', 'counting-mot-adapted'


def in_this_process(run: Command) -> Done:
    """Run a command of ``tools/`` without the seconds that imports take."""
    path = Path(run.arguments[1])
    spec = importlib.util.spec_from_file_location(f'table_1_{path.stem}', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # Runs of one second would share their logs and messages.
    module.main([*run.arguments[2:], f'experiment_name=table{next(COUNT)}'])
    return Done(run, 90)


COUNT = itertools.count()


@pytest.fixture(scope='module')
def study(mot_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with small configs, and a finished run in ``work``."""
    root = tmp_path_factory.mktemp('study')
    register_all_modules(init_default_scope=False)
    for folder, stem, options in (
        ('one_shot', 'one-shot_r18_demo', {}),
        ('counting_mot', 'counting-mot_r18_demo', {}),
        ('counting_mot', 'counting-mot_r18-adapted_demo', {'model.tracker.adapt': True}),
    ):
        source = stem.replace('-adapted', '')
        config = Config.fromfile(ROOT / 'configs' / folder / f'{source}.py')
        config.merge_from_dict({**SHORT, **options})
        for hook in config.custom_hooks:
            if 'pipeline' in hook:
                hook.pipeline[2].scale = (96, 64)
        (root / 'configs' / folder).mkdir(parents=True, exist_ok=True)
        config.dump(root / 'configs' / folder / f'{stem}.py')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, 'run_command', in_this_process)
        patch.setattr(paths, 'CONFIGS', root / 'configs')
        patch.setenv('LOCAL_RANK', '0')
        command.main([*options_of(root, mot_root), '--only', *NAMES])
        yield root


def options_of(root: Path, data: Path) -> list[str]:
    return ['--data', str(data), '--seeds', '1', '--work-dir', str(root / 'work')]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of commands that would run; they do nothing."""
    names: list[str] = []

    def begin(run: Command) -> Done:
        names.append(run.name)
        return Done(run, 0)

    monkeypatch.setattr(commands, 'run_command', begin)
    return names


def test_page_and_numbers(study: Path) -> None:
    results = json.loads((study / 'work' / 'table_1.json').read_text())
    text = (study / 'work' / 'table_1.md').read_text()
    assert '$' not in text
    assert list(results['rows']) == ['counting-mot', 'counting-mot-adapted', 'one-shot']
    for name, row in results['rows'].items():
        stem = Path(row['config']).stem
        scores = json.loads((study / 'work' / stem / 'seed0/test/metrics.json').read_text())
        assert row['seeds']['0']['MOTA'] == scores['overall']['MOTA']
        assert ('CountMAE' in row['seeds']['0']) is name.startswith('counting')
        assert row['size'] == [96, 64]
        assert row['seeds']['0'][MINUTES] == 1.5
        assert f'`configs/{row["config"]}`' in text, name
    # The density branch is all that the networks differ by.
    counting, adapted, plain = (row['parameters'] for row in results['rows'].values())
    assert counting == adapted > plain > 5e5
    assert 'Not measured yet: QDTrackX, QDTrackX + adaptation, TLR' in text


def test_weights_are_those_of_the_whole_training(study: Path) -> None:
    folder = study / 'work' / 'one-shot_r18_demo' / 'seed0'
    meta = torch.load(folder / 'epoch_1.pth', weights_only=True)['meta']
    assert (meta['seed'], meta['epoch']) == (0, 1)
    assert not list((study / 'work').glob('*adapted*/seed0/*.pth'))


def test_finished_work_is_not_repeated(study: Path, mot_root: Path, begun: list[str]) -> None:
    command.main([*options_of(study, mot_root), '--only', *NAMES])
    assert begun == []


def test_another_seed_is_trained_alone(
    study: Path, mot_root: Path, begun: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*options_of(study, mot_root), '--only', 'one-shot', '--seeds', '2']
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert begun == ['training one-shot_r18_demo, seed 1']
    assert 'seed 1 ended without' in capsys.readouterr().err  # nothing ran


def test_another_tracker_is_tested_anew(
    study: Path, mot_root: Path, begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trial, '_digest', lambda _: 'other code')
    monkeypatch.setattr(Trial, 'finish', lambda _: None)
    command.main([*options_of(study, mot_root), '--only', 'counting-mot-adapted'])
    assert begun == ['test of counting-mot-adapted, seed 0']


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        command.main(arguments)
    assert end.value.code == 2
    return capsys.readouterr().err


def test_a_checkpoint_of_another_config_is_refused(
    study: Path, mot_root: Path, capsys: pytest.CaptureFixture[str], begun: list[str]
) -> None:
    path = study / 'configs' / 'one_shot' / 'one-shot_r18_demo.py'
    before = path.read_text()
    path.write_text(before.replace('num_support=4', 'num_support=3'))
    try:
        text = refused([*options_of(study, mot_root), '--only', 'one-shot'], capsys)
    finally:
        path.write_text(before)
    assert 'epoch_1.pth was trained with train_dataloader.dataset.num_support = 4' in text
    assert 'says 3: move it away, or give another --work-dir' in text
    assert begun == []


def test_a_checkpoint_of_another_seed_is_refused(
    study: Path, mot_root: Path, capsys: pytest.CaptureFixture[str], begun: list[str]
) -> None:
    first = study / 'work' / 'one-shot_r18_demo' / 'seed0'
    first.with_name('seed1').symlink_to(first)
    try:
        arguments = [*options_of(study, mot_root), '--only', 'one-shot', '--seeds', '2']
        text = refused(arguments, capsys)
    finally:
        first.with_name('seed1').unlink()
    assert 'was trained with seed 0, not 1' in text
    assert begun == []


def test_other_data_is_refused(
    study: Path, mot_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'annotations').mkdir()
    for split in ('train', 'test'):
        text = (mot_root / 'annotations' / f'{split}_cocoformat.json').read_text()
        (tmp_path / 'annotations' / f'{split}_cocoformat.json').write_text(text + ' ')
    text = refused([*options_of(study, tmp_path), '--only', 'one-shot'], capsys)
    assert f'has trainings on other sequences, those of {mot_root}' in text


def test_systems_that_are_missing_are_named(
    study: Path, mot_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = refused(options_of(study, mot_root), capsys)
    assert 'no config of qdtrackx, qdtrackx-adapted, tlr, tlr-adapted, sgt' in text
    assert str(study / 'configs' / 'sgt' / 'sgt_r18-adapted_demo.py') in text
    assert '--only counting-mot counting-mot-adapted one-shot measures the others' in text
    text = refused([*options_of(study, mot_root), '--only', 'one-shot', 'sgt'], capsys)
    assert 'no config of sgt:' in text
    text = refused([*options_of(study, mot_root), '--only', 'fairmot'], capsys)
    assert f'there is only {", ".join(row.key for row in ROWS)}' in text
