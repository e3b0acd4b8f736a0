"""Whatever stands in ground truth and tracks, each row counts, is said, or is refused."""

import json
import os
import re
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.scoring.test_convention_checks import CONVENTIONS, SIZE, changed
from tests.evaluation.track_files import write_tracks, write_truth
from tests.properties import bounded

TOOL = Path(__file__).parents[2] / 'tools' / 'eval_mot.py'
REAL = Path(os.environ.get('MOT15_ROOT', Path(__file__).parents[2] / 'data' / 'MOT15')) / 'train'
FRAMES = 4


@pytest.fixture
def eval_mot(tmp_path, capsys):
    """``eval_mot(options...)`` to status, scores and error output of the folders of a test."""
    main = runpy.run_path(str(TOOL))['main']
    out = tmp_path / 'scores.json'

    def run(*options):
        out.unlink(missing_ok=True)
        folders = ['--gt', str(tmp_path / 'gt'), '--results', str(tmp_path / 'r')]
        status = main([*folders, '--json', str(out), *map(str, options)])
        error = capsys.readouterr().err
        return status, json.loads(out.read_text()) if out.exists() else None, error

    return run


def write(folder, gt, tracks, name='A', num_frames=FRAMES):
    for part in ('gt', 'r'):
        shutil.rmtree(folder / part, ignore_errors=True)
    write_truth(folder / 'gt', name, np.array(gt, dtype=float).reshape(len(gt), -1), num_frames)
    write_tracks(folder / 'r', name, np.array(tracks, dtype=float).reshape(len(tracks), -1))


def count(notes, beginning):
    (found,) = [note for note in notes if note.startswith(beginning)] or ['0 of A']
    return int(re.search(r'(\d+) of A', found)[1])


GT_ROW = st.tuples(
    st.integers(1, FRAMES),
    st.sampled_from([-1, 1, 1, 2, 3]),
    st.integers(0, 40),
    st.just(50),
    st.sampled_from([10, 10, 10, 10, 0, -3]),
    st.just(20),
    st.sampled_from([1, 1, 1, 1, 0, -1, 2, 0.9]),
    st.sampled_from([1, 1, 1, 1, 2, 3, 7, 12, 14, 1.5]),
    st.sampled_from([1, 0.2, -1, 7]),
)
BAD = {
    'occurs more than once': lambda row, before: row[:2] in [each[:2] for each in before],
    'negative width or height': lambda row, _: row[4] < 0,
    'considered flag': lambda row, _: row[6] == 0.9,
    'has class': lambda row, _: row[7] in (14, 1.5),
}


@bounded
@given(gt=st.lists(GT_ROW, min_size=1, max_size=6))
def test_each_row_of_the_ground_truth_counts_is_said_or_is_refused(tmp_path, eval_mot, gt):
    tracks = [[frame, 7, 5, 50, 10, 20, 1] for frame in range(1, FRAMES + 1)]
    write(tmp_path, gt, tracks)
    known = [row for row in gt if row[1] >= 0]
    counting = [row for row in known if row[6] != 0 and row[7] == 1]

    status, scores, error = eval_mot('--benchmark', 'MOT17')

    faults = {
        reason: [i for i, row in enumerate(gt) if row[1] >= 0 and is_bad(row, gt[:i])]
        for reason, is_bad in BAD.items()
    }
    if status == 2:
        assert scores is None
        assert 'gt.txt' in error
        if 'no box of the ground truth counts' in error:
            assert not counting
        else:
            (reason,) = [each for each in faults if each in error]
            assert f'line {faults[reason][0] + 1}:' in error
        return
    assert status == 0
    assert not any(faults.values())
    left_out = [
        count(scores['notes'], beginning)
        for beginning in (
            'Boxes without identity',
            'Ground truth that does not count, flag 0',
            'Ground truth that does not count, class',
        )
    ]
    assert len(gt) == len(counting) + sum(left_out)
    overall = scores['overall']
    hits = round(overall['Rcll'] * len(counting))
    assert hits + overall['FN'] == len(counting)
    on_distractors = count(scores['notes'], 'Tracked boxes left out, on a distractor')
    assert hits + overall['FP'] + on_distractors == len(tracks)
    people = {row[1] for row in known} - {row[1] for row in counting}
    assert count(scores['notes'], 'People none of whose boxes counts') == len(people)


