import numpy as np
import pytest

from mmmaml.evaluation.files.track_folders import (
    find_results,
    find_truth,
    guess_benchmark,
    read_sequence,
)
from mmmaml.evaluation.sequences import TrackedSequence
from tests.evaluation.track_files import write_tracks, write_truth


def test_ground_truth_in_folders_and_files(tmp_path, person):
    nested = write_truth(tmp_path, 'B', person(1, 1))
    flat = tmp_path / 'A.txt'
    flat.touch()
    (tmp_path / 'empty').mkdir()

    assert list(find_truth(tmp_path).items()) == [('A', flat), ('B', nested)]


def test_where_ground_truth_is_not(tmp_path, person):
    write_truth(tmp_path / 'train', 'B', person(1, 1))
    with pytest.raises(FileNotFoundError, match=r'no ground truth: .*; did you mean .*/train\?'):
        find_truth(tmp_path)
    with pytest.raises(FileNotFoundError, match='does not exist'):
        find_truth(tmp_path / 'no')
    (tmp_path / 'train' / 'B.txt').touch()
    with pytest.raises(ValueError, match='are both ground truth of B'):
        find_truth(tmp_path / 'train')


def test_where_results_are_not(tmp_path, track):
    path = write_tracks(tmp_path / 'data', 'B', track(1, 1))
    assert find_results(tmp_path / 'data') == {'B': path}
    with pytest.raises(FileNotFoundError, match=r'no results: .*; did you mean .*data\?'):
        find_results(tmp_path)


def test_length_and_rate_are_those_of_seqinfo(tmp_path, person, track):
    gt = write_truth(tmp_path / 'gt', 'A', person(1, range(1, 6)), num_frames=600)
    results = write_tracks(tmp_path / 'r', 'A', track(1, [1, 2]))

    sequence = read_sequence('A', gt, results)

    assert (sequence.num_frames, sequence.frame_rate) == (600, 10)
    assert (len(sequence.gt), len(sequence.results)) == (5, 2)


def test_seqinfo_beside_a_flat_file(tmp_path, person, track):
    write_truth(tmp_path / 'gt', 'A', person(1, 1), num_frames=600)
    gt = (tmp_path / 'gt' / 'A' / 'gt' / 'gt.txt').rename(tmp_path / 'gt' / 'A.txt')

    sequence = read_sequence('A', gt, write_tracks(tmp_path / 'r', 'A', track(1, 1)))

    assert sequence.num_frames == 600


@pytest.mark.parametrize(('last_gt', 'last_track'), [(5, 9), (9, 5)])
def test_without_seqinfo_the_last_row_ends_it(tmp_path, person, track, last_gt, last_track):
    gt = write_truth(tmp_path / 'gt', 'A', person(1, [1, last_gt]))
    results = write_tracks(tmp_path / 'r', 'A', track(1, [1, last_track]))

    sequence = read_sequence('A', gt, results)

    assert (sequence.num_frames, sequence.frame_rate) == (9, None)


def test_rows_know_their_lines(tmp_path, person, track):
    gt = write_truth(tmp_path / 'gt', 'A', person(1, [1, 2]))
    gt.write_text('\n' + gt.read_text())
    results = write_tracks(tmp_path / 'r', 'A', track(1, 1))

    sequence = read_sequence('A', gt, results)

    assert sequence.gt_file.place(1) == f'{gt}, line 3'
    assert sequence.results_file.place(0) == f'{results}, line 1'


@pytest.mark.parametrize(
    ('name', 'classes', 'benchmark'),
    [
        ('MOT17-02', [1, 7], 'MOT17'),
        ('anything', [1, 1], 'MOT17'),
        ('MOT20-02', [1, 7], 'MOT20'),
        ('anything', [-1, -1], 'MOT15'),
        ('MOT20-02', [4.49, 12.6], 'MOT15'),  # world coordinates
        ('anything', [1, -1], 'MOT17'),  # which names the bad row
        ('anything', [], 'MOT17'),
    ],
)
def test_the_benchmark_follows_from_the_ground_truth(person, name, classes, benchmark):
    rows = person(1, np.arange(1, len(classes) + 1))
    rows[:, 7] = classes

    assert guess_benchmark([TrackedSequence(name, rows, rows, 2)]) == benchmark


def test_sequences_with_and_without_classes_are_not_mixed(person):
    plain, world = person(1, [1, 2]), person(1, [1, 2])
    plain[:, 7], world[:, 7] = -1, [4.5, -2.1]
    sequences = [TrackedSequence(n, r, r, 2) for n, r in (('A', plain), ('B', world))]
    assert guess_benchmark(sequences) == 'MOT15'  # −1 and world coordinates are both MOT15's
    rows = person(1, [1, 2])
    with pytest.raises(ValueError, match=r'of A, B states no class, that of C does: .*--seq'):
        guess_benchmark([*sequences, TrackedSequence('C', rows, rows, 2)])
