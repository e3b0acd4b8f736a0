"""The sequences of MOTChallenge's benchmarks, as their server names them.

Numbers of frames as in the benchmarks' ``seqinfo.ini``; see https://motchallenge.net/data.
"""

_NUM_FRAMES = {
    'MOT15': {
        'train': {
            'ADL-Rundle-6': 525,
            'ADL-Rundle-8': 654,
            'ETH-Bahnhof': 1000,
            'ETH-Pedcross2': 837,
            'ETH-Sunnyday': 354,
            'KITTI-13': 340,
            'KITTI-17': 145,
            'PETS09-S2L1': 795,
            'TUD-Campus': 71,
            'TUD-Stadtmitte': 179,
            'Venice-2': 600,
        },
        'test': {
            'ADL-Rundle-1': 500,
            'ADL-Rundle-3': 625,
            'AVG-TownCentre': 450,
            'ETH-Crossing': 219,
            'ETH-Jelmoli': 440,
            'ETH-Linthescher': 1194,
            'KITTI-16': 209,
            'KITTI-19': 1059,
            'PETS09-S2L2': 436,
            'TUD-Crossing': 201,
            'Venice-1': 450,
        },
    },
    **{
        benchmark: {
            'train': {
                f'{benchmark}-02': 600,
                f'{benchmark}-04': 1050,
                f'{benchmark}-05': 837,
                f'{benchmark}-09': 525,
                f'{benchmark}-10': 654,
                f'{benchmark}-11': 900,
                f'{benchmark}-13': 750,
            },
            'test': {
                f'{benchmark}-01': 450,
                f'{benchmark}-03': 1500,
                f'{benchmark}-06': 1194,
                f'{benchmark}-07': 500,
                f'{benchmark}-08': 625,
                f'{benchmark}-12': 900,
                f'{benchmark}-14': 750,
            },
        }
        for benchmark in ('MOT16', 'MOT17')  # the same videos with other annotation
    },
    'MOT20': {
        'train': {'MOT20-01': 429, 'MOT20-02': 2782, 'MOT20-03': 2405, 'MOT20-05': 3315},
        'test': {'MOT20-04': 2080, 'MOT20-06': 1008, 'MOT20-07': 585, 'MOT20-08': 806},
    },
}

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
        benchmark: ``'MOT15'``, ``'MOT16'``, ``'MOT17'`` or ``'MOT20'``.
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
    videos: dict[str, int] = {}
    for each in splits:
        videos |= _NUM_FRAMES[benchmark][each]
    return dict(sorted(videos.items()))


def sequence_names(benchmark: str, video: str) -> list[str]:
    """Name the results of a video as the server does: on MOT17 one name for each detector."""
    if benchmark != 'MOT17':
        return [video]
    return [f'{video}-{detector}' for detector in DETECTORS]
