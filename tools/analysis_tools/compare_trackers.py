"""Run all trackers of configs/compare on the same sequences and write one table.

All get the same detections and, if they use appearance, the same Re-ID network. Milliseconds a
frame are of the tracker alone, with reading images, cutting out people and the network left out,
and the estimate of camera motion beside it.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mmmaml.command_line import on_interrupt  # isort: skip

from mmengine.config import Config
from mmengine.hooks import Hook

from mmmaml.apis import track
from mmmaml.models.trackers.model_inputs import reid_features
from mmmaml.utils import write_text
from mmmaml.utils.outputs import refuse_overwriting

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'compare'
METRICS = ('MOTA', 'IDF1', 'HOTA', 'AssA')
COUNTS = ('IDs', 'FP', 'FN')
SECTIONS = ('tracker', 'camera')


class TrackerClock(Hook):
    """Hook that adds up the processor time of a tracker, without crops and Re-ID network.

    Attributes:
        seconds: Of each section, without the sections called from within it.
        frames: Frames tracked.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.frames = 0
        self._running: list[str] = []
        self._since = 0.0

    def before_test(self, runner: Any) -> None:
        """Put the clock around the methods of the model's tracker."""
        model = runner.model.module if hasattr(runner.model, 'module') else runner.model
        tracker = model.tracker
        inner = getattr(tracker, 'tracker', tracker)  # of a PeerTracker
        cameras = (getattr(tracker, 'camera', None), getattr(tracker, 'cmc', None))
        self._time(tracker, 'track', 'tracker')
        for owner, name, section in (
            (inner, 'crop_imgs', 'features'),
            (model.reid, 'extract_crop_feats', 'features'),
            (cameras[0], 'estimate', 'camera'),
            (cameras[1], 'get_warp_matrix', 'camera'),
        ):
            if hasattr(owner, name):
                self._time(owner, name, section)

    def after_test_iter(self, *args: Any, **kwargs: Any) -> None:
        """Count a frame."""
        self.frames += 1

    def milliseconds(self, section: str) -> float:
        """Return the mean time a frame."""
        return 1000 * self.seconds[section] / max(self.frames, 1)

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Time the cutting of people for our trackers as well."""
        timed = self._timed(reid_features.crop_and_resize, 'features')
        with patch.object(reid_features, 'crop_and_resize', timed):
            yield

    def _time(self, owner: Any, name: str, section: str) -> None:
        setattr(owner, name, self._timed(getattr(owner, name), section))

    def _timed(self, function: Callable, section: str) -> Callable:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._switch(section)
            try:
                return function(*args, **kwargs)
            finally:
                self._switch(None)

        return timed

    def _switch(self, section: str | None) -> None:
        """Go into a section, or out of the current one."""
        now = time.process_time()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        if section is None:
            self._running.pop()
        else:
            self._running.append(section)
        self._since = now


def main(argv: Sequence[str] | None = None) -> None:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('checkpoint', type=Path, help='of a model of configs/demo')
    parser.add_argument(
        '--data',
        type=Path,
        default=Path('data/demo'),
        help='folder in the MOTChallenge layout, with annotations/test_cocoformat.json',
    )
    parser.add_argument('--out', type=Path, metavar='FILE.md', help='also write the table here')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/compare'))
    parser.add_argument(
        '--only', nargs='+', metavar='NAME', help='of the configs, such as bot-sort; default: all'
    )
    args = parser.parse_args(argv)
    on_interrupt(
        f'the table is written at the end; what finished trackers gave is in {args.work_dir}'
    )
    annotations = args.data / 'annotations' / 'test_cocoformat.json'
    for path, hint in (
        (args.checkpoint, 'python tools/demo.py makes one'),
        (annotations, 'python tools/dataset_converters/mot2coco.py makes it'),
    ):
        if not path.is_file():
            parser.error(f'{path} does not exist; {hint}')
    try:
        refuse_overwriting([args.out], [args.checkpoint, annotations])
    except ValueError as error:
        parser.error(str(error))
    configs = {path.stem.split('_')[0]: path for path in sorted(CONFIGS.glob('*.py'))}
    unknown = sorted(set(args.only or ()) - set(configs))
    if unknown:
        parser.error(f'--only {" ".join(unknown)}: there is only {", ".join(configs)}')
    rows = {
        name: compare(path, args.checkpoint, args.data, args.work_dir / name)
        for name, path in configs.items()
        if name in (args.only or configs)
    }
    table = markdown(rows)
    print(table)
    if args.out is not None:
        write_text(args.out, table + '\n')


def compare(path: Path, checkpoint: Path, data: Path, work_dir: Path) -> dict[str, float]:
    """Score the tracker of a config, and time its milliseconds a frame by section.

    Args:
        path: The config.
        checkpoint: Weights of the Re-ID network.
        data: Data root with ground truth.
        work_dir: For results.

    Raises:
        SystemExit: The data has no ground truth.
    """
    config = Config.fromfile(path)
    config.test_dataloader.dataset.data_root = str(data)
    config.log_level = 'WARNING'
    clock = TrackerClock()
    with clock.cutting():
        scores = track(config, checkpoint, work_dir, (clock,))
    if scores is None:
        raise SystemExit(f'compare_trackers.py: {data} has no ground truth to score with')
    return {
        **{name: scores['overall'][name] for name in (*METRICS, *COUNTS)},
        **{section: clock.milliseconds(section) for section in SECTIONS},
    }


def markdown(rows: dict[str, dict[str, float]]) -> str:
    """Lay out the table, best IDF1 first."""
    header = ['tracker', *METRICS, *COUNTS, 'ms a frame', 'camera motion, ms']
    lines = [f'| {" | ".join(header)} |', f'|---|{"---:|" * (len(header) - 1)}']
    for name, row in sorted(rows.items(), key=lambda item: -item[1]['IDF1']):
        cells = [name, *(f'{100 * row[key]:.1f}' for key in METRICS)]
        cells += [f'{row[key]:.0f}' for key in COUNTS]
        cells += [f'{row["tracker"]:.2f}', f'{row["camera"]:.2f}' if row['camera'] else '-']
        lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join(lines)


if __name__ == '__main__':
    main()
