import json
import multiprocessing
import os

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributed as dist
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.evaluator import Evaluator
from mmengine.structures import BaseDataElement, InstanceData

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.evaluation.files.run_folder import read_run
from mmmaml.evaluation.metrics import MOTMetric
from mmmaml.evaluation.scoring.preprocessing import format_rows
from mmmaml.registry import METRICS
from mmmaml.utils.mot_files import read_rows


@pytest.fixture
def sequence(tmp_path, crossing):
    """The folder of the crossing, five frames on two people."""
    return write_sequence(tmp_path / 'train' / 'SEQ', crossing[0])


def write_sequence(folder, gt):
    (folder / 'gt').mkdir(parents=True)
    (folder / 'gt' / 'gt.txt').write_text(format_rows(gt))
    return folder


def instances(tracks, frame):
    rows = tracks[tracks[:, 0] == frame]
    bboxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
    return InstanceData(
        bboxes=torch.tensor(bboxes, dtype=torch.float32),
        scores=torch.tensor(rows[:, 6], dtype=torch.float32),
        instances_id=torch.tensor(rows[:, 1], dtype=torch.long),
    )


def frame_samples(folder, tracks, length, first_image=1, cls=DetDataSample):
    """One sample for each frame of a split whose first image is ``first_image``."""
    samples = []
    for frame_id in range(length):
        path = folder / 'img1' / f'{frame_id + first_image:06d}.jpg'
        meta = {'img_path': str(path), 'frame_id': frame_id, 'video_length': length}
        samples.append(cls(metainfo=meta))
        samples[-1].pred_track_instances = instances(tracks, frame_id + 1)
    return samples


def clips(samples):
    """Each sample as mmdet's frame-wise test loop packs it."""
    packed = []
    for sample in samples:
        sample.set_metainfo({'ori_video_length': sample.video_length, 'video_length': 1})
        packed.append(TrackDataSample())
        packed[-1].video_data_samples = [sample]
    return packed


def run(metric, samples):
    evaluator = Evaluator(metric)
    for sample in samples:
        evaluator.process([sample])
    return evaluator.evaluate(len(samples))


def test_is_registered_and_gives_every_overall_score(sequence, crossing):
    _, tracks, expected = crossing

    scores = run({'type': 'mmmaml.MOTMetric'}, clips(frame_samples(sequence, tracks, 5)))

    assert METRICS.get('MOTMetric') is MOTMetric
    assert scores == pytest.approx({f'mot/{k}': v for k, v in expected.items()})
    assert all(type(value) is float for value in scores.values())


def test_clips_frames_and_flat_samples_score_alike(sequence, crossing):
    tracks = crossing[1]
    whole = TrackDataSample()
    whole.video_data_samples = frame_samples(sequence, tracks, 5)
    by_frame = clips(frame_samples(sequence, tracks, 5))
    flat = frame_samples(sequence, tracks, 5, cls=BaseDataElement)

    scores = run(MOTMetric(), [whole])

    assert scores['mot/IDs'] == 1
    assert run(MOTMetric(), by_frame) == scores
    assert run(MOTMetric(), flat) == scores


def test_files_hold_what_was_scored(tmp_path, random_sequence):
    gt, tracks = random_sequence(3)
    sequence = write_sequence(tmp_path / 'train' / 'OTHER', gt)
    out = tmp_path / 'out'

    scores = run(MOTMetric(outdir=out), clips(frame_samples(sequence, tracks, 40)))

    assert sorted(str(p.relative_to(out)) for p in out.rglob('*.*')) == [
        'events/OTHER.csv',
        'gt/OTHER.txt',
        'metrics.json',
        'metrics.md',
        'results/OTHER.txt',
        'sequences.json',
    ]
    rows = [read_rows(out / folder / 'OTHER.txt') for folder in ('gt', 'results')]
    again = evaluate_tracks([TrackedSequence('S', *rows, 40)])
    assert scores == {f'mot/{name}': value for name, value in again.overall.items()}
    document = json.loads((out / 'metrics.json').read_text())
    assert document['overall'] == again.overall
    assert document['motmetrics']['overall']['IDF1'] == pytest.approx(again.overall['IDF1'])
    assert '| OTHER |' in (out / 'metrics.md').read_text()
    events = pd.read_csv(out / 'events' / 'OTHER.csv')
    assert (events['type'] == 'miss').sum() == document['overall']['FN']
    np.testing.assert_array_equal(read_rows(out / 'gt' / 'OTHER.txt'), gt)


def test_an_existing_folder_keeps_its_other_files(sequence, crossing, tmp_path):
    (tmp_path / 'out' / 'results').mkdir(parents=True)
    for name in ('results/SEQ.txt', 'results/OLD.txt', 'notes.md'):
        (tmp_path / 'out' / name).write_text('precious')

    run(MOTMetric(outdir=tmp_path / 'out'), clips(frame_samples(sequence, crossing[1], 5)))

    assert (tmp_path / 'out/results/OLD.txt').read_text() == 'precious'
    assert (tmp_path / 'out/notes.md').read_text() == 'precious'
    assert len(read_rows(tmp_path / 'out/results/SEQ.txt')) == 10


