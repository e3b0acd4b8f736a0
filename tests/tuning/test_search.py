from pathlib import Path

import optuna
import pytest

from mmmaml.evaluation import TrackedSequence, evaluate_tracks
from mmmaml.tuning import search as search_module
from mmmaml.tuning.folds import Candidate, make_folds, worth
from mmmaml.tuning.objectives import objective_of
from mmmaml.tuning.search import Search
from mmmaml.tuning.search_space import build_space
from mmmaml.tuning.sequences import read_sequences
from mmmaml.tuning.trial import Scorer
from tests.tuning.people import write_people

NAMED = ['score_thr', 'init_score_thr', 'num_tentatives']
TRIALS = 6


@pytest.fixture(autouse=True)
def few_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let most of the few trials be optuna's own."""
    monkeypatch.setattr(search_module, 'STARTS', 3)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three sequences whose detections are too weak for the defaults to start a track."""
    for seed, name in enumerate(('a', 'b', 'c')):
        write_people(tmp_path / 'train', name, score=0.65, seed=seed)
    return tmp_path / 'train'


def scorer_of(root: Path) -> Scorer:
    return Scorer(read_sequences(root), build_space({}, NAMED, with_feats=False))


def trials_of(path: Path) -> list[list[tuple]]:
    """Parameters, worth and scores of all trials of each study."""
    storage = f'sqlite:///{path}'
    studies = [
        optuna.load_study(study_name=each.study_name, storage=storage)
        for each in optuna.get_all_study_summaries(storage)
    ]
    return [
        [(trial.params, trial.value, trial.user_attrs) for trial in study.trials]
        for study in studies
    ]


def run_all(path: Path, scorer: Scorer, trials: int = TRIALS) -> list[Candidate]:
    search = Search(path, scorer, 'mean')
    return [search.run(fold, trials) for fold in make_folds(scorer.names, 3)]


def test_the_best_trial_is_the_candidate(root: Path, tmp_path: Path) -> None:
    scorer = scorer_of(root)
    found = run_all(tmp_path / 'trials.db', scorer)
    for candidate, trials in zip(found, trials_of(tmp_path / 'trials.db'), strict=True):
        assert len(trials) == TRIALS + 1
        assert trials[0][1] == 0  # the start gains nothing over itself
        assert trials[0][0] == scorer.space.start
        searched = {name: candidate.gains[name] for name in candidate.fold.searched}
        assert worth(searched) >= max(value for _, value, _ in trials) > 0
        assert all(set(attrs['scores']) == set(searched) for *_, attrs in trials)


def test_each_option_that_differs_is_needed(root: Path, tmp_path: Path) -> None:
    scorer = scorer_of(root)
    for candidate in run_all(tmp_path / 'trials.db', scorer):
        changes = scorer.space.changes(candidate.values)
        assert 'init_score_thr' in changes
        for name in changes.keys() & candidate.values.keys():
            restored = {**candidate.values, name: scorer.space.start[name]}
            gains = {
                each: objective_of('mean', scorer.score(each, restored))
                - objective_of('mean', scorer.score(each, scorer.space.start))
                for each in candidate.fold.searched
            }
            assert worth(gains) < worth({each: candidate.gains[each] for each in gains})


def test_a_stopped_search_goes_on_as_if_it_had_not_been(root: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / 'whole.db', tmp_path / 'parts.db'
    expected = run_all(whole, scorer_of(root))
    fold = make_folds(['a', 'b', 'c'], 3)[0]

    class StoppedError(Exception):
        pass

    scorer = scorer_of(root)
    score, calls = scorer.score, []

    def stop(*args):
        calls.append(args)
        if len(calls) == 25:  # in the middle of a trial of optuna's
            raise StoppedError
        return score(*args)

    scorer.score = stop
    with pytest.raises(StoppedError):
        Search(parts, scorer, 'mean').run(fold, TRIALS)
    (interrupted,) = trials_of(parts)
    assert 1 < len(interrupted) <= TRIALS
    assert run_all(parts, scorer_of(root)) == expected
    finished = [[each for each in trials if each[1] is not None] for trials in trials_of(parts)]
    assert finished == trials_of(whole)


def test_a_finished_search_tracks_nothing_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all(tmp_path / 'trials.db', scorer_of(root))
    scorer = scorer_of(root)
    search = Search(tmp_path / 'trials.db', scorer, 'mean')
    tracked = []
    track = scorer.track
    monkeypatch.setattr(scorer, 'track', lambda name, o: tracked.append(name) or track(name, o))
    for fold in make_folds(scorer.names, 3):
        search.run(fold, TRIALS)
    assert set(tracked) <= {'a', 'b', 'c'}
    assert len(tracked) <= 4  # the start and the winner, on what the first fold held out


def test_other_data_are_refused(root: Path, tmp_path: Path) -> None:
    path = tmp_path / 'trials.db'
    run_all(path, scorer_of(root), trials=1)
    detections = root / 'a' / 'det' / 'det.txt'
    detections.write_text(detections.read_text().replace('0.65', '0.66'))
    with pytest.raises(ValueError, match='is a search on other data, or with other options'):
        run_all(path, scorer_of(root), trials=1)


def test_a_file_of_another_kind_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / 'trials.db').write_text('no database, but a text')
    with pytest.raises(ValueError, match='is no study of optuna'):
        Search(tmp_path / 'trials.db', scorer_of(root), 'mean')


def test_scores_are_those_of_the_evaluation(root: Path) -> None:
    scorer = scorer_of(root)
    values = {**scorer.space.start, 'init_score_thr': 0.5, 'score_thr': 0.5}
    (first, *_) = read_sequences(root)
    rows = scorer.track('a', scorer.space.options(values))
    truth = first.truth
    expected = evaluate_tracks(
        [TrackedSequence('a', truth.gt, rows, truth.num_frames)], 'MOT15'
    ).sequences['a']
    found = scorer.score('a', values)
    assert found == {name: expected.scores[name] for name in found}
    assert found['IDF1'] > 0.9
    assert scorer.score('a', scorer.space.start)['IDF1'] == 0
