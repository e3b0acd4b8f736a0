"""Trainings, training sets and online variants that the evidence compares.

To add a training or an online variant, add a row to its table here; nothing else changes.
"""

from dataclasses import dataclass, field
from typing import Any

PLAIN_CONFIG, META_CONFIG = 'plain-reid_r18_demo', 'maml-mot_r18_demo'
# Best of a coarse grid for the plain network, as those of the configs are for adapted cosines, on
# sequences that are not among the evidence's.
PLAIN_THRESHOLDS = {
    'stages': {
        'appearance': {'sim_thr': 0.4, 'lost_penalty': 0.3, 'veto_sim_thr': 0.2},
        'overlap': {},
        'low_scores': {},
        'tentative': {},
        'reentry': {'sim_thr': 0.6},
    }
}
CROPS = [
    {'type': 'LoadCrop', 'scale': (32, 64), 'jitter': 0.05, 'max_cached_mb': 600},
    {'type': 'FlipCrop', 'prob': 0.5},
]
PIPELINE = 'train_dataloader.dataset.dataset.pipeline'
SHIFTED = {PIPELINE: [*CROPS, {'type': 'ShiftTaskAppearance'}]}
UNSHIFTED = {PIPELINE: CROPS}
GRADIENT = {'solver': 'gradient', 'inner_lr': 0.1}
GRADIENT_HEAD = {
    'model.reid.head.task_classifier': 'restricted',
    'model.reid.head.query_loss_weight': 1.0,
}


@dataclass(frozen=True)
class Online:
    """A kind of online adaptation, its appearance memory and its thresholds.

    Attributes:
        key: Short name in tables and files.
        name: Name on the page.
        note: Explanation on the page.
        adapter: Arguments of ``OnlineAdapter``, {} being its defaults. None compares embeddings
            as they are, as with any Re-ID network.
        tracker: Options of the tracker in place of its defaults. None takes those of the config,
            whose thresholds are for adapted cosines.
        observations: Number of the last observations that count in the association accuracy; None
            takes all that are remembered. In tracking ``momentum`` sets it.
        model: Values of the config that change the features, as for ``--cfg-options``.
        essential: Measured with every seed of the preset, not only with those of ablations.
    """

    key: str
    name: str
    note: str
    adapter: dict[str, Any] | None = None
    tracker: dict[str, Any] | None = None
    observations: int | None = None
    model: dict[str, Any] = field(default_factory=dict)
    essential: bool = False


ONLINES = {
    online.key: online
    for online in (
        Online(
            'last',
            'none, last observation',
            'embeddings as they are, against the last one of each track',
            None,
            {**PLAIN_THRESHOLDS, 'momentum': 0.0},
            1,
            essential=True,
        ),
        Online(
            'mean',
            'none, running mean',
            'embeddings as they are, against the running mean of each track',
            None,
            PLAIN_THRESHOLDS,
            essential=True,
        ),
        Online(
            'calibrated',
            'none, calibrated',
            'against the running mean of the features of each track, cosines being judged by '
            'those of one and of two people in the scene',
            {'solver': None},
            PLAIN_THRESHOLDS,
            essential=True,
        ),
        Online(
            'blend',
            'Eq. 6-7',
            'each track starts from the training tasks most similar to it',
            {'solver': None, 'blend_tasks': True, 'calibrate': False},
            PLAIN_THRESHOLDS,
        ),
        Online(
            'gradient',
            'gradient, 5 steps',
            'each track takes inner-loop steps on its gallery, against the others in view',
            {'solver': 'gradient', 'num_steps': 5, 'inner_lr': 0.2, 'calibrate': False},
            PLAIN_THRESHOLDS,
        ),
        Online(
            'default',
            'closed form (default)',
            'the last layer solved for from the scatter within the people of the scene, and '
            'cosines calibrated',
            {},
            essential=True,
        ),
        Online(
            'uncalibrated',
            'closed form, not calibrated',
            'the last layer alone, cosines as they are',
            {'calibrate': False},
            essential=True,
        ),
        Online(
            'blended',
            'Eq. 6-7 and closed form',
            'the same, each track starting from the training tasks most similar to it',
            {'blend_tasks': True},
        ),
        Online(
            'renormalised',
            'closed form, normalisation re-estimated',
            'the default, with the statistics of batch normalisation taken from the first 300 '
            'crops of the video',
            {},
            model={'model.tracker.reid.renormalise': {}},
        ),
    )
}


@dataclass(frozen=True)
class Training:
    """A way to train.

    Attributes:
        key: Short name in tables and files.
        name: Name on the page.
        config: Name of a config of ``configs/demo``.
        inner_loop: Arguments of ``MAMLOptimizerHook`` in place of those of the config.
        options: Other values of the config, as for ``--cfg-options``.
        onlines: Keys of the online variants that are measured.
        essential: Trained with every seed of the preset, not only with those of ablations.
    """

    key: str
    name: str
    config: str
    inner_loop: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    onlines: tuple[str, ...] = ('mean', 'default')
    essential: bool = False


