import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score
from torch.nn import functional as F

from mmmaml.evaluation import AbsenceProtocol, RetrievalScores, few_shot_reid, score_retrieval

# At 2 frames a second: known are 4 frames, asked for is the second frame after them.
PROTOCOL = AbsenceProtocol(
    memory_seconds=2.0, absences=(1.0,), min_observations=2, gallery_size=2, step_seconds=1.0
)


@pytest.fixture
def video():
    """Six people over 40 frames, one step of noise apart from each other."""
    rng = np.random.default_rng(0)
    instance = np.repeat([11, 3, 8, 25, 4, 90], 40)
    frame = np.tile(np.arange(40), 6)
    order = np.argsort(frame, kind='stable')
    instance, frame = instance[order], frame[order]
    looks = rng.normal(size=(100, 6))
    feats = looks[instance] + rng.normal(size=(len(instance), 6))
    return torch.from_numpy(feats), instance, frame


def cosine_of_means(mean, gallery, counts, feats):
    return F.normalize(mean, dim=1) @ F.normalize(feats, dim=1).T


@pytest.mark.parametrize('seed', range(5))
def test_average_precision_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    similarity = rng.normal(size=(30, 7))
    relevant = rng.random((30, 7)) < 0.2
    relevant[seed] = True
    scores = score_retrieval(torch.from_numpy(similarity), torch.from_numpy(relevant))
    expected = [average_precision_score(relevant[:, q], similarity[:, q]) for q in range(7)]
    np.testing.assert_allclose(scores.average_precision, expected, rtol=1e-12)
    first = relevant[similarity.argmax(0), np.arange(7)]
    np.testing.assert_array_equal(scores.first_is_right, first)


def test_scores_of_a_ranking_by_hand():
    # Right at ranks 1 and 4, at 2 and 3, and at the last two.
    similarity = torch.tensor([[9.0, 8, 9], [1, 9, 8], [8, 7, 1], [7, 1, 2]])
    relevant = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1]]).bool()
    relevant[:, 1] = torch.tensor([True, False, True, False])
    scores = score_retrieval(similarity, relevant)
    expected = [(1 + 2 / 4) / 2, (1 / 2 + 2 / 3) / 2, (1 / 3 + 2 / 4) / 2]
    np.testing.assert_allclose(scores.average_precision, expected)
    assert scores.first_is_right.tolist() == [True, False, False]
    assert scores.mean_average_precision == pytest.approx(np.mean(expected))
    assert scores.rank1 == pytest.approx(1 / 3)


def test_a_query_without_anyone_to_find_is_refused():
    relevant = torch.tensor([[True, False], [True, False]])
    with pytest.raises(ValueError, match='query 1 of 2 has no entry in the gallery'):
        score_retrieval(torch.zeros(2, 2), relevant)


def test_a_whole_video_as_looking_up_each_query(video):
    feats, instance, frame = video
    found = few_shot_reid(feats, instance, frame, 2.0, PROTOCOL)[1.0]
    unit = F.normalize(feats, dim=1).numpy()
    precision, first = [], []
    for now in range(4, 40, 2):
        if now + 2 >= 40:
            continue
        # The first and the last of the four frames now - 3 ... now.
        gallery = np.flatnonzero((frame == now - 3) | (frame == now))
        for query in np.flatnonzero(frame == now + 2):
            similarity = unit[gallery] @ unit[query]
            right = instance[gallery] == instance[query]
            assert right.sum() == 2
            precision.append(average_precision_score(right, similarity))
            first.append(right[similarity.argmax()])
    assert len(found) == len(precision) == 17 * 6
    assert found.mean_average_precision == pytest.approx(np.mean(precision))
    assert found.rank1 == pytest.approx(np.mean(first))
    assert 0.3 < found.rank1 < 0.95


def test_a_transform_embeds_gallery_and_queries_alike(video):
    feats, instance, frame = video
    weight = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)).double()
    through = few_shot_reid(
        feats, instance, frame, 2.0, PROTOCOL, transform=lambda g, p, points: points @ weight
    )
    before = few_shot_reid(feats @ weight, instance, frame, 2.0, PROTOCOL)
    np.testing.assert_allclose(through[1.0].average_precision, before[1.0].average_precision)
    plain = few_shot_reid(feats, instance, frame, 2.0, PROTOCOL)
    assert plain[1.0].mean_average_precision != before[1.0].mean_average_precision


