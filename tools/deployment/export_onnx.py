"""Write the network of a one-shot config in the ONNX format."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

from mmengine.config import Config, DictAction

from mmmaml.apis.model_loading import build_model, load_config
from mmmaml.apis.onnx_export import export_onnx, onnx_differences
from mmmaml.datasets.transforms.letterbox_frame import letterbox_size
from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

TOLERANCE = 1e-3


def build_parser() -> argparse.ArgumentParser:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog='The tracker and its adaptation stay in Python: they take what the graph gives.',
    )
    parser.add_argument('config', metavar='CONFIG', help='config of a one-shot network')
    parser.add_argument(
        'checkpoint', metavar='CHECKPOINT', nargs='?', help='weights; default: those of the config'
    )
    parser.add_argument('out', metavar='OUT', type=Path, help='file to write, such as net.onnx')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('W', 'H'),
        help='width and height of the images; default: of LetterboxFrame in the test pipeline',
    )
    parser.add_argument(
        '--check',
        action='store_true',
        help='run the file by ONNX Runtime on random images and compare with PyTorch',
    )
    parser.add_argument('--seed', type=int, default=0, help='of the random images')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='replace values of the config, e.g. model.detector.neck.upsample_conv=plain',
    )
    return parser


def export(args: argparse.Namespace) -> int:
    """Export and, if asked to, compare."""
    refuse_unwritable([args.out])
    refuse_overwriting([args.out], [args.config, args.checkpoint])
    config = load_config(args.config, args.cfg_options)
    size = tuple(args.size) if args.size else input_size(config)
    model = build_model(config, args.checkpoint, 'cpu')
    export_onnx(model, args.out, size)
    print(
        f'{args.out}: image (B, 3, {size[1]}, {size[0]}), {args.out.stat().st_size / 1e6:.1f} MB'
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


def input_size(config: Config) -> tuple[int, int]:
    """Width and height of the frames that a config tests on.

    Raises:
        ValueError: Its pipeline does not say.
    """
    loader = config.get('test_dataloader') or {}
    size = letterbox_size(loader.get('dataset', {}).get('pipeline', []))
    if size is None:
        raise ValueError(
            f'{config.filename} has no LetterboxFrame in its test pipeline: state --size W H'
        )
    return size


def main(argv: Sequence[str] | None = None) -> int:
    """Export from the command line; returns the exit status."""
    return run_command(build_parser(), argv, export)


if __name__ == '__main__':
    sys.exit(main())
