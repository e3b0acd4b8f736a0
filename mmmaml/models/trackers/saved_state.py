"""State of a tracker as plain numbers, to go on in another process."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mmmaml.meta import SceneMetric

from .appearance.track_appearance import TrackAppearance
from .tracks.track_pool import TrackPool
from .tracks.track_state import TrackState

if TYPE_CHECKING:
    from .appearance.online_adapter import OnlineAdapter
    from .motion.camera_motion import CameraMotion

State = dict[str, Any]

_POOL = 'frame_id', 'previous_frame_id', '_next_id'
_AVERAGE = 'feature_average', 'momentum'
_MEMORY = 'mean', 'weight'
_GALLERY = 'feats', 'count', '_written', '_entry_frame'
_SCATTER = 'total', 'freedom'
_FIT = '_fitted_freedom', '_unfitted'
_CALIBRATION = '_same', '_other'
_CAMERA = '_image', '_corners', 'frames', 'failures'
_TRACKS = tuple(field.name for field in fields(TrackState))


def pool_state(pool: TrackPool) -> State:
    """Return the tracks and their clock."""
    numbers = {'frame_rate': pool.frame_rate, 'pace': pool.pace, **_read(pool, _POOL)}
    numbers['box_model'] = type(pool.box_model).__name__
    return {**numbers, **_read(pool.state, _TRACKS)}


def set_pool(pool: TrackPool, state: Mapping[str, Any]) -> None:
    """Take over tracks and their clock; the pool is one of that frame rate.

    Raises:
        ValueError: The motion is that of another box model or of another noise.
    """
    if state['box_model'] != type(pool.box_model).__name__:
        raise ValueError("the state is of another 'kalman_box'")
    if state['pace'] != pool.pace:
        raise ValueError("the state is of another 'motion_noise'")
    _write(pool, _POOL, state)
    _write(pool.state, _TRACKS, state)
    lengths = {name: len(getattr(pool.state, name)) for name in _TRACKS}
    if len(set(lengths.values())) > 1:
        raise ValueError(f'the state has tracks of different numbers: {lengths}')


def appearance_state(appearance: TrackAppearance) -> State:
    """Return features of the tracks and what was learnt of the scene."""
    memory, adapter = appearance.memory, appearance.adapter
    state: State = {'memory': None, 'gallery': None, 'adapter': None}
    state['frame_rate'] = appearance.frame_rate
    state['options'] = {name: getattr(appearance.options, name) for name in _AVERAGE}
    if memory is not None:
        state['memory'] = _read(memory, _MEMORY)
        if memory.gallery is not None:
            state['gallery'] = _read(memory.gallery, _GALLERY)
    if adapter is not None:
        state['adapter'] = _adapter_state(adapter)
    return state


def set_appearance(appearance: TrackAppearance, state: Mapping[str, Any]) -> None:
    """Take over features of tracks and the scene.

    Raises:
        ValueError: One adapts and the other does not, or in another way.
    """
    adapter = appearance.adapter
    if (adapter is None) != (state['adapter'] is None):
        raise ValueError(
            'the state is of a tracker that adapts a head, or this one is, and the other is not: '
            'take the same config and models'
        )
    for name in _AVERAGE:
        if state['options'][name] != getattr(appearance.options, name):
            raise ValueError(f"the state is of another '{name}'")
    appearance.reset(state['frame_rate'])
    if state['memory'] is not None:
        like = torch.as_tensor(state['memory']['mean'])
        if adapter is not None:
            like = adapter.prepare(like)
        memory = appearance.memory = appearance._new_memory(like)
        gallery, kept = memory.gallery, state['gallery']
        if (gallery is None) != (kept is None):
            raise ValueError("the state is of another 'solver' of adapter_cfg")
        if gallery is not None and gallery.size != kept['feats'].shape[1]:
            raise ValueError("the state is of another 'gallery_size'")
        _write(memory, _MEMORY, state['memory'])
        memory.mean = memory.mean.to(like)
        if memory.gallery is not None:
            _write(memory.gallery, _GALLERY, state['gallery'])
            memory.gallery.feats = torch.as_tensor(memory.gallery.feats).to(like)
    if adapter is not None:
        _set_adapter(adapter, state['adapter'])


def _adapter_state(adapter: 'OnlineAdapter') -> State:
    metric, calibration = adapter.metric, adapter.calibration
    return {
        **_read(adapter.scatter, _SCATTER),
        **_read(adapter, _FIT),
        'metric': None if metric is None else [each.cpu() for each in metric],
        'calibration': None if calibration is None else _read(calibration, _CALIBRATION),
    }


def _set_adapter(adapter: 'OnlineAdapter', state: Mapping[str, Any]) -> None:
    if (adapter.calibration is None) != (state['calibration'] is None):
        raise ValueError("the state is of another 'calibrate' of adapter_cfg")
    weight = adapter.head.weight
    _write(adapter.scatter, _SCATTER, state)
    adapter.scatter.total = adapter.scatter.total.to(weight)
    _write(adapter, _FIT, state)
    metric = state['metric']
    adapter.metric = None if metric is None else SceneMetric(*(each.to(weight) for each in metric))
    if adapter.calibration is not None:
        _write(adapter.calibration, _CALIBRATION, state['calibration'])


def camera_state(camera: 'CameraMotion') -> State:
    """Return the last frame, which the next one is aligned with."""
    return _read(camera, _CAMERA)


def set_camera(camera: 'CameraMotion', state: Mapping[str, Any]) -> None:
    """Take over the last frame."""
    _write(camera, _CAMERA, state)


def _read(owner: object, names: tuple[str, ...]) -> State:
    return {name.lstrip('_'): _plain(getattr(owner, name)) for name in names}


def _plain(value: Any) -> Any:
    """Return a value as ``torch.load`` takes it from strangers: tensors are copies on the CPU."""
    if isinstance(value, np.ndarray):
        return {'array': torch.from_numpy(value.copy())}
    return value.detach().cpu().clone() if isinstance(value, Tensor) else value


def _write(owner: object, names: tuple[str, ...], state: Mapping[str, Any]) -> None:
    for name in names:
        value = state[name.lstrip('_')]
        if isinstance(value, Mapping):
            value = value['array'].numpy().copy()
        setattr(owner, name, value.clone() if isinstance(value, Tensor) else value)