@bounded
@given(
    conversion=st.sampled_from(sorted(CONVENTIONS, key=lambda each: each.__name__)),
    seed=st.integers(0, 99),
    of_gt=st.booleans(),
)
def test_another_convention_is_named_under_the_table(tmp_path, eval_mot, conversion, seed, of_gt):
    rng = np.random.default_rng(seed)
    size = rng.uniform([20, 50], [50, 120], (120, 2))
    boxes = np.hstack([rng.uniform(0, np.array(SIZE) - size), size])
    head = np.column_stack([np.repeat(np.arange(1, 13), 10), np.tile(np.arange(10), 12)])
    gt, tracks = np.hstack([head, boxes, np.ones((120, 3))]), np.hstack([head, boxes, head[:, :1]])
    write(tmp_path, gt, tracks, num_frames=12)
    assert eval_mot()[1]['notes'] == []

    write(
        tmp_path,
        changed(gt, conversion) if of_gt else gt,
        tracks if of_gt else changed(tracks, conversion),
        num_frames=12,
    )
    status, scores, _ = eval_mot()
    assert status == 0
    assert any(re.search('|'.join(CONVENTIONS.values()), note) for note in scores['notes'])


@bounded
@given(
    world=st.lists(
        st.tuples(st.floats(-20, 20), st.floats(-20, 20)).filter(lambda xy: xy[0] != round(xy[0])),
        min_size=FRAMES,
        max_size=FRAMES,
    )
)
def test_mot15_in_its_own_form_is_scored_without_classes(tmp_path, eval_mot, world):
    gt = [[f, 1, 5, 50, 10, 20, 1, x, y, 0] for f, (x, y) in enumerate(world, start=1)]
    write(tmp_path, gt, [[f, 7, 5, 50, 10, 20, 1] for f in range(1, FRAMES + 1)])

    status, scores, _ = eval_mot()

    assert (status, scores['benchmark'], scores['overall']['MOTA']) == (0, 'MOT15', 1)
    assert f'world coordinates: {FRAMES} of A' in scores['notes'][0]


@pytest.mark.skipif(not REAL.is_dir(), reason=f'{REAL} is not there (MOT15_ROOT)')
def test_mot15_as_it_is_published(tmp_path, eval_mot):
    shutil.copytree(REAL, tmp_path / 'gt', ignore=shutil.ignore_patterns('img1', 'det'))
    (tmp_path / 'r').mkdir()
    for path in (tmp_path / 'gt').glob('*/gt/gt.txt'):
        rows = [line.split(',')[:7] for line in path.read_text().split()]
        text = ''.join(','.join(row) + '\n' for row in rows if row[6] != '0')
        (tmp_path / 'r' / f'{path.parts[-3]}.txt').write_text(text)

    status, scores, _ = eval_mot()

    assert (status, scores['benchmark']) == (0, 'MOT15')
    assert [scores['overall'][name] for name in ('MOTA', 'IDF1', 'HOTA')] == [1, 1, 1]


@pytest.mark.parametrize('output', ['gt/A/gt/gt.txt', 'gt/A/seqinfo.ini', 'r/A.txt'])
@pytest.mark.parametrize('option', ['--json', '--markdown'])
def test_no_output_replaces_an_input(tmp_path, eval_mot, output, option):
    write(tmp_path, [[1, 1, 5, 50, 10, 20, 1, 1, 1]], [[1, 7, 5, 50, 10, 20, 1]])
    before = (tmp_path / output).read_bytes()

    status, _, error = eval_mot(option, tmp_path / 'r' / '..' / output)

    assert status == 2
    assert 'which is read: name another file' in error
    assert (tmp_path / output).read_bytes() == before


def test_two_outputs_of_one_name_are_refused(tmp_path, eval_mot):
    write(tmp_path, [[1, 1, 5, 50, 10, 20, 1, 1, 1]], [[1, 7, 5, 50, 10, 20, 1]])
    status, _, error = eval_mot('--markdown', tmp_path / 'scores.json')
    assert (status, 'which is written, too' in error) == (2, True)
