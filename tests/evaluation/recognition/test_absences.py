from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmmaml.evaluation.recognition.absences import AbsenceProtocol, answer, questions, recognise

PROTOCOL = AbsenceProtocol(
    memory_seconds=2.0, absences=(1.0,), min_observations=2, gallery_size=3, step_seconds=1.0
)


def cosine(mean, gallery, counts, feats):
    return F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T


def test_questions_of_a_small_video_by_hand():
    # Two frames a second. Person 7 is always there, 8 leaves after frame 4, 9 comes at frame 5.
    frames = {7: range(8), 8: range(5), 9: range(5, 8)}
    rows = [(person, frame) for person, seen in frames.items() for frame in seen]
    instance, frame = np.array(rows).T
    asked = list(questions(instance, frame, 2.0, PROTOCOL))
    # Moments 4 and 6; after 4, frame 6 holds 7 (8 is gone, 9 not known yet). Moment 6 knows 7, 8
    # (frames 3 and 4) and 9 (5 and 6), and there is no frame 8.
    assert len(asked) == 1
    (question,) = asked
    assert [instance[items][0] for items in question.known] == [7, 8]
    assert [sorted(frame[items]) for items in question.known] == [[1, 2, 3, 4]] * 2
    assert instance[question.asked].tolist() == [7]
    assert frame[question.asked].tolist() == [6]
    assert question.truth.tolist() == [0]


def test_answers_come_from_mean_and_gallery():
    instance, frame = np.repeat([3, 5], 9), np.tile(np.arange(9), 2)
    feats = torch.zeros(18, 2)
    feats[:9, 0] = 1.0
    feats[9:, 1] = 1.0
    feats[6] = torch.tensor([0.1, 1.0])  # person 3 looks like person 5 in frame 6
    (question, *_) = questions(instance, frame, 2.0, PROTOCOL)
    seen = {}

    def similarity(mean, gallery, counts, found):
        seen.update(mean=mean, gallery=gallery, counts=counts)
        return cosine(mean, gallery, counts, found)

    assert answer(question, feats, similarity, size=3).tolist() == [False, True]
    assert seen['mean'].tolist() == [[1, 0], [0, 1]]
    assert seen['gallery'].shape == (2, 3, 2)
    assert seen['counts'].tolist() == [3, 3]
    assert answer(question, feats, similarity, size=9).tolist() == [False, True]
    assert seen['counts'].tolist() == [4, 4]


@pytest.mark.parametrize('people', [0, 1])
def test_nobody_to_confuse_is_no_question(people):
    instance, frame = np.full(9 * people, 1), np.tile(np.arange(9), people)
    assert not list(questions(instance, frame, 2.0, PROTOCOL))


def test_the_last_looks_alone_can_count():
    # Person 3 has changed clothes before the absence; frames 1 to 4 are remembered at moment 4.
    instance, frame = np.repeat([3, 5], 7), np.tile(np.arange(7), 2)
    order = np.lexsort((instance, frame))
    feats = torch.tensor([[1.0, 0]] * 4 + [[0, 1.0]] * 3 + [[0.3, 1.0]] * 7)[order]
    video = feats, instance[order], frame[order], 2.0
    once = replace(PROTOCOL, step_seconds=9.0)
    assert recognise(*video, cosine, once)[1.0].tolist() == [False, True]
    last = replace(once, max_observations=1)
    assert recognise(*video, cosine, last)[1.0].tolist() == [True, True]
    (question, *_) = questions(*video[1:], replace(once, max_observations=2))
    assert [frame[order][items].tolist() for items in question.known] == [[3, 4]] * 2


def test_answers_of_a_video_are_kept_by_absence():
    instance, frame = np.tile([3, 5], 10), np.repeat(np.arange(10), 2)
    feats = torch.eye(2).repeat(10, 1)
    protocol = replace(PROTOCOL, absences=(1.0, 2.0, 9.0))
    right = recognise(feats, instance, frame, 2.0, cosine, protocol)
    # Moments 4, 6 and 8; of the last two, frames 10 and more are not there.
    assert {absence: each.tolist() for absence, each in right.items()} == {
        1.0: [True] * 4,
        2.0: [True] * 2,
        9.0: [],
    }


def test_what_adapts_is_told_the_past_alone_and_once():
    instance, frame = np.tile([3, 5], 10), np.repeat(np.arange(10), 2)
    told, asked = [], []

    def similarity(mean, gallery, counts, found):
        asked.append(len(told))
        return cosine(mean, gallery, counts, found)

    feats = torch.eye(2).repeat(10, 1)
    protocol = replace(PROTOCOL, absences=(0.5, 1.0))
    recognise(feats, instance, frame, 2.0, similarity, protocol, observe=told.extend)
    # Moments 4, 6 and 8, the first two with two questions each; two items a frame.
    assert asked == [10, 10, 14, 14, 18]
    assert told == list(range(18))