def test_a_transform_may_adapt_to_the_gallery_of_the_moment(video):
    feats, instance, frame = video
    seen = []

    def centred(gallery, people, points):
        seen.append((gallery, people, points))
        return points - gallery.mean(0)

    few_shot_reid(feats, instance, frame, 2.0, PROTOCOL, transform=centred)
    gallery, people, points = seen[0]
    assert people.tolist() == np.repeat(np.arange(6), 2).tolist()
    torch.testing.assert_close(points[:12], gallery)
    torch.testing.assert_close(points[12:], feats[frame == 6])
    # The people are numbered by identity: 3, 4, 8, 11, 25, 90.
    torch.testing.assert_close(gallery[:2], feats[(instance == 3) & ((frame == 1) | (frame == 4))])


def test_people_compared_as_a_tracker_does(video):
    feats, instance, frame = video
    found = few_shot_reid(feats, instance, frame, 2.0, PROTOCOL, similarity=cosine_of_means)[1.0]
    # One entry each: the precision is 1 / rank of the person.
    assert set(np.round(1 / found.average_precision, 9)) <= {1, 2, 3, 4, 5, 6}
    np.testing.assert_array_equal(found.first_is_right, found.average_precision == 1)
    means = {}
    unit = F.normalize(feats, dim=1)
    for person in np.unique(instance):
        own = feats[(instance == person) & ((frame == 1) | (frame == 4))]
        means[person] = F.normalize(own.mean(0), dim=0)
    for query, precision in zip(np.flatnonzero(frame == 6), found.average_precision, strict=False):
        values = {person: float(mean @ unit[query]) for person, mean in means.items()}
        better = sum(value >= values[instance[query]] for value in values.values())
        assert precision == pytest.approx(1 / better)


def test_people_with_fewer_images_fill_less_of_the_gallery():
    # At frame 4, person 1 has been seen three times and person 2 twice.
    instance = np.array([1, 1, 1, 2, 2, 1, 2])
    frame = np.array([1, 2, 4, 2, 3, 6, 6])
    feats = torch.eye(7).double() + 0.1
    seen = {}

    def similarity(mean, gallery, counts, found):
        seen.update(mean=mean, gallery=gallery, counts=counts.tolist())
        return cosine_of_means(mean, gallery, counts, found)

    protocol = AbsenceProtocol(2.0, (1.0,), 2, gallery_size=3, step_seconds=1.0)
    few_shot_reid(feats, instance, frame, 2.0, protocol, similarity=similarity)
    assert seen['counts'] == [3, 2]
    torch.testing.assert_close(seen['gallery'][0], feats[:3])
    torch.testing.assert_close(seen['gallery'][1, :2], feats[3:5])
    torch.testing.assert_close(seen['mean'][1], feats[3:5].mean(0))


def test_nobody_to_ask_for():
    found = few_shot_reid(torch.zeros(0, 4), np.zeros(0, int), np.zeros(0, int), 30.0)
    assert list(found) == [1.0, 3.0, 5.0]
    assert len(found[1.0]) == 0
    assert np.isnan(found[1.0].mean_average_precision)
    assert np.isnan(found[1.0].rank1)


def test_videos_are_pooled_by_query():
    first = RetrievalScores(np.array([1.0]), np.array([True]))
    second = RetrievalScores(np.array([0.25, 0.25, 0.5]), np.array([False] * 3))
    both = RetrievalScores.pooled([first, second])
    assert both.mean_average_precision == pytest.approx(0.5)
    assert both.rank1 == pytest.approx(0.25)
    assert len(RetrievalScores.pooled([])) == 0


def test_unusable_arguments_are_refused(video):
    feats, instance, frame = video
    with pytest.raises(ValueError, match='239 feats, 240 instance_id and 240 frame_id'):
        few_shot_reid(feats[1:], instance, frame, 2.0)
    with pytest.raises(ValueError, match='not both'):
        few_shot_reid(
            feats,
            instance,
            frame,
            2.0,
            transform=lambda gallery, people, points: points,
            similarity=cosine_of_means,
        )
