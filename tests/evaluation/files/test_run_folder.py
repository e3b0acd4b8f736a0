import json
import shutil

import numpy as np
import pytest

from mmmaml.evaluation.files.run_folder import images_of, read_run
from tests.scored_run import FIRST_IMAGE, NUM_FRAMES, story, write_run


@pytest.fixture
def run_folder(tmp_path):
    return write_run(tmp_path)


def walk_of(run_folder):
    return read_run(run_folder).evaluation.sequences['WALK'].sequence


def test_a_run_is_read_as_it_was_written(run_folder, tmp_path):
    run = read_run(run_folder)
    sequences = run.evaluation.sequences
    assert list(sequences) == ['EMPTY', 'WALK']
    assert run.evaluation.overall['FN'] == 1
    assert run.evaluation.benchmark == 'MOT17'
    scored = sequences['WALK']
    walk = scored.sequence
    people, tracks = story()
    inside = people[people[:, 0] >= FIRST_IMAGE]
    assert len(walk.gt) == len(inside)
    assert walk.gt[:, 0].min() == 1
    np.testing.assert_allclose(np.sort(walk.results[:, 1]), np.sort(tracks[:, 1]))
    assert scored.events['type'].value_counts().to_dict() == {
        'match': 18,
        'switch': 1,
        'miss': 1,
        'false_positive': 1,
    }
    assert walk.num_frames == NUM_FRAMES
    assert walk.frame_rate == 10
    assert scored.reentry == {1.0: (0, 0), 3.0: (0, 0), 10.0: (0, 0)}
    paths = images_of(walk).paths()
    assert (paths[0].name, paths[-1].name) == ('000004.jpg', '000015.jpg')
    assert len(sequences['EMPTY'].events) == 0
    assert sequences['EMPTY'].sequence.num_frames == NUM_FRAMES


def test_frames_that_moved_away_are_named(run_folder, tmp_path):
    (tmp_path / 'data/WALK/img1/000015.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 12 tested frames of WALK .*000015\.jpg'):
        images_of(walk_of(run_folder)).paths()
    shutil.rmtree(tmp_path / 'data')
    walk = walk_of(run_folder)
    assert walk.frame_rate is None
    with pytest.raises(FileNotFoundError, match=r'seqinfo\.ini is missing'):
        images_of(walk).paths()


def test_an_older_run_is_read_without_its_frames(run_folder):
    (run_folder / 'sequences.json').unlink()
    walk = walk_of(run_folder)
    assert walk.num_frames == NUM_FRAMES
    with pytest.raises(FileNotFoundError, match=r'wrote no sequences\.json'):
        images_of(walk)


@pytest.mark.parametrize(
    'name', ['metrics.json', 'events/WALK.csv', 'gt/WALK.txt', 'results/WALK.txt']
)
def test_a_missing_file_is_named_with_the_way_to_get_it(run_folder, name):
    (run_folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf'{name} does not exist.*tools/test\.py'):
        read_run(run_folder)


def test_files_of_something_else_are_refused(run_folder):
    (run_folder / 'events/WALK.csv').write_text('frame,type\n1,match\n')
    with pytest.raises(ValueError, match=r"WALK\.csv has the columns \['frame', 'type'\]"):
        read_run(run_folder)
    (run_folder / 'metrics.json').write_text('{')
    with pytest.raises(ValueError, match=r'metrics\.json is no JSON'):
        read_run(run_folder)
    (run_folder / 'metrics.json').write_text(json.dumps({'plain': []}))
    with pytest.raises(ValueError, match='has no overall and sequences'):
        read_run(run_folder)
