"""Fit a scatter prior for a Re-ID network: how its embeddings of one person vary."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmmaml.command_line import run_command  # isort: skip

BATCH = 64


def build_parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'people',
        metavar='DIR',
        type=Path,
        help='sequences in the MOTChallenge layout with ground truth, or images named as in '
        'Market-1501, ID_cCAMERA...jpg, whose cameras count as videos',
    )
    parser.add_argument('--reid', required=True, metavar='FILE', help='Re-ID network, ONNX')
    parser.add_argument(
        '--out', required=True, type=Path, metavar='FILE', help='the prior, a file PRIOR.npz'
    )
    parser.add_argument(
        '--most',
        type=int,
        default=8,
        metavar='N',
        help='images of a person in a video at most; default: 8',
    )
    parser.add_argument('--device', default='cpu', help='cpu, cuda:0, ...; default: cpu')
    return parser


def fit(args: argparse.Namespace) -> int:
    """Embed the people and write their statistics."""
    import numpy as np
    import torch
    from rich.console import Console
    from rich.progress import track

    from mmmaml.datasets.person_images import find_person_images
    from mmmaml.models.onnx import OnnxReID
    from mmmaml.models.onnx.scatter_prior import save_prior
    from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

    if args.most < 2:
        raise ValueError(f'--most {args.most} must be at least 2')
    if args.out.suffix != '.npz':
        raise ValueError(f'--out {args.out} must end in .npz')
    refuse_unwritable([args.out])
    refuse_overwriting([args.out], [args.reid])
    people = find_person_images(args.people, args.most)
    reid = OnnxReID(args.reid).to(args.device)
    embeds = torch.zeros(people.num_people, args.most, reid.head.in_channels)
    number = torch.zeros(people.num_people, dtype=torch.long)
    crops: list[np.ndarray] = []
    owners: list[int] = []

    def embed() -> None:
        for who, feats in zip(owners, reid.embed_crops(crops).cpu(), strict=True):
            embeds[who, number[who]] = feats
            number[who] += 1
        crops.clear()
        owners.clear()

    progress = track(
        people.read(),
        description='images',
        total=people.num_images,
        console=Console(stderr=True),
        transient=True,
    )
    for who, crop in progress:
        crops.append(crop)
        owners.append(who)
        if len(crops) == BATCH:
            embed()
    if crops:
        embed()
    statistics = reid.head.scatter.cpu()
    statistics.fill(embeds, torch.arange(args.most) < number[:, None])
    save_prior(args.out, statistics)
    print(f'{args.out}: scatter of {people.num_people} people in {people.num_images} images')
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Fit from the command line; returns the exit status."""
    return run_command(build_parser(), argv, fit)
