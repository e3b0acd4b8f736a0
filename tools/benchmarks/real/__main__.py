"""Measure trackers on real videos with the same detections and features, and write a page.

Nothing of the videos is kept but numbers. Without the data nothing is done, and the reason said.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import on_interrupt, one_sentence  # isort: skip

from rich.console import Console

from mmmaml.models.onnx.onnx_reid import OnnxReID
from mmmaml.utils import register_all_modules, write_text
from mmmaml.utils.mot_files import read_rows
from tools.benchmarks.common.clocks import one_thread
from tools.benchmarks.real import measurements
from tools.benchmarks.real.contestants import (
    ADAPTED,
    MOTION,
    PRIOR,
    Prior,
    contestants,
    roboflow_missing,
)
from tools.benchmarks.real.data import (
    Embedder,
    find,
    find_network,
    lay_out,
    read_people,
    read_sequence,
)
from tools.benchmarks.real.page import page

COMMAND = 'python -m tools.benchmarks.real'


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
        '--reid', type=Path, help='ONNX file of a Re-ID network; default: an osnet in the data'
    )
    parser.add_argument(
        '--people', type=Path, help='images 0001_*.jpg of other people, for the prior'
    )
    parser.add_argument(
        '--priors',
        type=Path,
        nargs='*',
        default=[],
        metavar='NAME.npz',
        help='prior files of other people, learned ones perhaps; each is a variant of that name',
    )
    parser.add_argument(
        '--thin',
        type=Path,
        nargs='*',
        default=[],
        help='gt.txt files of MOT17 (30 frames per second), to be thinned',
    )
    parser.add_argument('--out-dir', type=Path, default=Path('outputs/real'))
    parser.add_argument(
        '--docs', type=Path, help='page to write; default: real_video.md in the output folder'
    )
    return parser


def main(argv: Sequence[str] | None = None) -> None:
    """Measure from the command line."""
    parser = build_parser()
    args = parser.parse_args(argv)
    on_interrupt(f'features are kept in {args.out_dir}; the same command goes on from there')
    if not args.data.is_dir():
        print(f'nothing measured: there is no real data in {args.data}')
        return
    with one_sentence(parser, kinds=(OSError, ValueError)), one_thread():
        run(args)


def run(args: argparse.Namespace) -> None:
    """Measure and write."""
    console = Console()
    register_all_modules()
    network = args.reid or find_network(args.data)
    data, cache = lay_out(args.data, args.out_dir), args.out_dir / 'features'
    reid = OnnxReID(network)
    sequences = []
    for folder in find(data):
        console.print(f'features of {folder.name}', highlight=False)
        sequences.append(read_sequence(folder, Embedder.of_network(reid), cache))
    people = args.people or next(iter(sorted(data.glob('market*'))), None)
    priors: dict[str, Prior] = {f'adapted, {path.stem}': path for path in args.priors}
    if people is not None:
        priors = {PRIOR: read_people(people, reid, cache), **priors}
    if (why := roboflow_missing()) is not None:
        console.print(why, highlight=False)
    results: dict = {'trackers': {}, 'offline': {}, 'notes': [why] if why else []}
    for name, track in contestants(priors):
        console.print(name, highlight=False)
        tracks = {each.name: track(each) for each in sequences}
        rows = {each: found.rows for each, found in tracks.items()}
        decisions = {each: found.decisions for each, found in tracks.items()}
        results['trackers'][name] = measurements.score(sequences, rows, decisions)
        if name in (ADAPTED, MOTION):
            results['offline'][name] = {
                step: measurements.score(
                    sequences, measurements.offline(sequences, tracks, options)
                )
                for step, options in measurements.OFFLINE.items()
            }
    results['association'] = {
        each.name: measurements.association(each, priors) for each in sequences
    }
    results['thinned'] = {
        _name(path): measurements.thinned(read_rows(path), 30.0) for path in args.thin
    }
    results['facts'] = {
        each.name: {
            'frames': each.num_frames,
            'frame_rate': each.frame_rate,
            'size': list(each.size),
            'people': len({*each.gt[each.gt[:, 6] != 0, 1].tolist()}),
            'detections': sum(len(frame.boxes) for frame in each.frames),
        }
        for each in sequences
    }
    results['network'] = network.stem
    write_text(args.out_dir / 'real.json', json.dumps(results, indent=1) + '\n')
    out = args.docs or args.out_dir / 'real_video.md'
    write_text(out, page(results, _command(args)))
    console.print(str(out), highlight=False)


def _name(path: Path) -> str:
    return path.parents[1].name if path.name == 'gt.txt' else path.stem


def _command(args: argparse.Namespace) -> str:
    """Return the command of the page, the place of the data left open."""
    parts = [f'{COMMAND} --data DIR']
    parts += [f'--priors {" ".join(path.name for path in args.priors)}'] if args.priors else []
    parts += [f'--thin {" ".join(path.name for path in args.thin)}'] if args.thin else []
    return ' '.join([*parts, '--docs docs/real_video.md'])


if __name__ == '__main__':
    main()
