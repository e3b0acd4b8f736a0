import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mmmaml.visualization.colors import track_colors
from mmmaml.visualization.figures.embeddings import embeddings_figure, separation

PEOPLE = np.repeat([10, 31, 52], 4)
IS_QUERY = np.tile([False, False, False, True], 3)


def task(spread: float) -> np.ndarray:
    """Three people on the axes of six dimensions, with noise."""
    rng = np.random.default_rng(0)
    return np.eye(6)[PEOPLE // 21] + rng.normal(0, spread, (12, 6))


def test_panels_show_people_support_and_query():
    figure = embeddings_figure(task(0.5), task(0.05), PEOPLE, IS_QUERY)
    before, after = figure.axes
    assert len(after.lines) == 6  # support and query of each
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ['10', '31', '52', 'support', 'query']  # of one colour by their ids
    support, query = after.lines[:2]
    assert (len(support.get_xdata()), len(query.get_xdata())) == (3, 1)
    assert support.get_marker() != query.get_marker()
    assert to_rgb(support.get_color()) == pytest.approx(track_colors(np.array([0]))[0] / 255)
    assert f'{separation(unit(task(0.05)), PEOPLE):.2f}' in after.get_title()
    assert before.get_title().startswith('before adaptation')
    # Three well-separated people lie in a plane.
    shares = [
        int(''.join(filter(str.isdigit, text()))) for text in (after.get_xlabel, after.get_ylabel)
    ]
    assert sum(shares) > 90


def unit(embeds: np.ndarray) -> np.ndarray:
    return embeds / np.linalg.norm(embeds, axis=1, keepdims=True)


def test_separation_against_the_definition():
    embeds = unit(task(0.3))
    distance = 1 - embeds @ embeds.T
    same = PEOPLE[:, None] == PEOPLE
    values = []
    for i in range(12):
        inner = distance[i, same[i] & (np.arange(12) != i)].mean()
        outer = min(distance[i, p == PEOPLE].mean() for p in (10, 31, 52) if p != PEOPLE[i])
        values.append((outer - inner) / max(outer, inner))
    assert separation(task(0.3), PEOPLE) == pytest.approx(np.mean(values))
    assert np.isnan(separation(np.eye(4), np.arange(4)))


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match=r'must be \(P, D\), \(P, D\), \(P,\) and \(P,\)'):
        embeddings_figure(task(0.1), task(0.1)[:5], PEOPLE, IS_QUERY)
    with pytest.raises(ValueError, match=r'must be \(P, D\)'):
        embeddings_figure(task(0.1), task(0.1), PEOPLE, IS_QUERY[:5])
    with pytest.raises(ValueError, match='and 1 people: at least'):
        embeddings_figure(task(0.1), task(0.1), 0 * PEOPLE, IS_QUERY)
