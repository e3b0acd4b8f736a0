"""Search the options of the tracker on your own sequences, guarded by held-out ones."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmmaml.command_line import on_interrupt, run_command  # isort: skip

from mmmaml.evaluation.benchmarks import BENCHMARKS
from mmmaml.tuning.objectives import OBJECTIVES

from .arguments import frames_per_second

if TYPE_CHECKING:
    from mmmaml.models.onnx import OnnxReID
    from mmmaml.models.reid import MetaReIDHead
    from mmmaml.tuning.search_space import SearchSpace
    from mmmaml.tuning.sequences import TuningSequence

FOLDS = 3


def build_parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--gt',
        required=True,
        type=Path,
        metavar='DIR',
        help='sequences with ground truth: DIR/SEQ/gt/gt.txt, beside it seqinfo.ini, and for '
        '--reid the images',
    )
    parser.add_argument(
        '--detections',
        type=Path,
        metavar='DIR',
        help='detections, DIR/SEQ.txt or DIR/SEQ/det/det.txt; default: SEQ/det/det.txt of --gt',
    )
    features = parser.add_mutually_exclusive_group()
    features.add_argument(
        '--reid',
        metavar='FILE',
        help='Re-ID network, ONNX, which embeds the detections once; default: that of --config, '
        'else motion and overlap alone',
    )
    features.add_argument(
        '--features',
        type=Path,
        metavar='DIR',
        help='features of the detections in place of a network, DIR/SEQ.npy (detections, C)',
    )
    parser.add_argument(
        '--prior', metavar='FILE', help='statistics of other people, made by fit_prior.py'
    )
    parser.add_argument(
        '--config', type=Path, help='config to start from; the new one is based on it'
    )
    parser.add_argument(
        '--options',
        nargs='+',
        metavar='NAME[=LOW:HIGH]',
        help='options to search and their ranges, score_thr=0.2:0.6 stages.overlap.iou_thr; '
        'default: nine that matter most',
    )
    parser.add_argument(
        '--objective',
        choices=OBJECTIVES,
        default='mean',
        help='what is made large; mean is that of HOTA and IDF1; default: mean',
    )
    parser.add_argument(
        '--trials', type=int, default=40, metavar='N', help='trials of each fold; default: 40'
    )
    parser.add_argument(
        '--folds',
        type=int,
        metavar='N',
        help=f'parts of the sequences, each held out once; default: {FOLDS}, or 2 of 2 sequences',
    )
    parser.add_argument('--seed', type=int, default=0, metavar='N', help='default: 0')
    parser.add_argument('--benchmark', choices=BENCHMARKS, help='as for eval_mot.py')
    parser.add_argument(
        '--fps',
        type=frames_per_second,
        help='frames per second of sequences without seqinfo.ini',
    )
    parser.add_argument(
        '--work-dir',
        type=Path,
        default=Path('work_dirs/tune'),
        metavar='DIR',
        help='features and trials are kept here, and the same command goes on from them; '
        'default: work_dirs/tune',
    )
    parser.add_argument(
        '--out', type=Path, metavar='FILE', help='the config; default: WORK_DIR/tuned.py'
    )
    return parser


def tune(args: argparse.Namespace) -> int:
    """Check the options and the work folder, and search there."""
    from importlib.util import find_spec

    from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable, sole_run

    if find_spec('optuna') is None:
        raise ValueError('optuna is not installed: pip install "mmmaml[tune]", or optuna alone')
    out = args.out or args.work_dir / 'tuned.py'
    if out.suffix != '.py':
        raise ValueError(f'--out {out} must end in .py')
    if args.trials < 1:
        raise ValueError(f'--trials {args.trials} must be at least 1')
    if args.fps is not None and not args.fps > 0:
        raise ValueError(f'--fps {args.fps:g} must be greater than 0')
    refuse_unwritable([out, args.work_dir / 'trials.db'])
    refuse_overwriting([out], [args.config, args.reid, args.prior])
    with sole_run(args.work_dir, '--work-dir'):
        return _search(args, out)


def _search(args: argparse.Namespace, out: Path) -> int:
    """Search, judge and write."""
    from mmengine.logging import MMLogger
    from rich.console import Console
    from rich.progress import Progress

    from mmmaml.tuning import report
    from mmmaml.tuning.config_file import write_config
    from mmmaml.tuning.folds import decide, make_folds
    from mmmaml.tuning.search import Search
    from mmmaml.tuning.search_space import build_space
    from mmmaml.tuning.sequences import read_sequences
    from mmmaml.tuning.trial import Scorer

    MMLogger.get_current_instance().setLevel('WARNING')
    tracker, reid = _models(args)
    with_feats = args.features is not None or reid is not None
    space = build_space(tracker, args.options, with_feats)
    sequences = read_sequences(args.gt, args.detections, args.fps)
    names = [each.name for each in sequences]
    folds = make_folds(names, min(FOLDS, len(names)) if args.folds is None else args.folds)
    console = Console(stderr=True)
    on_interrupt(f'{args.work_dir} keeps what is done; the same command goes on from there')
    sequences, head = _with_features(args, sequences, reid, space, console)
    scorer = Scorer(sequences, space, head, args.benchmark)
    search = Search(args.work_dir / 'trials.db', scorer, args.objective, args.seed)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task('trials', total=len(folds) * (args.trials + 1))
        candidates = [search.run(f, args.trials, lambda: progress.advance(bar)) for f in folds]
    decision = decide(candidates)
    print(report.terminal_table(report.score_rows(scorer, candidates, decision)), end='')
    lines = report.describe(space, decision)
    print('\n'.join(lines))
    values = space.start if decision.adopted is None else decision.adopted.values
    comment = [f'Tracker tuned on {", ".join(names)}, trials of each fold: {args.trials}.', *lines]
    if args.features is not None and args.config is None:
        comment.append('These are options of the tracker alone: put them into your config.')
    write_config(out, space, values, comment, args.config, _whole(args, tracker))
    print(out)
    return 0


def _models(args: argparse.Namespace) -> tuple[dict[str, Any], 'OnnxReID | None']:
    """Return the options of the tracker to start from, and the network that embeds."""
    from mmmaml.apis.model_loading import load_config
    from mmmaml.models.onnx import OnnxReID

    tracker: dict[str, Any] = {}
    network: dict[str, Any] | None = None
    if args.reid is not None:
        network = {'model': args.reid, 'prior': args.prior}
    if args.config is not None:
        model = load_config(args.config).get('model', {})
        tracker = dict(model.get('tracker') or {})
        kind = str(tracker.pop('type', None))
        if kind.split('.')[-1] != 'OnlineMetaTracker':
            raise ValueError(f'{args.config} has the tracker {kind}: OnlineMetaTracker is tuned')
        if tracker.get('camera_motion') is not None:
            raise ValueError(
                f'{args.config} follows the camera by its pictures, which trials do not see: '
                'leave camera_motion out, tune, and put it back'
            )
        reid = model.get('reid')
        if reid is not None and args.reid is None and args.features is None:
            network = dict(reid)
            if str(network.pop('type')).split('.')[-1] != 'OnnxReID':
                raise ValueError(
                    f'{args.config} has a Re-ID network that is no ONNX file: export it by '
                    'export_onnx.py and give --reid, or give --features'
                )
    if network is None and args.features is None and args.prior is not None:
        raise ValueError('--prior is of features: give --reid or --features, too')
    return tracker, None if network is None else OnnxReID(**network)


def _with_features(
    args: argparse.Namespace,
    sequences: list['TuningSequence'],
    reid: 'OnnxReID | None',
    space: 'SearchSpace',
    console: Any,
) -> tuple[list['TuningSequence'], 'MetaReIDHead | None']:
    """Return the sequences with their features, and the layer that is adapted."""
    from rich.progress import Progress

    from mmmaml.models.onnx.onnx_reid import identity_head
    from mmmaml.models.reid import load_prior
    from mmmaml.tuning.features import embed_once, load_features

    if args.features is not None:
        sequences = [load_features(each, args.features) for each in sequences]
        widths = {each.name: each.feats.shape[1] for each in sequences if each.feats is not None}
        if len(set(widths.values())) > 1:
            raise ValueError(f'{args.features} holds features of several networks: {widths}')
        head = identity_head(widths[sequences[0].name])
        if args.prior is not None:
            load_prior(args.prior, head)
        return sequences, head
    if reid is None:
        return sequences, None
    least = space.ranges.get('score_thr', (space.value('score_thr'),))[0]
    cache = args.work_dir / 'features'
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task('features', total=sum(e.truth.num_frames for e in sequences))
        done = [
            embed_once(each, reid, cache, least, lambda: progress.advance(bar))
            for each in sequences
        ]
    return done, reid.head


def _whole(args: argparse.Namespace, tracker: dict[str, Any]) -> dict[str, Any] | None:
    """Return the config to write if there is none to base it on."""
    from mmmaml.apis import onnx_config

    if args.config is not None or args.features is not None:
        return None
    reid, prior = (p and str(Path(p).resolve()) for p in (args.reid, args.prior))
    return onnx_config(reid=reid, prior=prior, tracker=tracker).to_dict()


def main(argv: Sequence[str] | None = None) -> int:
    """Tune from the command line; returns the exit status."""
    return run_command(build_parser(), argv, tune)
