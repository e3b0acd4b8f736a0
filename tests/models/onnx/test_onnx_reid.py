"""Re-ID networks as ONNX files, and the prior of their scatter."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mmmaml.meta import ScatterStatistics
from mmmaml.models import OnnxReID
from mmmaml.models.reid import save_prior
from tests.onnx_files import save_constant, save_mean_colour, save_raw_mean_colour

PLAIN = {'mean': (0, 0, 0), 'std': (1, 1, 1)}


def frame() -> torch.Tensor:
    """Return a blue frame (1, 3, 40, 60) with a red person at x 10 to 20, y 10 to 30."""
    image = torch.zeros(1, 3, 40, 60, dtype=torch.uint8)
    image[:, 0] = 250
    image[:, :, 10:30, 10:20] = 0
    image[:, 2, 10:30, 10:20] = 200
    return image


@pytest.mark.parametrize('batch', ['n', 1, 2])
def test_people_are_cut_out_and_shown_in_red_green_blue(batch, tmp_path: Path) -> None:
    reid = OnnxReID(save_mean_colour(tmp_path / 'r.onnx', batch), **PLAIN)
    boxes = torch.tensor([[10, 10, 20, 30], [30, 5, 40, 25], [-50, -50, -40, -40.0]])
    feats = reid.embed(frame(), boxes)
    expected = [[200, 0, 0], [0, 0, 250], [0, 0, 250]]  # outside: the nearest pixel
    assert feats.tolist() == [pytest.approx(each) for each in expected]
    assert reid.embed(frame(), boxes[:0]).shape == (0, 3)


def test_options_of_the_pixels(tmp_path: Path) -> None:
    path = save_mean_colour(tmp_path / 'r.onnx')
    boxes = torch.tensor([[10.0, 10, 20, 30]])
    bgr = OnnxReID(path, mean=(100, 100, 100), std=(50, 50, 50), to_rgb=False)
    assert bgr.embed(frame(), boxes)[0].tolist() == pytest.approx([-2, -2, 2])
    unit = OnnxReID(path, normalise=True, **PLAIN)
    assert unit.embed(frame(), boxes)[0].tolist() == pytest.approx([1, 0, 0])


def test_a_graph_of_uint8_is_shown_the_pixels_as_they_are(tmp_path: Path) -> None:
    path = save_raw_mean_colour(tmp_path / 'raw.onnx')
    boxes = torch.tensor([[10.0, 10, 20, 30]])
    for options in ({}, PLAIN):
        assert OnnxReID(path, **options).embed(frame(), boxes)[0].tolist() == [200, 0, 0]
    for name in ('mean', 'std'):
        with pytest.raises(ValueError, match=rf'raw.onnx takes pixels 0 to 255 .* out {name}='):
            OnnxReID(path, **{name: (100, 100, 100)})


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ({'mean': 1}, 'mean=1 must be three numbers'),
        ({'mean': [1, 2, float('nan')]}, 'mean=.* must be three numbers'),
        ({'std': [1, 0, 1]}, r'std=\[1, 0, 1\] must be three numbers greater than 0'),
        ({'input_size': [600]}, r'input_size=\[600\] must be height and width'),
        ({'input_size': 600}, 'input_size=600 must be height and width'),
        (
            {'input_size': [600, 600]},
            r'of height and width \(16, 8\), input_size=\(600, 600\) are',
        ),
    ],
)
def test_options_that_do_not_fit(option: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        OnnxReID(save_mean_colour(tmp_path / 'r.onnx'), **option)


def test_the_adapted_layer_leaves_embeddings_alone(tmp_path: Path) -> None:
    reid = OnnxReID(save_mean_colour(tmp_path / 'r.onnx', channels=5))
    feats = torch.randn(4, 5)
    assert torch.equal(reid.head(feats), feats)
    assert not reid.head.scatter.count
    assert len(reid.head.task_memory) == 0


def test_crops_of_models_of_mmdet(tmp_path: Path) -> None:
    reid = OnnxReID(save_mean_colour(tmp_path / 'r.onnx'), **PLAIN)
    crops = frame()[:, :, 10:30, 10:20].float()
    assert reid.extract_crop_feats(crops)[0].tolist() == pytest.approx([200, 0, 0])
    with pytest.raises(ValueError, match='OnnxReID takes'):
        reid.extract_crop_feats(crops - 250)


def test_a_detector_is_refused(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', np.zeros((1, 84, 85)))
    with pytest.raises(ValueError, match=r"makes 'output' \(1, 84, 85\); expected one output"):
        OnnxReID(path)


def test_a_prior_is_where_a_scene_starts(tmp_path: Path) -> None:
    statistics = ScatterStatistics(3)
    statistics.fill(torch.randn(6, 4, 3), torch.ones(6, 4, dtype=torch.bool))
    save_prior(tmp_path / 'p.npz', statistics)
    network = save_mean_colour(tmp_path / 'r.onnx')
    scatter = OnnxReID(network, prior=tmp_path / 'p.npz').head.scatter
    for name in ('scatter', 'mean', 'count'):
        assert torch.equal(getattr(scatter, name), getattr(statistics, name))
