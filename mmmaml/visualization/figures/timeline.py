"""Timeline of people: when each was tracked, and under which id."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..colors import text_color, track_colors
from .canvas import clear_frame, line_color, new_figure

NO_TRACK = -1
_ROW_INCHES = 0.17
_ERRORS = (('miss', 'missed'), ('false_positive', 'false positives'), ('switch', 'switches'))


@dataclass(frozen=True)
class Spans:
    """Stretches of frames in which a person was tracked under one id, or not at all.

    Attributes:
        gt_id: (S,) the person.
        track_id: (S,) the id, ``NO_TRACK`` if the person was missed.
        first: (S,) first frame.
        last: (S,) last frame.
    """

    gt_id: np.ndarray
    track_id: np.ndarray
    first: np.ndarray
    last: np.ndarray


def timeline_figure(
    events: pd.DataFrame,
    num_frames: int,
    frame_rate: float | None = None,
    max_people: int | None = 60,
) -> Figure:
    """Draw a row for each person of the ground truth, coloured by the id they were tracked under.

    A thin grey line is a person who was missed, a black mark a switch; if the ground truth
    shows nobody, there is nothing. Below are the errors of every frame.

    Args:
        events: Event log of a sequence, see
            :class:`~mmmaml.evaluation.scoring.motmetrics_events.SequenceEvents`.
        num_frames: Frames of the sequence.
        frame_rate: Frames per second, for an axis in seconds; None for frames.
        max_people: Rows at most: those with most switches, then those missed most. None draws
            everybody, which makes a tall picture of a crowd.

    Raises:
        ValueError: ``max_people`` or ``num_frames`` is less than 1.
    """
    if num_frames < 1 or (max_people is not None and max_people < 1):
        raise ValueError(f'{num_frames=} and {max_people=} must be at least 1')
    shown = _shown_people(events, max_people)
    scale = frame_rate or 1.0
    height = max(len(shown), 4) * _ROW_INCHES
    figure = new_figure(10.4, height + 2.4)
    people, errors = figure.subplots(2, 1, sharex=True, height_ratios=[height, 1.1])
    _draw_people(people, events, shown, num_frames, scale)
    _draw_errors(errors, events, num_frames, scale)
    total = events['gt_id'].dropna().nunique()
    which = '' if len(shown) == total else f', the {len(shown)} of {total} with most errors'
    people.set_title(f'People and the ids they were tracked under{which}')
    errors.set_xlabel('seconds' if frame_rate else 'frame')
    return figure


def spans_of(events: pd.DataFrame) -> Spans:
    """Find the stretches of every person, ordered by person and time."""
    rows = events.loc[events['gt_id'].notna(), ['gt_id', 'frame', 'track_id']]
    rows = rows.fillna({'track_id': NO_TRACK}).to_numpy(dtype=np.int64)
    person, frame, track = rows[np.lexsort((rows[:, 1], rows[:, 0]))].T
    new = (np.diff(person) != 0) | (np.diff(track) != 0) | (np.diff(frame) > 1)
    starts = np.flatnonzero(np.append(True, new)) if len(person) else np.zeros(0, dtype=np.int64)
    ends = np.append(starts[1:], len(person)) - 1 if len(person) else starts
    return Spans(person[starts], track[starts], frame[starts], frame[ends])


def errors_per_frame(events: pd.DataFrame, num_frames: int) -> dict[str, np.ndarray]:
    """Count the misses, false positives and switches (F,) of each frame, by type of event."""
    return {
        kind: np.bincount(
            events.loc[events['type'] == kind, 'frame'].to_numpy(dtype=np.int64) - 1,
            minlength=num_frames,
        )[:num_frames]
        for kind, _ in _ERRORS
    }


def _shown_people(events: pd.DataFrame, max_people: int | None) -> np.ndarray:
    """Choose the people (N,) to be drawn, by their first frame."""
    rows = events[events['gt_id'].notna()]
    table = pd.DataFrame(
        {
            'first': rows.groupby('gt_id')['frame'].min(),
            'switches': rows['type'].eq('switch').groupby(rows['gt_id']).sum(),
            'misses': rows['type'].eq('miss').groupby(rows['gt_id']).sum(),
        }
    )
    worst = table.sort_values(['switches', 'misses'], ascending=False, kind='stable')
    chosen = worst.iloc[:max_people].sort_values('first', kind='stable')
    return chosen.index.to_numpy(dtype=np.int64)


def _draw_people(
    ax: Axes, events: pd.DataFrame, shown: np.ndarray, num_frames: int, scale: float
) -> None:
    row_of = {int(person): row for row, person in enumerate(shown)}
    spans = spans_of(events)
    keep = np.isin(spans.gt_id, shown)
    person, track, first, last = (
        each[keep] for each in (spans.gt_id, spans.track_id, spans.first, spans.last)
    )
    rows = np.array([row_of[each] for each in person.tolist()], dtype=np.float64)
    start, end = (first - 1) / scale, last / scale
    lines = np.stack([np.column_stack([start, rows]), np.column_stack([end, rows])], axis=1)
    tracked = track != NO_TRACK
    colors = track_colors(track) / 255
    ax.add_collection(LineCollection(list(lines[~tracked]), colors='0.6', linewidths=1.0))
    ax.add_collection(
        LineCollection(
            list(lines[tracked]), colors=list(colors[tracked]), linewidths=8, capstyle='butt'
        )
    )
    _write_ids(ax, lines[tracked], track[tracked], num_frames / scale)
    switches = events[(events['type'] == 'switch') & events['gt_id'].isin(shown)]
    ax.plot(
        (switches['frame'].to_numpy() - 1) / scale,
        [row_of[int(each)] for each in switches['gt_id']],
        'k|',
        markersize=12,
        markeredgewidth=2,
        label='switch',
    )
    ax.plot([], [], color='0.6', linewidth=1, label='missed')
    ax.set_xlim(0, num_frames / scale)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_yticks(range(len(shown)), [str(each) for each in shown], fontsize=7)
    ax.set_ylabel('person')
    ax.legend(loc='lower right', bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize='small')
    clear_frame(ax)


def _write_ids(ax: Axes, lines: np.ndarray, ids: np.ndarray, width: float) -> None:
    """Write the id once for each run of stretches of one person under it, if it has room.

    Args:
        ax: Axes to draw into.
        lines: (S, 2, 2) start and end of each stretch, ordered by person and time.
        ids: (S,) the id of each.
        width: Of the axis.
    """
    rows = lines[:, 0, 1]
    new = np.append(True, (np.diff(ids) != 0) | (np.diff(rows) != 0))[: len(ids)]
    for run in np.split(np.arange(len(ids)), np.flatnonzero(new)[1:]):
        if not len(run):
            continue
        text = str(ids[run[0]])
        starts, ends = lines[run, 0, 0], lines[run, 1, 0]
        if ends[-1] - starts[0] < 0.012 * (len(text) + 1) * width:
            continue
        longest = int(np.argmax(ends - starts))
        background = track_colors(ids[run[:1]])[0]
        ax.text(
            float(starts[longest] + ends[longest]) / 2,
            float(rows[run[0]]),
            text,
            fontsize=6,
            ha='center',
            va='center_baseline',
            color='black' if text_color(background) == (0, 0, 0) else 'white',
            bbox={'facecolor': tuple((background / 255).tolist()), 'linewidth': 0, 'pad': 0.8},
            clip_on=True,
        )


def _draw_errors(ax: Axes, events: pd.DataFrame, num_frames: int, scale: float) -> None:
    edges = np.arange(num_frames + 1) / scale
    counts = errors_per_frame(events, num_frames)
    for number, (kind, label) in enumerate(_ERRORS):
        ax.stairs(counts[kind], edges, color=line_color(number), label=label)
    ax.set_ylabel('errors')
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    ax.grid(alpha=0.3)
    ax.legend(loc='lower right', bbox_to_anchor=(1, 1), ncols=3, frameon=False, fontsize='small')
    clear_frame(ax)
