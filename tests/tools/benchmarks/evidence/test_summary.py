"""Means, spreads and differences of raw numbers, and their tables."""

import numpy as np
import pandas as pd
import pytest

from tools.benchmarks.evidence import summary, variants


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
def evidence():
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
    return summary.Evidence(records, ['dark', 'blur'])


def test_the_mean_of_shifts_is_taken_seed_by_seed(evidence):
    assert evidence.groups == ['unshifted', 'dark', 'blur', 'mean of shifts']
    means = evidence.values(('meta', 'default'), 'full', 'mean of shifts', 'error')
    assert means.to_dict() == pytest.approx({0: 0.15, 1: 0.30})
    assert not len(evidence.values(('meta', 'default'), 'scarce', 'dark', 'error'))
    assert evidence.rows('full') == [('plain', 'mean'), ('meta', 'mean'), ('meta', 'default')]


def test_changes_are_paired_by_seed(evidence):
    comparison = variants.Comparison('', ('meta', 'default'), ('plain', 'mean'))
    # Mean errors of the shifts: 0.30 and 0.40 before, 0.15 and 0.30 after.
    change = evidence.change(comparison, 'mean of shifts', 'error', relative=True)
    assert change == pytest.approx((-0.375, np.std([-0.5, -0.25], ddof=1), 2))
    assert change.exceeds_its_spread
    change = evidence.change(comparison, 'unshifted', 'error', relative=False)
    assert change == pytest.approx((0.02, np.std([0, 0.04], ddof=1), 2))
    assert not change.exceeds_its_spread
    # Seeds that one of the two lacks, and values of zero, do not count.
    comparison = variants.Comparison('', ('plain', 'mean'), ('meta', 'mean'))
    change = evidence.change(comparison, 'blur', 'error', relative=True)
    assert (change.mean, change.seeds) == (pytest.approx(1 / 3), 1)
    assert not change.exceeds_its_spread
    assert evidence.change(comparison, 'dark', 'error', relative=True).seeds == 0


def test_tables_show_mean_spread_and_what_exceeds_it(evidence):
    comparison = variants.Comparison('one', ('meta', 'default'), ('plain', 'mean'))
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
