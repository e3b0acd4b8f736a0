"""Page of the benchmark: input, clock, trackers and tables."""

from collections.abc import Mapping
from typing import Any

import mmdet
import torch

from tools.benchmarks.common.contestants import (
    ADAPTED,
    BOT_SORT,
    CAMERA,
    DEEPSORT,
    OURS,
    STRICT_DEEPSORT,
)
from tools.benchmarks.common.simulated_detections import Noise
from tools.benchmarks.common.tables import table

INTRODUCTION = """\
# Speed of the tracker

Written by

```bash
{command}
```

Time and identities of `OnlineMetaTracker.step` beside the trackers of mmdet and mmtrack: detector,
Re-ID network and image work are left out, for all of them.

- **Input.** Detections and embeddings are simulated on ground truth in MOT layout: each edge of a
  box moved by {jitter:.0%} of the box's size (standard deviation), {dropped:.0%} of the boxes
  dropped, embeddings of {channels} numbers with a mean cosine of {cosine:g} to the direction of
  their identity. Boxes with less than {visible:.0%} visible are left out, of the truth too.
  Every tracker gets the same.
- **Clock.** Processor time of one thread ({versions}), which is the time that passes if nothing
  else runs. All inputs are made before the clock starts. The trackers run over a video in turn,
  {repeats} times; of each frame the median over the passes counts, and the table gives the mean
  over frames. Only ratios carry over to other machines.
- **Ours.** *{ours}* compares embeddings as they are, with its defaults. *{adapted}* has the
  thresholds of the configs, a `MetaReIDHead` with a filled task memory and scatter, and adapts in
  every frame with the defaults of its adapter. *{camera}* also estimates the motion of the
  camera, from frames of 1920x1080 pixels in which nothing moves. *{bot_sort}* has the options of
  `configs/compare/bot-sort_r18_demo.py`, without camera motion. The stages are timed in passes of
  their own.
- **Peers.** Settings are those of their packages' configs for MOT17's half split; scores (0.65 to
  0.95) lie on the scale of these. Their calls to cut out boxes and to the Re-ID network return the
  prepared embeddings at no cost, there is no camera motion to compensate, and StrongSORT's
  offline linking is not run. *{strict}* matches unit embeddings up to the cosine at which
  StrongSORT does, {deepsort} itself at any distance within its motion gate.
- **Scores** are TrackEval's. *True identities* reports every detection under its true identity:
  no tracker can do better by more than chance.
"""


def page(results: Mapping[str, Any], command: str, repeats: int) -> str:
    """Write the whole page in Markdown.

    Args:
        results: Of the benchmark.
        command: Command line that made them.
        repeats: Passes of each tracker.
    """
    noise = Noise()
    parts = [
        INTRODUCTION.format(
            command=command,
            jitter=noise.jitter,
            dropped=noise.dropped,
            channels=noise.channels,
            cosine=noise.cosine,
            visible=noise.min_visibility,
            versions=', '.join(_versions()),
            repeats=repeats,
            ours=OURS,
            adapted=ADAPTED,
            camera=CAMERA,
            bot_sort=BOT_SORT,
            deepsort=DEEPSORT,
            strict=STRICT_DEEPSORT,
        )
    ]
    parts += [_section(name, video) for name, video in results['videos'].items()]
    parts += [_section(name, video) for name, video in results.get('crowd', {}).items()]
    if 'growth' in results:
        parts.append(_growth(results['growth']))
    return '\n'.join(parts)


def _versions() -> list[str]:
    packages = {'torch': torch.__version__.partition('+')[0]}
    packages['mmdet'] = mmdet.__version__
    return [f'{name} {number}' for name, number in packages.items()]


def _section(name: str, video: Mapping[str, Any]) -> str:
    trackers, baseline = video['trackers'], video['trackers'].get(DEEPSORT)
    rows = [['true identities', '', '', *_scores(video['true identities'])]]
    for tracker, result in trackers.items():
        ratio = f'{baseline["ms"] / result["ms"]:.1f}x' if baseline else ''
        rows.append([tracker, f'{result["ms"]:.2f}', ratio, *_scores(result)])
    header = ['tracker', 'ms/frame', f'faster than {DEEPSORT}', 'IDF1', 'HOTA', 'IDs']
    stages = video['stages']
    names = list(next(iter(stages.values())))
    parts = [[tracker, *(f'{each[n]:.2f}' for n in names)] for tracker, each in stages.items()]
    return (
        f'## {name}\n\n{video["frames"]} frames, {video["objects"]:.0f} people a frame.\n\n'
        f'{table(header, rows)}\nMilliseconds a frame by stage:\n\n'
        f'{table(["", *names], parts)}'
    )


def _scores(result: Mapping[str, float]) -> list[str]:
    return [f'{100 * result["IDF1"]:.1f}', f'{100 * result["HOTA"]:.1f}', f'{result["IDs"]:.0f}']


def _growth(growth: Mapping[str, Any]) -> str:
    rows = [
        [
            tracker,
            f'{int(frames):,}',
            f'{row["people"]:,}',
            f'{row["ms"]:.2f}',
            f'{row["MiB"]:.0f}',
        ]
        for tracker, lengths in growth.items()
        for frames, row in lengths.items()
    ]
    header = ['tracker', 'frames so far', 'people so far', 'ms/frame', 'MiB in memory']
    return (
        '## Long videos\n\nPeople cross the view once and new ones follow. Median time of the '
        'last 500 frames, and what the whole\nprocess holds in memory (most of it Python and '
        f'torch).\n\n{table(header, rows)}'
    )
