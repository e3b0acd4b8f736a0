"""Parts of a MOT model by the stage they count as."""

from typing import Any

from .stage_clock import StageClock

_NETWORK = (
    ('data_preprocessor', 'forward'),
    ('data_preprocessor', 'keep_frame'),
    ('detector', 'predict'),
    ('detector', 'extract_feat'),
    ('detector.bbox_head', 'predict'),
    ('track_head', 'predict'),
    ('reid', 'forward'),
    ('reid', 'extract_crop_feats'),
    ('reid', 'embed'),
)
_DETECTOR = (('detector', 'predict'), ('detector', 'extract_feat'))
_ADAPTATION = ('fit', 'observe', 'similarity')


class ModelStages:
    """Times the network and the online adaptation within the tracking of a frame.

    Args:
        model: A MOT model; parts that it lacks are not timed.
        clock: Gets the stages ``network`` and ``adaptation``.
        shares_networks: Another one times the networks already, but for the place of the
            detector.
    """

    def __init__(self, model: Any, clock: StageClock, shares_networks: bool = False) -> None:
        self._model, self._clock = model, clock
        self._adapter: object = None
        for part, method in _DETECTOR if shares_networks else _NETWORK:
            owner = model
            for name in part.split('.'):
                owner = getattr(owner, name, None)
            if hasattr(owner, method):
                clock.watch(owner, method, 'network')

    def watch_adapter(self) -> None:
        """Time the online adaptation, which begins when the tracker has seen the network."""
        adapter = getattr(self._model.tracker, 'adapter', None)
        if adapter is None or adapter is self._adapter:
            return
        self._adapter = adapter
        for method in _ADAPTATION:
            self._clock.watch(adapter, method, 'adaptation')