TRAININGS = {
    training.key: training
    for training in (
        Training(
            'plain',
            'plain',
            PLAIN_CONFIG,
            onlines=(
                *('last', 'mean', 'calibrated', 'gradient'),
                *('default', 'uncalibrated', 'renormalised'),
            ),
            essential=True,
        ),
        Training(
            'plain_shifted',
            'plain, with shifted appearance',
            PLAIN_CONFIG,
            options=SHIFTED,
            essential=True,
        ),
        Training(
            'meta',
            'meta (default)',
            META_CONFIG,
            onlines=('last', 'mean', 'calibrated', 'default', 'uncalibrated', 'renormalised'),
            essential=True,
        ),
        Training(
            'meta_unshifted', 'meta, without shifted appearance', META_CONFIG, options=UNSHIFTED
        ),
        Training(
            'letter',
            'MAML by the letter',
            META_CONFIG,
            {**GRADIENT, 'inner_lr': 5e-3},
            {
                **UNSHIFTED,
                'train_dataloader.dataset.num_ways': 1,
                'train_dataloader.batch_size': 24,  # as many images as 3 tasks of 8 people
                'model.reid.head.task_classifier': 'global',
                'model.reid.head.plain_loss_weight': 0.0,
                'model.reid.head.query_loss_weight': 1.0,
            },
            onlines=('mean', 'blend', 'gradient', 'default', 'blended'),
        ),
        Training(
            'gradient',
            'MAML, 8 people a task, with shifted appearance',
            META_CONFIG,
            GRADIENT,
            {**SHIFTED, **GRADIENT_HEAD},
            onlines=('mean', 'blend', 'gradient', 'default', 'blended'),
        ),
        Training(
            'first_order',
            'the same, first order',
            META_CONFIG,
            {**GRADIENT, 'first_order': True},
            {**SHIFTED, **GRADIENT_HEAD},
        ),
        Training(
            'steps3',
            'the same, 3 inner steps',
            META_CONFIG,
            {**GRADIENT, 'num_steps': 3},
            {**SHIFTED, **GRADIENT_HEAD},
        ),
        Training(
            'steps5',
            'the same, 5 inner steps',
            META_CONFIG,
            {**GRADIENT, 'num_steps': 5},
            {**SHIFTED, **GRADIENT_HEAD},
        ),
    )
}


@dataclass(frozen=True)
class TrainingSet:
    """A share of the training data.

    Attributes:
        key: Short name in tables and files.
        name: Name on the page.
        identities: People, taken evenly from the videos, others for each seed; None takes all.
        samples: Images of each of them at most; None takes all.
        length: Of a training, as a share of the preset's.
    """

    key: str
    name: str
    identities: int | None = None
    samples: int | None = None
    length: float = 1.0


TRAINING_SETS = {
    'full': TrainingSet('full', 'full'),
    'scarce': TrainingSet('scarce', 'scarce', identities=40, samples=5, length=0.5),
}


@dataclass(frozen=True)
class Comparison:
    """Two variants that are compared seed by seed.

    Attributes:
        name: Name on the page.
        new: Keys of training and online variant.
        old: The same of the other variant.
        training_set: Key of the training set of both.
    """

    name: str
    new: tuple[str, str]
    old: tuple[str, str]
    training_set: str = 'full'


HEADLINE = (
    Comparison('plain, last observation', ('meta', 'default'), ('plain', 'last')),
    Comparison('plain, running mean', ('meta', 'default'), ('plain', 'mean')),
)
META_AGAINST_PLAIN = tuple(
    Comparison(
        f'{each.name}: {TRAININGS[old].name}', ('meta', 'default'), (old, 'default'), each.key
    )
    for each in TRAINING_SETS.values()
    for old in ('plain', 'plain_shifted')
)
PARTS = (
    Comparison('adaptation of the plain network', ('plain', 'default'), ('plain', 'mean')),
    Comparison('adaptation of the meta-trained one', ('meta', 'default'), ('meta', 'mean')),
    Comparison('calibration alone, plain', ('plain', 'calibrated'), ('plain', 'mean')),
    Comparison('calibration alone, meta', ('meta', 'calibrated'), ('meta', 'mean')),
    Comparison('the last layer alone, plain', ('plain', 'uncalibrated'), ('plain', 'mean')),
    Comparison('the last layer alone, meta', ('meta', 'uncalibrated'), ('meta', 'mean')),
    Comparison(
        'calibration beside the last layer, plain',
        ('plain', 'default'),
        ('plain', 'uncalibrated'),
    ),
    Comparison(
        'calibration beside the last layer, meta', ('meta', 'default'), ('meta', 'uncalibrated')
    ),
    Comparison(
        'shifted appearance, both adapted', ('plain_shifted', 'default'), ('plain', 'default')
    ),
    Comparison(
        'normalisation re-estimated, plain', ('plain', 'renormalised'), ('plain', 'default')
    ),
    Comparison('normalisation re-estimated, meta', ('meta', 'renormalised'), ('meta', 'default')),
    Comparison('Eq. 6-7 alone', ('gradient', 'blend'), ('gradient', 'mean')),
    Comparison('Eq. 6-7 beside the closed form', ('gradient', 'blended'), ('gradient', 'default')),
    Comparison(
        'closed form against gradient, in training', ('meta', 'default'), ('gradient', 'default')
    ),
)
SUMMARY = (
    Comparison('The default against its plain twin', ('meta', 'default'), ('plain', 'mean')),
    Comparison('Meta-training, both adapted', ('meta', 'default'), ('plain', 'default')),
    Comparison(
        'Meta-training on the scarce set, both adapted',
        ('meta', 'default'),
        ('plain', 'default'),
        'scarce',
    ),
    Comparison('Adaptation of the meta-trained network', ('meta', 'default'), ('meta', 'mean')),
    Comparison('Calibration beside the last layer', ('meta', 'default'), ('meta', 'uncalibrated')),
    Comparison(
        'Shifted appearance in training, both adapted',
        ('plain_shifted', 'default'),
        ('plain', 'default'),
    ),
    Comparison("The paper's Eq. 6-7 alone", ('gradient', 'blend'), ('gradient', 'mean')),
)
"""Comparisons that the first page begins with."""
