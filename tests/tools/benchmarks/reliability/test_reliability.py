"""The measurements of reliability, on little data and with a small network."""

import pytest
import torch

from mmmaml.utils import register_all_modules
from tools.benchmarks.reliability import __main__ as command
from tools.benchmarks.reliability import (
    distributed,
    kills,
    nan,
    page,
    processes,
    resume,
    training,
)

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason='forks, which GPUs do not bear')


@pytest.fixture(autouse=True)
def registered():
    register_all_modules(init_default_scope=False)


# ---- distributed


@pytest.mark.parametrize('name', ['closed form', 'gradient steps'])
def test_two_ranks_give_the_outer_gradient_of_one(name):
    loop = distributed.INNER_LOOPS[name]
    (gap,) = distributed.gradient_differences('small', (2,), loop)
    assert gap < 1e-6


def test_ranks_share_the_tasks_however_they_are_loaded():
    alone, *_ = distributed.tasks_seen('small', 1, workers=0)
    ranks = distributed.tasks_seen('small', 2, workers=2)
    assert not set(ranks[0]) & set(ranks[1])
    assert set(ranks[0]) | set(ranks[1]) == set(alone)


def test_the_task_memory_is_the_same_for_any_number_of_ranks():
    digest, tasks = distributed.memory_digest('small', 1)
    assert tasks == 10
    # Three batches of tasks: with four ranks one has none to run.
    assert distributed.memory_digest('small', 4) == (digest, tasks)


def test_more_ranks_than_videos_test_as_one_does():
    metrics, files = distributed.test_results('small', 1)
    assert len(files) == 2
    assert metrics['mot/MOTA'] > 0.3
    assert distributed.test_results('small', 3) == (metrics, files)


def test_an_error_of_one_rank_is_told():
    with pytest.raises(RuntimeError, match='rank 1 has fallen'):
        processes.in_ranks(_fall, 2)


def _fall():
    import os

    if os.environ['RANK'] == '1':
        raise ValueError('rank 1 has fallen')


# ---- resuming


def test_killed_runs_end_as_the_one_that_was_not():
    kill = kills.Kill
    moments = [
        kill(5, 'before the step'),
        kill(2, 'writing'),
        kill(1, 'removing'),
    ]
    runs = resume.resumed_runs('small', moments)
    assert [run.from_iter for run in runs] == [3, 3, 6]
    for run in runs:
        parts = {'weights', 'optimizer', 'schedule', 'averaged weights', 'task order'}
        assert run.same == dict.fromkeys(parts, True), run.kill
        assert run.loads


def test_two_ranks_go_on_as_if_they_had_not_been_left():
    same = resume.left_on_ranks('small', ranks=2, left=3)
    assert same == dict.fromkeys(kills.PARTS, True)


def test_a_difference_of_one_bit_is_seen():
    same = kills.same_bits
    state = {'a': [torch.zeros(2), 1], 'b': (None, 0.5)}
    assert same(state, {'a': [torch.zeros(2), 1], 'b': (None, 0.5)})
    assert not same(state, {'a': [torch.tensor([0.0, 1e-45]), 1], 'b': (None, 0.5)})
    assert not same(state, {'a': [torch.zeros(2), 1.0], 'b': (None, 0.5)})
    assert not same(torch.zeros(2), torch.zeros(2, dtype=torch.float64))


# ---- mixed precision, accumulation, clipping, averaging, NaN


@pytest.mark.parametrize(('name', 'rounding'), [('gradient steps', 0.05), ('closed form', 0.3)])
def test_options_of_the_outer_step_leave_its_gradient(name, rounding):
    row = training.option_row('small', name, training.INNER_LOOPS[name])
    assert 1e-5 < row.half < rounding  # it is less precise, but not another gradient
    assert row.accumulated < 1e-6
    assert row.unclipped == 0
    assert row.clipped == pytest.approx(1, rel=1e-4)


def test_averaged_weights_and_their_tasks():
    found = training.averaging('small')
    assert found['weights'] < 1e-6
    assert found['tasks'] is True


@pytest.mark.parametrize(
    ('fault', 'policy', 'words'),
    [
        ('inner step', 'stop', 'stopped on all ranks, task named'),
        ('outer gradient', 'skip', '1 step skipped on all ranks, model unchanged'),
    ],
)
def test_all_ranks_do_the_same_about_a_step_that_is_not_finite(fault, policy, words):
    outcomes = nan.train_spoilt('small', fault, policy, ranks=2)
    assert nan._words(outcomes) == words
    where = {'inner step': 'rank 0: the inner step', 'outer gradient': ''}[fault]
    assert all(where in outcome.message for outcome in outcomes)


# ---- determinism and the page


def test_the_same_bits_for_any_number_of_workers_and_the_rest_of_the_page_is_kept(
    tmp_path, capsys
):
    path = tmp_path / 'page.md'
    sections = command.SECTIONS
    path.write_text(page.lay_out(sections, {'resume': 'As it was.', 'determinism': 'Old.'}))
    command.main(['--only', 'determinism', '--preset', 'small', '--out', str(path)])
    texts = page.texts_of(path.read_text(), sections)
    assert texts['resume'].strip() == 'As it was.'
    rows = [line.split('|')[1:3] for line in texts['determinism'].splitlines() if '| `' in line]
    digests = {name.strip(): digest.strip() for name, digest in rows}
    assert digests.pop('0, another seed') not in digests.values()
    assert len(digests) == 4
    assert len(set(digests.values())) == 1
    assert capsys.readouterr().out.strip().endswith(path.read_text().strip())
