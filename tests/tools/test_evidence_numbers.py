"""Which detections are asked for, and what the tables make of the raw numbers."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from mmmaml.models import MetaReIDHead
from mmmaml.utils.mot_files import SequenceInfo

FOLDER = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    parts = ('features', 'similarity', 'summary', 'variants')
    return SimpleNamespace(**{part: importlib.import_module(f'evidence_{part}') for part in parts})


def record(training, online, seed, group, metric, value, training_set='full'):
    return {
        'training': training,
        'training_set': training_set,
        'seed': seed,
        'online': online,
        'group': group,
        'metric': metric,
        'value': value,
    }


@pytest.fixture
def evidence(tools):
    """Errors of two seeds with two shifts, of which one variant lacks the second seed."""
    errors = {
        ('plain', 'mean', 0): (0.10, 0.20, 0.40),
        ('plain', 'mean', 1): (0.10, 0.30, 0.50),
        ('meta', 'default', 0): (0.10, 0.10, 0.20),
        ('meta', 'default', 1): (0.14, 0.20, 0.40),
        ('meta', 'mean', 0): (0.10, 0.00, 0.30),
    }
    records = [
        record(*variant, group, metric, value)
        for variant, values in errors.items()
        for group, value in zip(('unshifted', 'dark', 'blur'), values, strict=True)
        for metric in ('error', 'IDs', 'IDF1', 'HOTA', 'MOTA')
    ]
    return tools.summary.Evidence(records, ['dark', 'blur'])


def test_the_mean_of_shifts_is_taken_seed_by_seed(evidence):
    assert evidence.groups == ['unshifted', 'dark', 'blur', 'mean of shifts']
    means = evidence.values(('meta', 'default'), 'full', 'mean of shifts', 'error')
    assert means.to_dict() == pytest.approx({0: 0.15, 1: 0.30})
    assert not len(evidence.values(('meta', 'default'), 'scarce', 'dark', 'error'))
    assert evidence.rows('full') == [('plain', 'mean'), ('meta', 'mean'), ('meta', 'default')]


def test_changes_are_paired_by_seed(tools, evidence):
    comparison = tools.variants.Comparison('', ('meta', 'default'), ('plain', 'mean'))
    # Mean errors of the shifts: 0.30 and 0.40 before, 0.15 and 0.30 after.
    change = evidence.change(comparison, 'mean of shifts', 'error', relative=True)
    assert change == pytest.approx((-0.375, np.std([-0.5, -0.25], ddof=1), 2))
    assert change.exceeds_its_spread
    change = evidence.change(comparison, 'unshifted', 'error', relative=False)
    assert change == pytest.approx((0.02, np.std([0, 0.04], ddof=1), 2))
    assert not change.exceeds_its_spread
    # Seeds that one of the two lacks, and values of zero, do not count.
    comparison = tools.variants.Comparison('', ('plain', 'mean'), ('meta', 'mean'))
    change = evidence.change(comparison, 'blur', 'error', relative=True)
    assert (change.mean, change.seeds) == (pytest.approx(1 / 3), 1)
    assert not change.exceeds_its_spread
    assert evidence.change(comparison, 'dark', 'error', relative=True).seeds == 0


def test_tables_show_mean_spread_and_what_exceeds_it(tools, evidence):
    summary = tools.summary
    comparison = tools.variants.Comparison('one', ('meta', 'default'), ('plain', 'mean'))
    table = summary.change_table(evidence, [comparison], ['mean of shifts', 'unshifted'], 'title')
    header, _, shifted, unshifted = table.splitlines()
    assert header.startswith('| title | sequences | seeds | association errors | ID switches |')
    assert shifted.startswith('| one | mean of shifts | 2 | **-37.5 ± 17.7 %** |')
    assert unshifted.startswith('| one | unshifted | 2 | +20.0 ± 28.3 % |')
    columns = [summary.Column('dark', 'dark', 'error'), summary.Column('IDs', 'dark', 'IDs')]
    rows = summary.variant_table(evidence, 'full', [('plain', 'mean')], columns).splitlines()
    assert rows[-1] == '| plain | none, running mean | 2 | 25.0 ± 7.1 | 0 ± 0.1 |'
    assert summary.cell(pd.Series([12.0, 15.0]), 'IDs') == '14 ± 2.1'
    assert summary.cell(pd.Series([0.5]), 'reentry_3s') == '50.0'
    assert summary.cell(pd.Series([float('nan')]), 'mAP') == '-'


def test_detections_are_of_whom_they_overlap_most(tools):
    # frame, id, left, top, width, height, considered, class, visibility
    truth = np.array(
        [
            [1, 4, 0, 0, 10, 20, 1, 1, 1.0],
            [1, 9, 50, 0, 10, 20, 1, 1, 1.0],
            [1, 5, 100, 0, 10, 20, 1, 1, 0.2],  # hidden
            [1, 6, 200, 0, 10, 20, 0, 1, 1.0],  # not considered
            [1, 7, 300, 0, 10, 20, 1, 7, 1.0],  # a statue
            [2, 4, 4, 0, 10, 20, 1, 1, -1.0],  # visibility unknown
        ]
    )
    lefts = [51.0, 0, 3, 100, 200, 300, 500]
    boxes = torch.tensor([[left, 0, left + 10, 20] for left in lefts])
    frames = [
        tools.features.FrameInput(
            0, boxes, torch.ones(7), torch.zeros(7), torch.arange(7.0)[:, None], {}
        ),
        # Two of person 4: one scored too low to have features, one not overlapping enough.
        tools.features.FrameInput(
            1,
            torch.tensor([[4.0, 0, 14, 20], [8, 0, 18, 20]]),
            torch.tensor([0.3, 0.9]),
            torch.zeros(2),
            torch.tensor([[7.0], [8.0]]),
            {},
        ),
        tools.features.FrameInput(2, boxes[:0], torch.ones(0), torch.zeros(0), None, {}),
    ]
    info = SequenceInfo('x', Path('x'), 'img1', '.jpg', 10.0, 3, 640, 360)
    sequence = tools.features.SequenceInput(info, truth, frames)
    items = tools.features.known_items(sequence, min_score=0.4)
    found = {
        (int(frame), int(person)): float(feat)
        for frame, person, feat in zip(
            items.frame_id, items.instance_id, items.feats[:, 0], strict=True
        )
    }
    assert found == {(0, 4): 1.0, (0, 9): 0.0}
    items = tools.features.known_items(sequence, min_score=0.0)
    assert items.feats[:, 0].tolist() == [1.0, 0.0, 7.0]
    assert items.instance_id.tolist() == [4, 9, 4]


@pytest.fixture
def people():
    """Three people in turn, of ten looks each, who vary along one direction most."""
    generator = torch.Generator().manual_seed(0)
    instance = np.tile([4, 9, 2], 10)
    places = torch.randn(10, 6, generator=generator)
    spread = torch.tensor([3.0, 1, 1, 1, 1, 1])
    return places[instance] + spread * torch.randn(30, 6, generator=generator), instance


def test_the_mean_before_each_look(tools, people):
    feats, instance = people
    means, known = tools.similarity.means_before(feats, instance)
    for row in range(30):
        earlier = feats[:row][torch.from_numpy(instance[:row] == instance[row])]
        assert known[row] == len(earlier) == row // 3
        expected = earlier.mean(0) if len(earlier) else torch.zeros(6)
        torch.testing.assert_close(means[row], expected)


def test_the_adapter_learns_the_scatter_of_the_people_it_was_told_of(tools, people):
    feats, instance = people
    torch.manual_seed(0)
    head = MetaReIDHead(6, 4)
    adapted = tools.similarity.AdaptedSimilarity(head, {}, feats, instance)
    adapted.observe(np.arange(10))
    adapted.observe(np.arange(10, 24))
    told, whose = head(feats[:24]).detach().double(), instance[:24]
    expected = torch.zeros(4, 4, dtype=torch.double)
    for person in np.unique(whose):
        own = told[torch.from_numpy(whose == person)]
        expected += (own - own.mean(0)).T @ (own - own.mean(0))
    torch.testing.assert_close(adapted.adapter.scatter.total, expected.float())


def test_adapted_to_the_shots_is_adapted_to_nothing_else(tools, people):
    feats, instance = people
    torch.manual_seed(0)
    head = MetaReIDHead(6, 4)
    galleries = torch.stack([feats[instance == person][:4] for person in (4, 9, 2)])
    galleries[2, 2:] = 99.0  # not valid
    counts = torch.tensor([4, 4, 2])
    means = torch.stack([g[:n].mean(0) for g, n in zip(galleries, counts, strict=True)])
    asked = feats[24:]
    similarity = tools.similarity.adapted_to_shots(head, {})
    with torch.no_grad():
        first = similarity(means, galleries, counts, asked)
        similarity(means + 1, galleries[[1, 0, 2]], counts, asked)
        assert torch.equal(similarity(means, galleries, counts, asked), first)
        shots = torch.cat([g[:n] for g, n in zip(galleries, counts, strict=True)])
        whose = np.repeat([4, 9, 2], counts.numpy())
        alone = tools.similarity.AdaptedSimilarity(head, {}, shots, whose)
        alone.observe(np.arange(len(shots)))
        torch.testing.assert_close(alone(means, galleries, counts, asked), first)
        plain = tools.similarity.cosine(head(means), galleries, counts, head(asked))
    assert (first - plain).abs().max() > 0.1
