"""Normalising boxes alone changes no track."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmaml.apis import MOTInferencer
from mmmaml.apis.crop_preprocessor import CropPreprocessor
from tests.apis.small_model import CONFIGS, save_weights, small_config


@pytest.fixture(scope='module')
def inferencer(mot_root: Path, tmp_path_factory: pytest.TempPathFactory) -> MOTInferencer:
    config = small_config(mot_root)
    path = tmp_path_factory.mktemp('weights') / 'weights.pth'
    return MOTInferencer(config, save_weights(config, path))


EDGES = st.floats(-60, 250, allow_nan=False)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    boxes=st.lists(st.tuples(EDGES, EDGES, st.floats(0.5, 90), st.floats(0.5, 90)), max_size=5),
    seed=st.integers(0, 9),
)
def test_features_are_the_same_to_the_last_bit(inferencer, boxes, seed) -> None:
    """Boxes anywhere: across the border, beyond it, less than a pixel."""
    image = np.random.default_rng(seed).integers(0, 256, (128, 192, 3), np.uint8)
    table = np.array([(x, y, x + w, y + h, 0.9) for x, y, w, h in boxes]).reshape(-1, 5)
    seen: list[torch.Tensor] = []
    reid = inferencer.model.reid
    extract = reid.extract_crop_feats

    def watched(crops: torch.Tensor) -> torch.Tensor:
        seen.append(crops.clone())
        return extract(crops)

    quick = inferencer.model.data_preprocessor
    assert isinstance(quick, CropPreprocessor)
    reid.extract_crop_feats = watched
    try:
        for preprocessor in (quick, quick.preprocessor):
            inferencer.model.data_preprocessor = preprocessor
            inferencer.reset()
            inferencer.update(image, table)
    finally:
        inferencer.model.data_preprocessor = quick
        reid.extract_crop_feats = extract
    assert len(seen) == (2 if boxes else 0)
    if boxes:
        torch.testing.assert_close(seen[0], seen[1], rtol=0, atol=0)


def test_nothing_but_boxes_is_normalised(inferencer: MOTInferencer) -> None:
    inputs: list[torch.Tensor] = []
    detect = inferencer.model.detector.predict

    def watched(frame: torch.Tensor, *args: object, **kwargs: object) -> list:
        inputs.append(frame)
        return detect(frame, *args, **kwargs)

    inferencer.model.detector.predict = watched
    try:
        inferencer.reset()
        frame = np.full((128, 192, 3), 7, np.uint8)
        inferencer.update(frame, np.array([[20, 30, 60, 90, 0.9]]))
    finally:
        inferencer.model.detector.predict = detect
    assert (inputs[0] != 0).any(1)[0].sum() == 45 * 65
    assert inputs[0].shape == (1, 3, 128, 192)


def test_who_looks_at_frames_gets_all_of_them(mot_root: Path) -> None:
    config = small_config(mot_root)
    config.model.tracker.camera_motion = {}
    assert not CropPreprocessor.suits(MOTInferencer(config).model)
    compose = CONFIGS / 'compose' / 'mmdet-deepsort_maml-reid_demo.py'
    assert not CropPreprocessor.suits(MOTInferencer(small_config(mot_root, compose)).model)
