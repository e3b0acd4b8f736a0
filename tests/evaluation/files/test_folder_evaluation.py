import numpy as np
import pytest
import trackeval

from mmmaml.evaluation.files.folder_evaluation import evaluate_folders
from tests.evaluation.scoring.test_trackeval_scorer import assert_equal
from tests.evaluation.track_files import write_tracks, write_truth

NO_TRACKS = np.empty((0, 7))


@pytest.fixture
def folders(tmp_path):
    return tmp_path / 'gt', tmp_path / 'results'


@pytest.mark.parametrize('seqinfo', [True, False])
def test_equals_trackevals_own_run_on_the_layout_of_mot17(
    tmp_path, folders, random_sequence, seqinfo
):
    names = ['MOT17-02-FRCNN', 'MOT17-04-FRCNN', 'MOT17-05-FRCNN']
    gt_dir, results_dir = tmp_path / 'gt' / 'MOT17-train', tmp_path / 'trackers/MOT17-train/x/data'
    for seed, name in enumerate(names):
        gt, tracks = random_sequence(seed)
        write_truth(gt_dir, name, gt, num_frames=40)
        write_tracks(results_dir, name, tracks if seed else NO_TRACKS)
    reference = run_trackeval(tmp_path, names)
    if not seqinfo:
        for path in gt_dir.glob('*/seqinfo.ini'):
            path.unlink()

    found = evaluate_folders(gt_dir, results_dir)

    assert found.benchmark == 'MOT17'
    assert_equal(found.overall, reference['COMBINED_SEQ']['pedestrian'])
    for name in names:
        assert_equal(found.sequences[name].scores, reference[name]['pedestrian'])
    assert found.overall['IDs'] > 0


def run_trackeval(folder, names):
    """TrackEval on its own folders, with its sequence map and seqinfo.ini."""
    seqmap = folder / 'gt' / 'seqmaps' / 'MOT17-train.txt'
    seqmap.parent.mkdir()
    seqmap.write_text('\n'.join(['name', *names, '']))
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            'GT_FOLDER': str(folder / 'gt'),
            'TRACKERS_FOLDER': str(folder / 'trackers'),
            'BENCHMARK': 'MOT17',
            'SPLIT_TO_EVAL': 'train',
            'PRINT_CONFIG': False,
        }
    )
    quiet = {'PRINT_CONFIG': False, 'PRINT_RESULTS': False, 'TIME_PROGRESS': False}
    files = {'PLOT_CURVES': False, 'OUTPUT_SUMMARY': False, 'OUTPUT_DETAILED': False}
    evaluator = trackeval.Evaluator({**quiet, **files, 'LOG_ON_ERROR': None})
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
    results, _ = evaluator.evaluate([dataset], metrics)
    return results['MotChallenge2DBox']['x']


def test_identity_kept_after_absences(folders, person, track):
    # Away for 1.5 s and back under the same id, then for 3.5 s and under another.
    spans = [np.arange(1, 21), np.arange(36, 56), np.arange(91, 111)]
    gt = person(1, np.concatenate(spans))
    tracks = np.vstack([track(5, np.concatenate(spans[:2])), track(6, spans[2])])
    for name, num_frames in (('known', 110), ('unknown', None)):
        write_truth(folders[0], name, gt, num_frames)
        write_tracks(folders[1], name, tracks)

    found = evaluate_folders(*folders)
    assert found.sequences['known'].reentry == {1.0: (1, 2), 3.0: (0, 1), 10.0: (0, 0)}
    assert found.sequences['unknown'].reentry is None
    assert found.notes == [
        'Identity after absences not counted, frame rate unknown (no seqinfo.ini; give --fps): '
        'unknown'
    ]
    found = evaluate_folders(*folders, frame_rate=5)  # the 10 of seqinfo.ini stay
    assert found.sequences['known'].reentry == {1.0: (1, 2), 3.0: (0, 1), 10.0: (0, 0)}
    assert found.sequences['unknown'].reentry == {1.0: (1, 2), 3.0: (1, 2), 10.0: (0, 0)}
    assert found.notes == []


def test_every_sequence_needs_results(folders, person, track):
    for name in ('A', 'B', 'C'):
        write_truth(folders[0], name, person(1, 1))
    write_tracks(folders[1], 'B', track(1, 1))
    write_tracks(folders[1], 'D', track(1, 1))

    with pytest.raises(FileNotFoundError, match=r'no results of A, C \(an empty .* those of B, D'):
        evaluate_folders(*folders)
    found = evaluate_folders(*folders, names=['B'], frame_rate=10)
    assert list(found.sequences) == ['B']
    assert found.notes == [
        'Not scored, without results or not asked for: A, C',
        'Not scored, without ground truth: D',
    ]
    with pytest.raises(FileNotFoundError, match='no ground truth of D; it holds those of A, B'):
        evaluate_folders(*folders, names=['D'])


def test_one_of_three_detectors_is_enough_for_a_video(folders, person, track):
    for name in ('MOT17-02-DPM', 'MOT17-02-FRCNN', 'MOT17-02-SDP', 'MOT17-04-DPM'):
        write_truth(folders[0], name, person(1, 1))
    write_tracks(folders[1], 'MOT17-02-FRCNN', track(1, 1))

    with pytest.raises(FileNotFoundError, match='no results of MOT17-04-DPM '):
        evaluate_folders(*folders)
    write_tracks(folders[1], 'MOT17-04-DPM', NO_TRACKS)
    found = evaluate_folders(*folders)
    assert list(found.sequences) == ['MOT17-02-FRCNN', 'MOT17-04-DPM']
    assert 'MOT17-02-DPM, MOT17-02-SDP' in found.notes[0]
    assert found.overall['FN'] == 1


def test_boxes_without_identity_are_told(folders, person, track):
    write_truth(folders[0], 'A', np.vstack([person(-1, [1, 2], left=90), person(1, 1)]), 2)
    write_tracks(folders[1], 'A', track(1, 1))

    found = evaluate_folders(*folders)

    assert found.overall['FN'] == 0
    assert found.notes == ['Boxes without identity (id < 0) left out of the ground truth: 2 of A']


@pytest.mark.parametrize('rate', [0, -1, float('nan'), float('inf')])
def test_a_frame_rate_that_is_none(folders, rate):
    with pytest.raises(ValueError, match='must be greater than 0 frames per second'):
        evaluate_folders(*folders, frame_rate=rate)