def test_a_half_split_is_scored_against_its_own_frames(sequence, track, tmp_path):
    # Images 3 to 5 are the split, so its frame_id 0 is frame 3 of gt.txt.
    tracks = np.vstack([track(1, range(1, 4)), track(2, range(1, 4), left=100)])
    samples = frame_samples(sequence, tracks, 3, first_image=3)

    scores = run(MOTMetric(outdir=tmp_path / 'out'), clips(samples))

    assert (scores['mot/MOTA'], scores['mot/FN']) == (1, 0)
    assert sorted(read_rows(tmp_path / 'out/gt/SEQ.txt')[:, 0]) == [1, 1, 2, 2, 3, 3]


def test_frames_without_any_track_count_their_misses(sequence):
    scores = run(MOTMetric(), clips(frame_samples(sequence, np.empty((0, 7)), 5)))

    assert (scores['mot/FN'], scores['mot/MOTA']) == (10, 0)


def test_boxes_without_identity_are_left_out_and_counted(
    tmp_path, crossing, person, track, log_lines
):
    gt, tracks, expected = crossing
    nobody = person(-1, [1, 2, 2, 9], left=200)  # twice in frame 2; frame 9 is not tested
    sequence = write_sequence(tmp_path / 'train' / 'SEQ', np.vstack([nobody, gt]))
    out = tmp_path / 'out'

    scores = run(MOTMetric(outdir=out), clips(frame_samples(sequence, tracks, 5)))

    assert scores == pytest.approx({f'mot/{k}': v for k, v in expected.items()})
    np.testing.assert_array_equal(read_rows(out / 'gt/SEQ.txt'), gt)
    assert [line for line in log_lines if 'without identity' in line] == [
        'Boxes without identity (id < 0) left out of the ground truth: 3 of SEQ'
    ]
    on_nobody = np.vstack([tracks, track(50, [1, 2], left=200)])
    scores = run(MOTMetric(), clips(frame_samples(sequence, on_nobody, 5)))
    assert (scores['mot/FP'], scores['mot/FN']) == (2, 0)


def test_notes_stand_in_the_log_and_in_the_files(sequence, track, tmp_path, log_lines):
    (sequence / 'seqinfo.ini').write_text(
        '[Sequence]\nframeRate=5\nseqLength=5\nimWidth=640\nimHeight=480\n'
    )
    tracks = np.vstack([track(1, range(1, 4)), track(2, range(1, 4), left=100)])
    tracks[:, 2:6] *= 3
    samples = frame_samples(sequence, tracks, 3, first_image=3)

    run(MOTMetric(outdir=tmp_path / 'out'), clips(samples))

    notes = json.loads((tmp_path / 'out/metrics.json').read_text())['notes']
    assert '0.33 times as large (another resolution)' in notes[0]
    assert notes[1:] == ['Ground truth of frames that were not tested: 4 of SEQ']
    assert set(notes) <= set(log_lines)
    assert all(note in (tmp_path / 'out/metrics.md').read_text() for note in notes)


def images_of(folder, numbers):
    return {folder: [folder / 'img1' / f'{number:06d}.jpg' for number in numbers]}


def test_ground_truth_is_checked_without_any_track(sequence, person, tmp_path, log_lines):
    metric = MOTMetric()
    secret = images_of(tmp_path / 'SECRET', [1, 2])
    metric.check_ground_truth({**images_of(sequence, range(1, 6)), **secret})
    assert log_lines == ['1 of 2 sequences have no gt/gt.txt and are not scored: SECRET']
    metric.check_ground_truth(secret)
    with pytest.raises(ValueError, match=r'SEQ/gt/gt\.txt holds no box with an identity'):
        metric.check_ground_truth(images_of(sequence, [8, 9]))
    rows = person(1, range(1, 6))
    rows[2, 7] = -1
    (sequence / 'gt' / 'gt.txt').write_text(format_rows(rows))
    with pytest.raises(ValueError, match=r'gt\.txt, line 3: .* class -1, .*benchmark="MOT15"'):
        metric.check_ground_truth(images_of(sequence, range(1, 6)))
    MOTMetric(benchmark='MOT15').check_ground_truth(images_of(sequence, range(1, 6)))


def test_test_sets_are_written_and_not_scored(sequence, crossing, tmp_path):
    test_set = tmp_path / 'test' / 'SECRET'
    out = tmp_path / 'out'
    unscored = clips(frame_samples(test_set, crossing[1], 5))
    scored = clips(frame_samples(sequence, crossing[1], 5))

    assert run(MOTMetric(outdir=out), unscored) == {}
    assert not (out / 'metrics.json').exists()
    assert run(MOTMetric(outdir=out), unscored + scored)['mot/IDs'] == 1
    assert len(read_rows(out / 'results' / 'SECRET.txt')) == 10


def test_unscored_sequences_are_logged(crossing, tmp_path, monkeypatch):
    messages = []
    monkeypatch.setattr(
        'mmmaml.evaluation.metrics.mot_metric.print_log', lambda m, **_: messages.append(m)
    )

    run(MOTMetric(), clips(frame_samples(tmp_path / 'SECRET', crossing[1], 5)))

    assert messages == ['1 of 1 sequences have no gt/gt.txt and are not scored: SECRET']


