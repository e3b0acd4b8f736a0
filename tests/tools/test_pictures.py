"""The tools that draw, from the command line."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from mmmaml.visualization.videos.error_videos import render_error_video
from tests.apis.small_model import DEMO, OPTIONS, save_weights, small_config
from tests.scored_run import write_run

TOOLS = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """``tool('report', arguments...)`` runs ``main`` of a tool and returns its status."""
    monkeypatch.syspath_prepend(str(TOOLS))

    def run(name: str, *arguments: object) -> int:
        return importlib.import_module(name).main([str(each) for each in arguments])

    return run


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    return write_run(tmp_path)


@pytest.fixture
def train_dir(tmp_path: Path) -> Path:
    log = tmp_path / 'train' / '20260101_000000' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    lines = [
        {'iter': i, 'lr': 0.1, 'loss': 3 / i, 'query_ce': 2 / i, 'query_ce_adapted': 1 / i}
        for i in range(1, 9)
    ]
    log.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return tmp_path / 'train'


@pytest.fixture
def network(mot_root: Path, tmp_path: Path) -> list[object]:
    """Arguments that name a small network with random weights, and generated data."""
    checkpoint = save_weights(small_config(mot_root), tmp_path / 'weights.pth')
    options = {
        **OPTIONS,
        'train_dataloader.dataset.dataset.data_root': mot_root,
        'test_dataloader.dataset.data_root': mot_root,
        'train_dataloader.dataset.num_ways': 4,
        'train_dataloader.dataset.num_support': 2,
    }
    pairs = [f'{key}={value}' for key, value in options.items()]
    return [DEMO, checkpoint, '--cfg-options', *pairs]


def is_drawn(path: Path) -> bool:
    return bool(cv2.imread(str(path)).std() > 5)


def test_report(tool, work_dir, train_dir, capsys):
    assert tool('report', work_dir, '--train-dir', train_dir) == 0
    page = (work_dir / 'report.html').read_text()
    assert 'id="training"' in page
    assert page.count('data:image/jpeg') == 2
    assert 'report.html: 2 sequences' in capsys.readouterr().out
    assert tool('report', work_dir, '--frames', 0, '--out', work_dir / 'small.html') == 0
    assert 'data:image/jpeg' not in (work_dir / 'small.html').read_text()


def test_what_cannot_be_reported_is_one_sentence(tool, work_dir, tmp_path, capsys):
    cases = {
        (tmp_path / 'none',): 'none/metrics.json does not exist, so',
        (work_dir, '--out', tmp_path / 'a.txt'): 'a.txt must end in .html',
        (work_dir, '--train-dir', tmp_path): 'holds no scalars.json',
        (work_dir, '--frames', -1): 'frames_per_sequence=-1 must be at least 0',
    }
    for arguments, message in cases.items():
        assert tool('report', *arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count('\n') == 1
    assert not (work_dir / 'report.html').exists()
    with pytest.raises(FileNotFoundError):
        tool('report', tmp_path / 'none', '--debug')


def test_curves_and_gain(tool, train_dir, tmp_path):
    assert tool('plot_curves', train_dir, '--out', tmp_path / 'a.png', '--keys', 'loss') == 0
    assert tool('plot_adaptation_gain', train_dir, '--out', tmp_path / 'b.png') == 0
    assert is_drawn(tmp_path / 'a.png')
    assert is_drawn(tmp_path / 'b.png')


def test_a_picture_that_cannot_be_written_is_told_before_anything_is_read(
    tool, train_dir, network, tmp_path, capsys
):
    (tmp_path / 'folder.png').mkdir()
    drawing = ('plot_curves', train_dir), ('plot_adaptation_gain', train_dir)
    learning = ('plot_embeddings', 'no.py', 'no.pth'), ('plot_task_similarity', 'no.py', 'no.pth')
    for arguments in (*drawing, *learning):
        for out, message in {
            'a.txt': 'pictures are written as .avif',
            'folder.png': 'is a folder: name a file',
        }.items():
            assert tool(*arguments, '--out', tmp_path / out) == 2
            assert message in capsys.readouterr().err
    weights = tmp_path / 'weights.png'
    weights.write_bytes(b'weights')
    assert tool('plot_embeddings', network[0], weights, '--out', weights) == 2
    assert 'would be written over itself, which is read' in capsys.readouterr().err
    assert tool('plot_curves', train_dir, '--out', tmp_path / 'a.png', '--smoothing', 0) == 2
    assert 'smoothing=0 must be at least 1' in capsys.readouterr().err


def test_timelines(tool, work_dir, capsys):
    assert tool('plot_timeline', work_dir, '--sequences', 'WALK') == 0
    assert [each.name for each in (work_dir / 'timelines').iterdir()] == ['WALK.png']
    assert is_drawn(work_dir / 'timelines' / 'WALK.png')
    assert tool('plot_timeline', work_dir, '--sequences', 'OTHER') == 2
    assert 'has no sequence OTHER; it has EMPTY, WALK' in capsys.readouterr().err


def test_error_videos(tool, work_dir, tmp_path, capsys):
    assert tool('error_video', work_dir, '--out-dir', tmp_path / 'v', '--pictures') == 0
    assert sorted(each.name for each in (tmp_path / 'v').glob('*.mp4')) == [
        'EMPTY.mp4',
        'WALK.mp4',
    ]
    assert len(list((tmp_path / 'v' / 'WALK').iterdir())) == 12
    assert 'WALK.mp4' in capsys.readouterr().out


def test_ctrl_c_keeps_whole_videos_and_names_them(tool, work_dir, monkeypatch, capsys):
    def stop_at_the_second(scored, out, *arguments, **options):
        if scored.sequence.name == 'WALK':
            raise KeyboardInterrupt
        return render_error_video(scored, out, *arguments, **options)

    monkeypatch.syspath_prepend(str(TOOLS))
    module = importlib.import_module('error_video')
    monkeypatch.setattr(module, 'render_error_video', stop_at_the_second)
    assert tool('error_video', work_dir) == 130
    assert capsys.readouterr().err.endswith('error_videos: EMPTY.mp4\n')
    assert [each.name for each in (work_dir / 'error_videos').iterdir()] == ['EMPTY.mp4']


@pytest.mark.parametrize('data', ['training', 'test'])
def test_similarity_of_tasks(tool, network, tmp_path, capsys, data):
    of_test = ['--test-data'] if data == 'test' else []
    out = tmp_path / 'a.png'
    assert tool('plot_task_similarity', *network, '--out', out, '--tasks', 9, *of_test) == 0
    assert is_drawn(out)
    rows = 6 if of_test else 9  # six people walk in the test sequence
    assert f'a.png: {rows} tracks, 9 tasks; mean ' in capsys.readouterr().out
    assert tool('plot_task_similarity', *network, '--out', out, '--tasks', 0) == 2


@pytest.mark.parametrize('solver', ['closed_form', 'gradient', None])
def test_embeddings_before_and_after(tool, network, tmp_path, capsys, solver):
    hooks = [] if solver is None else [{'type': 'MAMLOptimizerHook', 'solver': solver}]
    config = tmp_path / 'config.py'
    config.write_text(f'_base_ = {str(DEMO)!r}\ncustom_hooks = {hooks!r}\n')
    out = tmp_path / 'a.png'
    assert tool('plot_embeddings', config, *network[1:], '--out', out, '--test-data') == 0
    assert is_drawn(out)
    how = 'online adaptation, trained plainly' if solver is None else 'inner loop'
    said = capsys.readouterr().out
    assert f'4 people of DEMO-03, {how} ({solver or "closed_form"})' in said


def test_other_adaptations_are_refused(tool, network, tmp_path, capsys):
    config = tmp_path / 'config.py'
    hook = {'type': 'MAMLOptimizerHook', 'adapt': 'head'}
    config.write_text(f'_base_ = {str(DEMO)!r}\ncustom_hooks = [{hook!r}]\n')
    assert tool('plot_embeddings', config, *network[1:], '--out', tmp_path / 'a.png') == 2
    assert "adapts the parameters 'head'" in capsys.readouterr().err
