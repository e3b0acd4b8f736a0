"""Tracks that the metric joins and interpolates before it writes them."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.evaluation.metrics import MOTMetric
from mmmaml.utils.mot_files import read_rows
from tests.evaluation.metrics.test_mot_metric import frame_samples
from tests.evaluation.track_files import write_truth

LENGTH = 60


def story(root: Path, with_feats: bool = True) -> list:
    """Person 1 is track 1 for two seconds, missed for nearly one, and track 2 for three."""
    seen = [frame for frame in range(1, LENGTH + 1) if not 21 <= frame <= 29]
    tracks = [[f, 1 if f < 21 else 2, 10, 40, 20, 50, 0.9] for f in seen]
    for other in (3, 4, 5):
        tracks += [[f, other, 200 * other, 40, 20, 50, 0.9] for f in range(1, LENGTH + 1)]
    people = [[f, 1, 10, 40, 20, 50, 1, 1, 1] for f in range(1, LENGTH + 1)]
    write_truth(root, 'SEQ', np.array(people), num_frames=LENGTH)
    samples = frame_samples(root / 'SEQ', np.array(tracks), LENGTH)
    rng = np.random.default_rng(0)
    for sample in samples:
        found = sample.pred_track_instances
        person = torch.where(found.instances_id == 2, 1, found.instances_id)
        noise = torch.from_numpy(rng.normal(0, 0.05, (len(found), 6))).float()
        if with_feats:
            found.feats = torch.eye(6)[person] + 0.5 + noise
    return samples


def evaluate(samples: list, **options) -> dict[str, float]:
    metric = MOTMetric(**options)
    for sample in samples:
        metric.process(None, [sample.to_dict()])
    return metric.compute_metrics(metric.results)


def test_tracks_are_joined_and_filled(tmp_path):
    samples, out = story(tmp_path), tmp_path / 'out'
    assert evaluate(samples)['IDs'] == 1
    both = {'join': {}, 'interpolate': {}}
    scores = evaluate(samples, outdir=out, postprocessing=both)
    assert (scores['IDs'], scores['FN']) == (0, 0)
    rows = read_rows(out / 'results' / 'SEQ.txt')
    person = rows[rows[:, 2] == 10]
    assert set(person[:, 1]) == {2}  # the longer track gives its id


def test_joining_without_features_is_refused(tmp_path):
    samples = story(tmp_path, with_feats=False)
    evaluate(samples, postprocessing={'interpolate': {}})
    with pytest.raises(ValueError, match='tracks of SEQ came without feats'):
        evaluate(samples, postprocessing={'join': {}})


def test_unknown_options_are_refused_at_once():
    with pytest.raises(TypeError, match='joining'):
        MOTMetric(postprocessing={'joining': {}})
    with pytest.raises(ValueError, match='max_gap_seconds=0'):
        MOTMetric(postprocessing={'interpolate': {'max_gap_seconds': 0}})


def test_step_that_is_none_does_not_run(tmp_path):
    samples = story(tmp_path, with_feats=False)
    expected = evaluate(samples, postprocessing={'interpolate': {}})
    assert evaluate(samples, postprocessing={'join': None, 'interpolate': {}}) == expected


def test_no_feature_outlives_its_frame(tmp_path):
    metric = MOTMetric(postprocessing={'join': {}})
    sizes = []
    for sample in story(tmp_path):
        metric.process(None, [sample.to_dict()])
        sizes.append(len(pickle.dumps(metric.results[-1])))
    assert max(sizes[:-1]) < 1.2 * min(sizes[:-1])  # rows alone
    assert metric.results[-1].offline is not None
    assert [each.offline for each in metric.results[:-1]] == [None] * (LENGTH - 1)


def test_padding_by_a_sampler_changes_nothing(tmp_path):
    samples = story(tmp_path)
    expected = evaluate(samples, postprocessing={'join': {}})
    # The first frames once more, as samplers fill up the last batch of a process.
    assert evaluate([*samples, *samples[:3]], postprocessing={'join': {}}) == expected


def test_a_video_out_of_order_is_refused(tmp_path):
    samples = story(tmp_path)
    samples[7], samples[8] = samples[8], samples[7]
    evaluate(samples)
    with pytest.raises(ValueError, match='SEQ was not tracked as a whole, frame by frame'):
        evaluate(samples, postprocessing={'join': {}})


def test_a_video_without_frame_rate_is_refused_at_its_first_frame(tmp_path):
    samples = story(tmp_path)
    (tmp_path / 'SEQ' / 'seqinfo.ini').unlink()
    metric = MOTMetric(postprocessing={'interpolate': {}})
    with pytest.raises(ValueError, match='the frame rate is not known'):
        metric.process(None, [samples[0].to_dict()])
