"""Fit a scatter prior for a Re-ID network: how its embeddings of one person vary."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmmaml.command_line import run_command  # isort: skip

if TYPE_CHECKING:
    import numpy as np

    from mmmaml.datasets.people.person_images import PersonImages
    from mmmaml.models.onnx import OnnxReID

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
    parser.add_argument(
        '--features',
        type=Path,
        metavar='FILE',
        help='also write features of the images and of noisy views of them, FEATURES.npz, from '
        'which the adapter is learned (configs/adapter)',
    )
    parser.add_argument(
        '--views',
        type=int,
        default=4,
        metavar='N',
        help='noisy views of each image in --features; default: 4',
    )
    parser.add_argument('--device', default='cpu', help='cpu, cuda:0, ...; default: cpu')
    return parser


def fit(args: argparse.Namespace) -> int:
    """Embed the people and write their statistics."""
    import numpy as np
    import torch

    from mmmaml.datasets.people.person_images import find_person_images
    from mmmaml.datasets.tracking.person_features import PersonFeatures
    from mmmaml.models.onnx import OnnxReID
    from mmmaml.models.reid import save_prior
    from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable

    _check(args)
    outputs = [each for each in (args.out, args.features) if each is not None]
    refuse_unwritable(outputs)
    refuse_overwriting(outputs, [args.reid])
    people = find_person_images(args.people, args.most)
    reid = OnnxReID(args.reid).to(args.device)
    feats, trust, owners = _embed(people, reid, 0 if args.features is None else args.views)
    embeds = torch.zeros(people.num_people, args.most, reid.head.in_channels)
    number = torch.zeros(people.num_people, dtype=torch.long)
    for who, feat in zip(owners, torch.from_numpy(feats[:, 0]), strict=True):
        embeds[who, number[who]] = feat
        number[who] += 1
    statistics = reid.head.scatter.cpu()
    statistics.fill(embeds, torch.arange(args.most) < number[:, None])
    save_prior(args.out, statistics)
    print(f'{args.out}: scatter of {people.num_people} people in {people.num_images} images')
    if args.features is not None:
        person = np.array(owners, dtype=np.int64)
        PersonFeatures(feats, trust, person, people.video[person]).save(args.features)
        print(f'{args.features}: {args.views} noisy views of each image')
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.most < 2:
        raise ValueError(f'--most {args.most} must be at least 2')
    if args.views < 1:
        raise ValueError(f'--views {args.views} must be at least 1')
    for name, path in (('--out', args.out), ('--features', args.features)):
        if path is not None and path.suffix != '.npz':
            raise ValueError(f'{name} {path} must end in .npz')


def _embed(
    people: 'PersonImages', reid: 'OnnxReID', num_views: int
) -> tuple['np.ndarray', 'np.ndarray', list[int]]:
    """Embed images and noisy views of them: feats (R, A, C), trust (R, A) and owners (R)."""
    import numpy as np
    from rich.console import Console
    from rich.progress import track

    from mmmaml.datasets.tracking.detection_noise import ViewMaker

    maker = ViewMaker(num_views)
    feats: list[np.ndarray] = []
    trust: list[np.ndarray] = []
    owners: list[int] = []
    crops: list[np.ndarray] = []

    def embed() -> None:
        if crops:
            embeds = reid.embed_crops(crops).cpu().numpy()
            feats.append(embeds.reshape(-1, num_views + 1, embeds.shape[1]))
        crops.clear()

    progress = track(
        people.read(),
        description='images',
        total=people.num_images,
        console=Console(stderr=True),
        transient=True,
    )
    for who, crop in progress:
        views, visible = maker.views(crop, who)
        crops += views
        trust.append(visible)
        owners.append(who)
        if len(crops) >= BATCH:
            embed()
    embed()
    return np.concatenate(feats), np.stack(trust), owners


def main(argv: Sequence[str] | None = None) -> int:
    """Fit from the command line; returns the exit status."""
    return run_command(build_parser(), argv, fit)
