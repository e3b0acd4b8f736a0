from mmmaml.evaluation.track_evaluation import evaluate_tracks
from mmmaml.evaluation.trackeval_scorer import score_tracks


def test_one_pass_gives_what_the_scorers_give_by_themselves(random_sequence):
    sequences = {f'S{seed}': random_sequence(seed) for seed in range(2)}
    gt = {name: rows for name, (rows, _) in sequences.items()}
    results = {name: rows for name, (_, rows) in sequences.items()}
    lengths = dict.fromkeys(sequences, 40)

    evaluation = evaluate_tracks(gt, results, lengths)

    assert evaluation.scores == score_tracks(gt, results, lengths)
    assert evaluation.events.keys() == evaluation.cross_check.sequences.keys() == gt.keys()
    # On such data the two libraries agree on the assignment of identities.
    assert evaluation.cross_check.overall['IDF1'] == evaluation.scores.overall['IDF1']
