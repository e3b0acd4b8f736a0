import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.tuning.folds import Candidate, decide, make_folds, worth

NAMES = ['a', 'b', 'c', 'd', 'e']
GAIN = st.sampled_from([-0.02, -1e-6, 0.0, 1e-6, 0.01, 0.03])


@pytest.mark.parametrize('number', [2, 3, 5])
def test_each_sequence_is_held_out_once_and_never_searched_there(number: int) -> None:
    folds = make_folds(NAMES, number)
    assert sorted(name for fold in folds for name in fold.held_out) == NAMES
    for fold in folds:
        assert sorted((*fold.searched, *fold.held_out)) == NAMES


@pytest.mark.parametrize('number', [0, 1, 6])
def test_as_many_folds_as_sequences_at_most(number: int) -> None:
    with pytest.raises(ValueError, match=rf'--folds {number} must be between 2 and 5'):
        make_folds(NAMES, number)


def test_a_loss_is_bought_by_no_gain() -> None:
    assert worth({'a': 0.5, 'b': -0.01}) == -0.01
    assert worth({'a': 0.5, 'b': 0.0}) == 0.25
    assert worth({'a': 0.0, 'b': 0.0}) == 0


def candidates(gains: list[dict[str, float]]) -> list[Candidate]:
    folds = make_folds(NAMES, len(gains))
    return [
        Candidate(fold, {'score_thr': float(number)}, each)
        for number, (fold, each) in enumerate(zip(folds, gains, strict=True))
    ]


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, GAIN)), min_size=2, max_size=5))
def test_adopted_values_lose_on_no_sequence_and_no_fold_loses(
    gains: list[dict[str, float]],
) -> None:
    """Against the definition, written out sequence by sequence."""
    found = candidates(gains)
    decision = decide(found)
    lost = [n for c in found for n in c.fold.held_out if c.gains[n] < 0]
    good = [c for c in found if min(c.gains.values()) >= 0 and max(c.gains.values()) > 0]
    assert (decision.adopted is not None) == (not lost and bool(good))
    if decision.adopted is not None:
        assert decision.adopted in good
        assert sum(decision.adopted.gains.values()) == max(sum(c.gains.values()) for c in good)
    elif lost:
        assert any(name in decision.reason for name in lost)


def test_the_reason_names_who_lost() -> None:
    even = dict.fromkeys(NAMES, 0.01)
    decision = decide(candidates([even, {**even, 'd': -0.001}]))
    assert decision.adopted is None
    assert decision.reason == ('values found on a, c, e lower d, held out from that search')


def test_nothing_better_keeps_the_start() -> None:
    decision = decide(candidates([dict.fromkeys(NAMES, 0.0)] * 2))
    assert decision.adopted is None
    assert 'no values were better' in decision.reason
