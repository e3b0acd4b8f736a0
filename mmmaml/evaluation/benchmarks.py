"""The sequences of MOTChallenge's benchmarks, as their server names them.

Numbers of frames as in the benchmarks' ``seqinfo.ini``; see https://motchallenge.net/data.
"""

_NUM_FRAMES = {
    'MOT16': {
        'train': {2: 600, 4: 1050, 5: 837, 9: 525, 10: 654, 11: 900, 13: 750},
        'test': {1: 450, 3: 1500, 6: 1194, 7: 500, 8: 625, 12: 900, 14: 750},
    },
    'MOT20': {
        'train': {1: 429, 2: 2782, 3: 2405, 5: 3315},
        'test': {4: 2080, 6: 1008, 7: 585, 8: 806},
    },
}
_NUM_FRAMES['MOT17'] = _NUM_FRAMES['MOT16']  # the videos are the same, the annotation is not

BENCHMARKS = ('MOT15', 'MOT16', 'MOT17', 'MOT20')
"""Benchmarks whose preprocessing TrackEval knows; MOT15 has none and no classes."""
SERVER_BENCHMARKS = tuple(sorted(_NUM_FRAMES))
SPLITS = ('all', 'test', 'train')
DETECTORS = ('DPM', 'FRCNN', 'SDP')
"""MOT17 has each video three times, with the public detections of each."""


def check_benchmark(benchmark: str) -> None:
    """Refuse a benchmark whose preprocessing TrackEval does not know."""
    if benchmark not in BENCHMARKS:
        raise ValueError(
            f'benchmark={benchmark!r} is unknown, expected one of {", ".join(BENCHMARKS)} '
            '(MOT15 compares all boxes, the others leave distractors out)'
        )


def benchmark_videos(benchmark: str, split: str = 'all') -> dict[str, int]:
    """Look up the videos of a benchmark and their numbers of frames.

    Args:
        benchmark: ``'MOT16'``, ``'MOT17'`` or ``'MOT20'``.
        split: ``'train'``, ``'test'`` or ``'all'``.

    Returns:
        Name without detector, such as ``MOT17-02``, to number of frames; sorted by name.

    Raises:
        ValueError: Benchmark or split are others.
    """
    if benchmark not in _NUM_FRAMES:
        raise ValueError(
            f'benchmark={benchmark!r} is unknown, expected one of {", ".join(SERVER_BENCHMARKS)}'
        )
    if split not in SPLITS:
        raise ValueError(f'split={split!r} is unknown, expected one of {", ".join(SPLITS)}')
    splits = ('train', 'test') if split == 'all' else (split,)
    videos = {n: frames for each in splits for n, frames in _NUM_FRAMES[benchmark][each].items()}
    return {f'{benchmark}-{number:02d}': videos[number] for number in sorted(videos)}


def sequence_names(benchmark: str, video: str) -> list[str]:
    """Name the results of a video as the server does: on MOT17 one name for each detector."""
    if benchmark != 'MOT17':
        return [video]
    return [f'{video}-{detector}' for detector in DETECTORS]
