"""Public model files on a frame of a real video; both stay outside the project."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from mmmaml.models import OnnxDetector, OnnxReID

REAL = Path(os.environ.get('MMMAML_REAL_DATA', 'nowhere'))
pytestmark = pytest.mark.skipif(
    not (REAL / 'models').is_dir(), reason='MMMAML_REAL_DATA names no folder with models/'
)


@pytest.fixture(scope='module')
def frame() -> np.ndarray:
    with av.open(str(REAL / 'MOT15' / 'PETS09-S2L1' / 'vtest.avi')) as video:
        return next(video.decode(video=0)).to_ndarray(format='bgr24')


def test_people_are_found_and_told_apart(frame: np.ndarray) -> None:
    detector = OnnxDetector(REAL / 'models' / 'yolox_nano.onnx', score_thr=0.5)
    people = detector.detect(frame)
    assert detector.form.name == 'yolox'
    assert len(people.bboxes) >= 4
    sizes = people.bboxes[:, 2:] - people.bboxes[:, :2]
    assert (sizes[:, 1] > 1.5 * sizes[:, 0]).all()  # upright, so nothing is lying or turned

    reid = OnnxReID(REAL / 'models' / 'osnet_x0_25_msmt17.onnx')
    image = torch.from_numpy(frame).permute(2, 0, 1)[None]
    feats = torch.nn.functional.normalize(reid.embed(image, people.bboxes), dim=1)
    assert feats.shape == (len(people.bboxes), 512)
    shifted = reid.embed(image, people.bboxes + 2)
    own = (torch.nn.functional.normalize(shifted, dim=1) * feats).sum(1)
    others = (feats @ feats.T).fill_diagonal_(-1).amax(1)
    assert (own > others).all()
