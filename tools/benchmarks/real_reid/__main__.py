"""Train on images of real people, plainly and on tasks, track real video, and write a page.

Nothing of the data is kept but numbers. Without the data nothing is done, and the reason said. A
run that was stopped goes on where it was: finished trainings and their numbers are kept in the
output folder.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from rich.console import Console

from mmmaml.datasets import EpisodicDataset, PersonFolderDataset
from mmmaml.models.onnx.onnx_reid import OnnxReID
from mmmaml.utils import register_all_modules, write_text
from tools.benchmarks.common.workers import Workers
from tools.benchmarks.real.data import Embedder, find_network, lay_out
from tools.benchmarks.real_reid.last_layer import (
    LAYERS,
    measure_layer,
    people_features,
    train_layer,
)
from tools.benchmarks.real_reid.page import page
from tools.benchmarks.real_reid.training import Job, train_and_measure
from tools.benchmarks.real_reid.variants import SETS, runs
from tools.benchmarks.real_reid.videos import groups_of, read_videos

COMMAND = 'python -m tools.benchmarks.real_reid'


@dataclass(frozen=True)
class Preset:
    """Amount of training.

    Attributes:
        seeds: Trainings with different seeds.
        layer_seeds: The same, of last layers over frozen features; the first is tracked with.
        layer_iterations: Length of a training of a last layer.
        iterations: Length on the set of everybody.
        options: Values of all configs, as for ``--cfg-options``.
    """

    seeds: int = 5
    layer_seeds: int = 20
    layer_iterations: int = 300
    iterations: int = 700
    options: Mapping[str, Any] = field(default_factory=dict)


PRESETS = {
    'full': Preset(),
    # To try the command itself; its numbers mean nothing.
    'tiny': Preset(
        seeds=1,
        layer_seeds=1,
        layer_iterations=2,
        iterations=2,
        options={
            'model.reid.backbone.base_channels': 4,
            'model.reid.head.in_channels': 32,
            'train_dataloader.dataset.num_ways': 4,
        },
    ),
}


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        '--data',
        type=Path,
        required=True,
        help='folder of the sequences in the MOTChallenge layout, or with an unpack.py',
    )
    parser.add_argument(
        '--people',
        type=Path,
        help='images 0001_c1s1_000451_03.jpg to train on; default: market* in the data',
    )
    parser.add_argument(
        '--reid', type=Path, help='ONNX file of a Re-ID network; default: an osnet in the data'
    )
    parser.add_argument('--preset', choices=[*PRESETS], default='full', help='amount of training')
    parser.add_argument(
        '--sets', nargs='*', choices=[*SETS], default=[*SETS], help='training sets; default: all'
    )
    parser.add_argument('--workers', type=int, default=2, help='processes, of one thread each')
    parser.add_argument('--out-dir', type=Path, default=Path('outputs/real_reid'))
    parser.add_argument(
        '--docs', type=Path, help='page to write; default: evidence_real.md in the output folder'
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = build_parser()
    args = parser.parse_args(argv)
    on_interrupt(f'finished trainings are kept in {args.out_dir}; the same command goes on')
    if args.workers < 1:
        parser.error(f'--workers {args.workers} must be at least 1')
    if not args.data.is_dir():
        print(f'nothing measured: there is no real data in {args.data}')
        return
    with one_sentence(parser, kinds=(OSError, ValueError)):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Train, measure and write."""
    console = Console()
    register_all_modules()
    preset = PRESETS[args.preset]
    network = args.reid or find_network(args.data)
    videos = lay_out(args.data, args.out_dir)
    people = args.people or next(iter(sorted(videos.glob('market*'))), None)
    if people is None:
        raise FileNotFoundError(f'{videos} holds no market* folder: give images by --people')
    jobs = [
        Job(each, people, videos, args.out_dir, preset.iterations, preset.options)
        for each in runs(preset.seeds, args.sets)
    ]
    records = []
    with Workers(args.workers, args.out_dir / 'log.txt') as pool:
        for done, each in enumerate(pool.map(train_and_measure, jobs), start=1):
            records += each
            console.print(f'{done} of {len(jobs)} trainings', highlight=False)
    records.sort(key=lambda each: (each['training'], each['training_set'], each['seed']))
    layers = [*last_layers(people, videos, network, preset, args.out_dir)]
    results = {'networks': records, 'layers': layers}
    write_text(args.out_dir / 'real_reid.json', json.dumps(results, indent=0) + '\n')
    facts = {'command': _command(args), 'network': network.stem}
    out = args.docs or args.out_dir / 'evidence_real.md'
    write_text(out, page(records, layers, preset.iterations, facts))
    console.print(str(out), highlight=False)


def last_layers(
    people: Path, data: Path, network: Path, preset: Preset, out_dir: Path
) -> Iterator[dict[str, Any]]:
    """Train last layers over the features of a network, and yield their records.

    Those that are in the output folder from an earlier run are not trained again.
    """
    reid = OnnxReID(network)
    embedder = Embedder.of_network(reid)
    videos = read_videos(data, embedder, out_dir / 'features')
    seen = {name: video.as_it_is() for name, video in videos.items()}
    dataset = PersonFolderDataset(data_root=str(people))
    feats = people_features(dataset, reid, out_dir / 'features')
    length = preset.layer_iterations
    for seed in range(preset.layer_seeds):
        tasks = EpisodicDataset(dataset, short_identities='repeat', seed=seed)
        for key, layer in LAYERS.items():
            if seed >= layer.seeds:
                continue
            path = out_dir / 'layers' / f'{network.stem}-{key}-{length}-seed{seed}.json'
            if not path.is_file():
                head = train_layer(layer, tasks, feats, seed, length)
                records = measure_layer(head, seen, groups_of(videos), track=seed == 0)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_text(path, json.dumps(records))
            for record in json.loads(path.read_text()):
                yield {'training': key, 'seed': seed, **record}


def _command(args: argparse.Namespace) -> str:
    """Return the command of the page, the place of the data left open."""
    sets = [] if args.sets == [*SETS] else [f'--sets {" ".join(args.sets)}']
    preset = [] if args.preset == 'full' else [f'--preset {args.preset}']
    return ' '.join([COMMAND, '--data DIR', *preset, *sets, '--docs docs/evidence_real.md'])


if __name__ == '__main__':
    main()
