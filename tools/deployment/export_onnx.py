"""Write the one-shot or Re-ID network of a config in the ONNX format."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmengine.config import Config

from mmmaml.apis.model_loading import build_model, load_config
from mmmaml.apis.onnx_export import (
    CropGraph,
    OnnxGraph,
    export_onnx,
    export_prior,
    find_graph,
    onnx_differences,
)
from mmmaml.commands.arguments import add_cfg_options
from mmmaml.datasets.transforms.letterbox_frame import letterbox_size
from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

TOLERANCE = 1e-3


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='The tracker and its adaptation stay in Python: they take what the graph gives.',
    )
    parser.add_argument(
        'config',
        metavar='CONFIG',
        help='config of a model with a one-shot network, or with a Re-ID network for crops',
    )
    parser.add_argument(
        'checkpoint', metavar='CHECKPOINT', nargs='?', help='weights; default: those of the config'
    )
    parser.add_argument('out', metavar='OUT', type=Path, help='file to write, such as net.onnx')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('W', 'H'),
        help='width and height of the images; default: of LetterboxFrame in the test pipeline, of '
        "crops the tracker's reid.img_scale",
    )
    parser.add_argument(
        '--check',
        action='store_true',
        help='run the file by ONNX Runtime on random images and compare with PyTorch',
    )
    parser.add_argument(
        '--prior-out',
        type=Path,
        metavar='FILE',
        help='write, too, how people of the training tasks vary (prior.npz): what adaptation to a '
        'scene starts from. mmmaml track takes it by --prior',
    )
    parser.add_argument('--seed', type=int, default=0, help='of the random images')
    add_cfg_options(parser, 'model.detector.neck.upsample_conv=plain')
    return parser


def export(args: argparse.Namespace) -> int:
    """Export and, if asked to, compare."""
    outputs = [each for each in (args.out, args.prior_out) if each is not None]
    refuse_unwritable(outputs)
    refuse_overwriting(outputs, [args.config, args.checkpoint])
    config = load_config(args.config, args.cfg_options)
    model = build_model(config, args.checkpoint, 'cpu')
    graph = find_graph(model)
    size = tuple(args.size) if args.size else input_size(config, graph)
    if args.prior_out is not None:
        export_prior(model, args.prior_out)
    export_onnx(model, args.out, size)
    print(
        f'{args.out}: {graph.input} (B, 3, {size[1]}, {size[0]}) to {", ".join(graph.outputs)}, '
        f'{args.out.stat().st_size / 1e6:.1f} MB'
    )
    if not args.check:
        return 0
    differences = onnx_differences(model, args.out, size, seed=args.seed)
    for name, difference in differences.items():
        print(f'{name}: relative difference to PyTorch at most {difference:.1e}')
    if max(differences.values()) > TOLERANCE:
        print(f'they differ by more than {TOLERANCE:g}', file=sys.stderr)
        return 1
    return 0


def input_size(config: Config, graph: OnnxGraph) -> tuple[int, int]:
    """Width and height of what a config shows a network: frames, or crops of people.

    Raises:
        ValueError: It does not say.
    """
    if isinstance(graph, CropGraph):
        place = 'no model.tracker.reid.img_scale'
        options = (config.model.get('tracker') or {}).get('reid') or {}
        size = tuple(options['img_scale'][::-1]) if 'img_scale' in options else None
    else:
        place = 'no LetterboxFrame in its test pipeline'
        loader = config.get('test_dataloader') or {}
        size = letterbox_size(loader.get('dataset', {}).get('pipeline', []))
    if size is None:
        raise ValueError(f'{config.filename} has {place}: state --size W H')
    return size


def main(argv: Sequence[str] | None = None) -> int:
    """Export from the command line; returns the exit status."""
    return run_command(build_parser(), argv, export)


if __name__ == '__main__':
    sys.exit(main())
