"""Share of people who are recognised after an absence, by kind of online adaptation.

Prints a Markdown table: right decisions in percent, over absences of 1, 3 and 5 seconds, for each
video and all of them.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt  # isort: skip

import numpy as np
import torch
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from torch import Tensor

from mmmaml.datasets import MOTCropDataset
from mmmaml.models import MAMLMOT
from mmmaml.registry import MODELS
from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.common.tables import table
from tools.benchmarks.evidence.measure import recognised

BATCH = 256
ADAPTERS = {
    'none': {'solver': None},
    'Eq. 6-7': {'blend_tasks': True, 'solver': None},
    'gradient, 1 step at 0.02': {'solver': 'gradient', 'inner_lr': 0.02},
    'gradient, 5 steps at 0.2': {
        'solver': 'gradient',
        'num_steps': 5,
        'inner_lr': 0.2,
    },
    'closed form (default)': {},
    'Eq. 6-7 and closed form': {'blend_tasks': True},
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m tools.benchmarks.evidence.association_accuracy', description=__doc__
    )
    parser.add_argument('config', help='config of a MAMLMOT model')
    parser.add_argument('checkpoint', nargs='+', help='checkpoints; several are averaged')
    parser.add_argument('--data', type=Path, help='data root; default: that of the config')
    parser.add_argument('--json', type=Path, help='also write the numbers here')
    args = parser.parse_args(argv)
    on_interrupt('the measurements are shown at the end')
    register_all_modules()
    config = Config.fromfile(args.config)
    if args.data is not None:
        config.test_dataloader.dataset.data_root = str(args.data)
    runs = [measure(config, checkpoint) for checkpoint in args.checkpoint]
    videos = list(runs[0]['none'])
    header = ['adaptation', *videos, 'all']
    groups = [*([video] for video in videos), videos]
    rows = [
        [name, *(_mean_and_spread([_share(run[name], group) for run in runs]) for group in groups)]
        for name in ADAPTERS
    ]
    print(table(header, rows), end='')
    if args.json is not None:
        write_text(args.json, json.dumps([summary(run) for run in runs], indent=1) + '\n')


def measure(config: Config, checkpoint: str) -> dict[str, dict[str, dict[float, np.ndarray]]]:
    """Tell right decisions from wrong ones, by adaptation, video and absence.

    Args:
        config: Config of a MAMLMOT model and its test data.
        checkpoint: Its weights.
    """
    model: MAMLMOT = MODELS.build(config.model)
    load_checkpoint(model, checkpoint, map_location='cpu')
    model.eval()
    dataset, frame_rates = _crops(config)
    feats = _features(model, dataset)
    index = dataset.index
    outcome: dict = {name: {} for name in ADAPTERS}
    for video_id, (video, frame_rate) in frame_rates.items():
        rows = np.flatnonzero(index['video_id'] == video_id)
        items = feats[rows], index['instance_id'][rows], index['frame_id'][rows]
        for name, options in ADAPTERS.items():
            outcome[name][video] = recognised(model.reid.head, options, *items, frame_rate)
    return outcome


def _share(outcome: dict[str, dict[float, np.ndarray]], videos: list[str]) -> float:
    """Return right decisions in percent, over videos and absences."""
    return 100 * float(np.concatenate([d for v in videos for d in outcome[v].values()]).mean())


def _mean_and_spread(values: list[float]) -> str:
    spread = f' ± {np.std(values, ddof=1):.1f}' if len(values) > 1 else ''
    return f'{np.mean(values):.1f}{spread}'


def summary(run: dict) -> dict:
    """Return shares and numbers of decisions in place of single decisions."""
    return {
        name: {
            video: {
                str(absence): {'right': float(right.mean()), 'decisions': len(right)}
                for absence, right in absences.items()
                if len(right)
            }
            for video, absences in videos.items()
        }
        for name, videos in run.items()
    }


def _crops(config: Config) -> tuple[MOTCropDataset, dict[int, tuple[str, float]]]:
    """Return the people of the test data, and name and frame rate of each video."""
    test = config.test_dataloader.dataset
    height, width = config.model.tracker.reid.img_scale
    dataset = MOTCropDataset(
        test.ann_file,
        data_root=test.data_root,
        data_prefix=dict(test.data_prefix),
        pipeline=[{'type': 'LoadCrop', 'scale': (width, height)}],
    )
    document = json.loads(Path(dataset.ann_file).read_text())
    return dataset, {v['id']: (v['name'], v['fps']) for v in document['videos']}


@torch.no_grad()
def _features(model: MAMLMOT, dataset: MOTCropDataset) -> Tensor:
    """Compute inputs (R, C) of the adapted layer for all items; each frame is decoded once."""
    order = np.lexsort((dataset.index['frame_id'], dataset.index['video_id']))
    feats = torch.zeros(len(dataset), model.reid.head.in_channels)
    for items in np.array_split(order, -(-len(order) // BATCH)):
        images = np.stack([dataset[int(item)]['img'] for item in items])
        inputs = torch.from_numpy(images).permute(0, 3, 1, 2)
        batch = model.data_preprocessor({'inputs': [inputs], 'data_samples': None})
        feats[torch.from_numpy(items)] = model.reid.extract_crop_feats(batch['inputs'][0])
    return feats


if __name__ == '__main__':
    main()
