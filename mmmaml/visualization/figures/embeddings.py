"""Embeddings of a task before and after adaptation, seen from above."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

from ..colors import track_colors
from .canvas import clear_frame, new_figure


def embeddings_figure(
    before: np.ndarray, after: np.ndarray, people: np.ndarray, is_query: np.ndarray
) -> Figure:
    """Draw the images of a task in two dimensions, under the parameters before and after.

    Embeddings are compared by their angle, so they are scaled to length one first. Each panel
    shows its two directions of greatest variance (PCA) and says how much of it they hold, and how
    well people are separated: the silhouette by cosine distance over all dimensions, 1 if
    everybody is far from all others, 0 if people touch, negative if they are mixed up.

    Args:
        before: (P, D) embeddings before adaptation.
        after: (P, D) the same images after adaptation to the support.
        people: (P,) ids of whom they show; at least two people.
        is_query: (P,) bool: the image was not adapted to.

    Raises:
        ValueError: The arrays do not belong together, show one person only, or have one dimension.
    """
    lengths = {before.shape[:1], people.shape, is_query.shape}
    if before.ndim != 2 or before.shape != after.shape or len(lengths) > 1:
        raise ValueError(
            f'before {before.shape}, after {after.shape}, people {people.shape} and is_query '
            f'{is_query.shape} must be (P, D), (P, D), (P,) and (P,)'
        )
    if len(np.unique(people)) < 2 or before.shape[1] < 2 or len(people) < 3:
        raise ValueError(
            f'{len(people)} embeddings of {before.shape[1]} dimensions and '
            f'{len(np.unique(people))} people: at least 3, 2 and 2 are needed'
        )
    figure = new_figure(10.4, 4.8)
    axes = figure.subplots(1, 2)
    for ax, embeds, title in zip(axes, (before, after), ('before', 'after'), strict=True):
        _draw_panel(ax, normalize(embeds), people, is_query, f'{title} adaptation')
    for marker, label in (('o', 'support'), ('^', 'query')):
        _draw_points(axes[0], np.zeros((0, 2)), (1.0, 1.0, 1.0), marker, label)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside lower center', ncols=12, frameon=False)
    return figure


def separation(embeds: np.ndarray, people: np.ndarray) -> float:
    """Compute the silhouette of people (P,) by cosine of embeddings (P, D), in [−1, 1]."""
    if len(np.unique(people)) == len(people):
        return float('nan')  # one image of each: nothing lies within anybody
    return float(silhouette_score(embeds, people, metric='cosine'))


def _draw_panel(
    ax: Axes, embeds: np.ndarray, people: np.ndarray, is_query: np.ndarray, title: str
) -> None:
    pca = PCA(n_components=2, svd_solver='full')
    points = pca.fit_transform(embeds)
    share = 100 * pca.explained_variance_ratio_
    names, ranks = np.unique(people, return_inverse=True)
    # Colours by rank: ids may share one.
    colors = track_colors(np.arange(len(names))) / 255
    for rank, name in enumerate(names.tolist()):
        for query, marker in ((False, 'o'), (True, '^')):
            _draw_points(
                ax,
                points[(ranks == rank) & (is_query == query)],
                tuple(colors[rank].tolist()),
                marker,
                '' if query else str(name),
            )
    ax.set_title(f'{title}: silhouette {separation(embeds, people):.2f}')
    ax.set_xlabel(f'first direction, {share[0]:.0f} % of the variance')
    ax.set_ylabel(f'second direction, {share[1]:.0f} %')
    ax.set_aspect('equal', 'datalim')
    ax.grid(alpha=0.3)
    clear_frame(ax)


def _draw_points(
    ax: Axes, points: np.ndarray, color: tuple[float, ...], marker: str, label: str
) -> None:
    ax.plot(
        *points.T,
        linestyle='',
        marker=marker,
        markersize=7,
        color=color,
        markeredgecolor='black',
        markeredgewidth=0.6,
        label=label,
    )