def test_an_untested_frame_is_an_error(sequence, crossing):
    samples = clips(frame_samples(sequence, crossing[1], 5))
    with pytest.raises(ValueError, match='SEQ: 1 of 5 frames were not tested'):
        run(MOTMetric(), samples[:-1])


def test_an_id_twice_in_a_frame_is_an_error(sequence, track):
    tracks = np.vstack([track(6, 2), track(6, 2, left=30)])
    with pytest.raises(ValueError, match='tracks of SEQ, frame 2, id 6 occurs more than once'):
        run(MOTMetric(), clips(frame_samples(sequence, tracks, 5)))


def test_a_benchmark_that_does_not_exist_is_refused_at_once():
    with pytest.raises(ValueError, match="benchmark='KITTI' is unknown"):
        MOTMetric(benchmark='KITTI')


def test_gathering_on_the_gpu_is_refused_before_the_test_runs():
    with pytest.raises(ValueError, match=r"collect_device='gpu'.*gathered on the 'cpu'"):
        MOTMetric(collect_device='gpu')


def test_results_of_several_processes_are_gathered(sequence, crossing, tmp_path):
    """Two processes; the second one has a sequence of its own and repeats a frame of SEQ."""
    gt, tracks, _ = crossing
    other = write_sequence(tmp_path / 'train' / 'OTHER', gt[gt[:, 0] <= 2])
    mine = clips(frame_samples(sequence, tracks, 5))
    theirs = clips(frame_samples(other, tracks, 2)) + mine[:1]
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    processes = [
        context.Process(target=distributed_run, args=(rank, samples, tmp_path, queue))
        for rank, samples in enumerate([mine, theirs])
    ]
    for process in processes:
        process.start()
    scores = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)

    assert scores[0] == scores[1]
    assert (scores[0]['mot/IDs'], scores[0]['mot/FN'], scores[0]['mot/FP']) == (1, 0, 0)
    assert scores[0]['mot/MOTA'] == pytest.approx(1 - 1 / 14)


def distributed_run(rank, samples, folder, queue):
    os.chdir(folder)
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    queue.put(run(MOTMetric(), samples))
    dist.destroy_process_group()


def counted(samples, numbers, scores):
    """Samples of a model that counts, with one detection of each score."""
    for sample, number in zip(samples, numbers, strict=True):
        sample.set_metainfo({'crowd_count': number})
        sample.pred_instances = InstanceData(scores=torch.tensor(scores))
    return samples


def test_counted_people_are_written_and_scored(sequence, crossing, tmp_path):
    tracks, out = crossing[1], tmp_path / 'out'
    numbers = [2.0, 2.5, 1.5, 3.25, 2.0004]
    samples = counted(frame_samples(sequence, tracks, 5), numbers, [0.9, 0.5, 0.49])

    scores = run(MOTMetric(outdir=out, count_score_thr=0.5), clips(samples))

    assert scores['mot/IDs'] == 1
    # Two people a frame; errors 0, 0.5, 0.5, 1.25 and, as it is written, 0.
    assert scores['mot/CountMAE'] == pytest.approx(2.25 / 5)
    assert scores['mot/CountBias'] == pytest.approx(1.25 / 5)
    assert scores['mot/CountRelative'] == pytest.approx(2.25 / 10)
    assert scores['mot/BoxCountMAE'] == scores['mot/TrackCountMAE'] == 0
    lines = (out / 'results' / 'SEQ_counts.csv').read_text().splitlines()
    assert lines[:3] == ['frame,crowd_count,boxes,tracks', '1,2.0,2.0,2', '2,2.5,2.0,2']
    assert json.loads((out / 'metrics.json').read_text())['counting']['overall']['density']
    again = read_run(out).evaluation.sequences['SEQ']
    assert again.counting['density'].mae == pytest.approx(2.25 / 5)

    # Counts of other tracks do not stay beside new ones.
    scores = run(MOTMetric(outdir=out), clips(frame_samples(sequence, tracks, 5)))
    assert 'mot/CountMAE' not in scores
    assert not (out / 'results' / 'SEQ_counts.csv').exists()


def test_counts_stay_with_frames_when_tracks_are_interpolated(sequence, crossing):
    (sequence / 'seqinfo.ini').write_text(
        '[Sequence]\nname=SEQ\nimDir=img1\nframeRate=10\nseqLength=5\nimWidth=640\n'
        'imHeight=480\nimExt=.jpg\n'
    )
    tracks = crossing[1][crossing[1][:, 0] != 2]
    samples = counted(frame_samples(sequence, tracks, 5), [2.0] * 5, [0.9])

    scores = run(MOTMetric(postprocessing={'interpolate': {}}), clips(samples))

    assert scores['mot/CountMAE'] == 0
    # Track 10 is filled in frame 2; of the other person, whose id changes there, nobody is.
    assert scores['mot/TrackCountMAE'] == pytest.approx(1 / 5)
    assert scores['mot/BoxCountBias'] == -1
