"""A scored test as one page of HTML that needs no network."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mmmaml.evaluation.files.run_folder import ScoredRun, images_of
from mmmaml.evaluation.scoring.crowd_counting import people_per_frame, true_counts
from mmmaml.evaluation.scoring.tables import COUNTING, counting_cells, score_cells
from mmmaml.evaluation.sequences import ScoredSequence
from mmmaml.utils.files import write_text
from mmmaml.version import __version__

from ..drawing.error_boxes import ErrorBoxes, error_boxes, worst_frames
from ..drawing.errors import draw_errors
from ..figures.adaptation_gain import AFTER, BEFORE, adaptation_gain_figure
from ..figures.crowd import crowd_figure
from ..figures.curves import read_scalars, training_figure
from ..figures.timeline import timeline_figure
from ..videos.track_videos import read_image
from .embedded_pictures import EmbeddedPicture, embed_figure, embed_image

HEADLINE = ('HOTA', 'MOTA', 'IDF1', 'IDs')
MEANINGS = {
    'HOTA': 'higher-order tracking accuracy: detection and association weighed alike',
    'DetA': 'accuracy of detection, a part of HOTA',
    'AssA': 'accuracy of association, a part of HOTA',
    'MOTA': '1 - (misses + false positives + switches) / boxes of the ground truth',
    'IDF1': 'F1 score of boxes with the right identity',
    'IDs': 'switches: how often the id of a person changed',
    'MT': 'people tracked for more than 80 % of their frames',
    'ML': 'people tracked for less than 20 % of their frames',
    'FP': 'false positives: boxes on nobody',
    'FN': 'misses: people without a box',
    'Frag': 'how often a track was interrupted',
}
_TEMPLATES = Path(__file__).parent / 'templates'
_COLORS = (
    'Grey: matched. Vermilion: false positive, with its id. Yellow and dashed: missed, with the '
    'number of the person. Sky blue: switch, with the ids before and after.'
)


@dataclass(frozen=True)
class SequencePart:
    """Part of the page about one sequence.

    Attributes:
        name: Name of the sequence.
        anchor: Its id on the page.
        summary: What happened, in a sentence.
        timeline: Who was tracked when.
        crowd: Counted people of each frame; None if the model does not count.
        frames: Frames with most errors.
        notes: What is missing and why, and how to read the frames.
    """

    name: str
    anchor: str
    summary: str
    timeline: EmbeddedPicture
    crowd: EmbeddedPicture | None
    frames: list[EmbeddedPicture]
    notes: list[str]


def write_report(
    run: ScoredRun,
    out: str | os.PathLike,
    log: str | os.PathLike | None = None,
    frames_per_sequence: int = 3,
) -> Path:
    """Write the page, whole or not at all.

    Args:
        run: The test.
        out: The page, ``.html``.
        log: ``scalars.json`` of the training, for its curves; None leaves them out.
        frames_per_sequence: Frames with errors that are shown of each sequence. Each takes some
            100 KB. 0 shows none.

    Returns:
        Path of the page.

    Raises:
        FileNotFoundError: ``log`` does not exist.
        ValueError: A file of the run or the log is malformed, or ``frames_per_sequence`` is
            negative.
    """
    if frames_per_sequence < 0:
        raise ValueError(f'frames_per_sequence={frames_per_sequence} must be at least 0')
    write_text(
        out,
        _environment()
        .get_template('report.html')
        .render(
            **_scores(run),
            training=[] if log is None else _training(Path(log)),
            sequences=[
                _sequence(
                    each, f'sequence-{number}', frames_per_sequence, run.evaluation.benchmark
                )
                for number, each in enumerate(run.evaluation.sequences.values(), start=1)
            ],
        ),
    )
    return Path(out)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )


def _scores(run: ScoredRun) -> dict[str, Any]:
    sequences = run.evaluation.sequences
    header, rows = score_cells(run.evaluation)
    folder = Path(os.path.abspath(run.folder)).name
    frames = sum(each.sequence.num_frames for each in sequences.values())
    return {
        'title': f'Tracking report: {folder}',
        'subtitle': f'{_count(len(sequences), "sequence")}, {_count(frames, "frame")}; '
        f'mmmaml {__version__}',
        'headline': [(name, rows[-1][header.index(name)]) for name in HEADLINE],
        'header': header,
        'rows': rows,
        'kept': any(each.reentry is not None for each in sequences.values()),
        'meanings': {name: MEANINGS[name] for name in header if name in MEANINGS},
        'cross_check': _cross_check(run),
        'counting': _counting(run),
    }


def _counting(run: ScoredRun) -> dict[str, Any] | None:
    """Return the table of the errors of counted people; None if the model does not count."""
    if all(each.counting is None for each in run.evaluation.sequences.values()):
        return None
    header, rows = counting_cells(run.evaluation)
    return {'header': header, 'rows': rows, 'caption': COUNTING}


def _cross_check(run: ScoredRun) -> str:
    """Say how the numbers in the pictures differ from those of the table."""
    scores = run.evaluation.cross_check
    if not scores:
        return ''
    return (
        'The pictures below show the event log of motmetrics, which matches frames in another '
        'order and may count a few switches more or less than TrackEval: over all '
        f'{_count(int(scores["IDs"]), "switch", "switches")}, MOTA {100 * scores["MOTA"]:.1f}, '
        f'IDF1 {100 * scores["IDF1"]:.1f}.'
    )


def _training(log: Path) -> list[EmbeddedPicture]:
    curves = read_scalars(log)
    pictures = [
        embed_figure(
            training_figure(log),
            f'Curves of {", ".join(key for key in curves if "loss" in key or key == "lr")} over '
            'the iterations of the training.',
            'Learning curves; raw values behind the smoothed ones.',
        )
    ]
    if {BEFORE, AFTER} <= curves.keys():
        figure = adaptation_gain_figure(log)
        words = figure.axes[1].get_title()
        caption = 'Loss of the queries before and after the inner loop, and their difference.'
        pictures.append(embed_figure(figure, f'{caption} {words}.', caption))
    return pictures


def _sequence(
    scored: ScoredSequence, anchor: str, num_frames: int, benchmark: str
) -> SequencePart:
    sequence = scored.sequence
    errors = error_boxes(scored.events, sequence.gt, sequence.results)
    rate = sequence.frame_rate
    people = scored.events['gt_id'].dropna().nunique()
    length = _count(sequence.num_frames, 'frame') + (
        f', {sequence.num_frames / rate:.1f} s' if rate else ''
    )
    summary = f'{length}, {_count(people, "person", "people")}; boxes: {errors.summary()}.'
    frames, notes = _example_frames(scored, errors, num_frames)
    figure = timeline_figure(scored.events, sequence.num_frames, rate)
    return SequencePart(
        sequence.name,
        anchor,
        summary,
        embed_figure(
            figure,
            f'Timeline of {sequence.name}: a row for each person, coloured by the id they were '
            f'tracked under; below, errors of every frame. {summary}',
            'Rows: people of the ground truth. Colours and numbers: the id they were tracked '
            'under. Black marks: switches. Grey lines: missed.',
        ),
        _crowd(scored, benchmark),
        frames,
        notes,
    )


def _crowd(scored: ScoredSequence, benchmark: str) -> EmbeddedPicture | None:
    """Draw the counted people of each frame beside tracked and true ones."""
    sequence, counts = scored.sequence, scored.sequence.counts
    if counts is None:
        return None
    numbers = {
        'true': true_counts(sequence, benchmark),
        'counted by density': counts.density,
        'tracked': people_per_frame(sequence.results, sequence.num_frames),
    }
    errors = '; '.join(
        f'{name} {each.mae:.2f} (bias {each.bias:+.2f})'
        for name, each in (scored.counting or {}).items()
    )
    caption = f'People of each frame. Mean absolute error by {errors}.'
    figure = crowd_figure(numbers, sequence.frame_rate)
    return embed_figure(figure, f'{sequence.name}: {", ".join(numbers)}. {caption}', caption)


def _example_frames(
    scored: ScoredSequence, errors: ErrorBoxes, count: int
) -> tuple[list[EmbeddedPicture], list[str]]:
    sequence = scored.sequence
    gap = max(round((sequence.frame_rate or 0) / 2), 5)
    chosen = worst_frames(scored.events, count, min_gap=gap)
    if not chosen:
        return [], ['No frame of it has an error.'] if count else []
    try:
        paths = images_of(sequence).paths()
        pictures = [
            _error_frame(sequence.name, frame, paths[frame - 1], errors.of(frame))
            for frame in chosen
        ]
    except (FileNotFoundError, ValueError) as error:
        return [], [f'No frames are shown: {error}.']
    return pictures, [f'Frames with most errors. {_COLORS}']


def _error_frame(name: str, frame: int, path: Path, errors: ErrorBoxes) -> EmbeddedPicture:
    image = draw_errors(read_image(path, f'frame {frame} of {name}'), errors, f'frame {frame}')
    words = f'Frame {frame}: {errors.summary()}.'
    return embed_image(image, f'{name}. {words}', words)


def _count(number: int, one: str, several: str | None = None) -> str:
    return f'{number} {one if number == 1 else several or one + "s"}'
