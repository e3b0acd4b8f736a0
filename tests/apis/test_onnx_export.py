"""Re-ID networks as files that ``OnnxReID`` runs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmmaml.apis.onnx_export import export_onnx, export_prior, find_graph, onnx_differences
from mmmaml.models import MAMLMOT, MetaReID, OnlineMetaTracker, OnnxReID, PublicDetector
from tests.tiny import tiny_backbone

MEAN, STD = (90.0, 100.0, 110.0), (50.0, 60.0, 70.0)
SIZE = 16, 32  # width and height


@pytest.fixture
def model() -> MAMLMOT:
    """A crops network with statistics of its own, all weights random."""
    torch.manual_seed(0)
    model = MAMLMOT(
        detector={'type': 'mmmaml.PublicDetector'},
        reid={
            'type': 'mmmaml.MetaReID',
            'backbone': tiny_backbone(),
            'head': {'type': 'mmmaml.MetaReIDHead', 'in_channels': 4, 'feat_channels': 6},
        },
        tracker={'type': 'mmmaml.OnlineMetaTracker', 'reid': {'img_scale': SIZE[::-1]}},
        data_preprocessor={
            'type': 'mmmaml.TaskDataPreprocessor',
            'mean': MEAN,
            'std': STD,
            'bgr_to_rgb': True,
        },
    ).eval()
    for name, value in model.named_buffers():
        if 'running' in name:
            value.uniform_(0.5, 1.5)
    for name, value in model.reid.backbone.named_parameters():
        if 'bn' in name and name.endswith('bias'):
            value.data.fill_(2)  # past the ReLU, so that crops differ
    people = torch.randn(8, 4, 6)
    model.reid.head.scatter.fill(people, torch.ones(8, 4, dtype=torch.bool))
    return model


def embed_with_torch(model: MAMLMOT, crops: np.ndarray) -> torch.Tensor:
    """Embed crops (N, h, w, 3) of the network's size in red, green, blue by hand."""
    pixels = torch.from_numpy(crops[..., ::-1].astype(np.float32))
    pixels = (pixels - torch.tensor(MEAN)) / torch.tensor(STD)
    with torch.no_grad():
        return model.reid(pixels.permute(0, 3, 1, 2).contiguous(), mode='tensor')


def test_a_crops_network_and_its_adapted_layer(model: MAMLMOT, tmp_path: Path) -> None:
    path = tmp_path / 'reid.onnx'
    export_onnx(model, path, SIZE)
    assert onnx_differences(model, path, SIZE, batch=3)['embeddings'] < 1e-5
    reid = OnnxReID(path)  # no option: the file knows its pixels
    assert reid.input_size == SIZE[::-1]
    for number in (1, 5):
        crops = np.random.default_rng(0).integers(0, 256, (number, *SIZE[::-1], 3), np.uint8)
        expected = embed_with_torch(model, crops)
        if number > 1:
            assert expected.std(0).min() > 1e-3
        difference = (reid.embed_crops(list(crops)) - expected).abs().max()
        assert difference / expected.abs().max() < 1e-5


def test_a_stated_option_goes_before_the_note(model: MAMLMOT, tmp_path: Path) -> None:
    path = tmp_path / 'reid.onnx'
    export_onnx(model, path, SIZE)
    noted, other = OnnxReID(path), OnnxReID(path, to_rgb=False, mean=MEAN[::-1], std=STD[::-1])
    crop = np.random.default_rng(0).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    one, two = noted.embed_crops([crop]), other.embed_crops([crop])
    assert (one - two).abs().max() > 1e-3


@pytest.mark.parametrize('options', [None, {'mean': MEAN, 'std': STD, 'to_rgb': False}])
def test_the_note_is_what_the_tracker_does(
    options: dict[str, Any] | None, model: MAMLMOT, tmp_path: Path
) -> None:
    model.tracker = OnlineMetaTracker(reid={'img_norm_cfg': options})
    noted = find_graph(model).metadata()['OnnxReID']
    assert noted == {'mean': list(MEAN), 'std': list(STD), 'to_rgb': options is None}


def test_a_network_that_is_not_normalised(model: MAMLMOT) -> None:
    bare = MetaReID(
        tiny_backbone(), {'type': 'mmmaml.MetaReIDHead', 'in_channels': 4, 'feat_channels': 6}
    )
    noted = find_graph(bare).metadata()['OnnxReID']
    assert noted == {'mean': [0, 0, 0], 'std': [1, 1, 1], 'to_rgb': False}


def test_channels_that_are_swapped_without_normalisation_are_noted() -> None:
    swapping = MetaReID(
        tiny_backbone(),
        {'type': 'mmmaml.MetaReIDHead', 'in_channels': 4, 'feat_channels': 6},
        data_preprocessor={'type': 'mmmaml.TaskDataPreprocessor', 'bgr_to_rgb': True},
    )
    noted = find_graph(swapping).metadata()['OnnxReID']
    assert noted == {'mean': [0, 0, 0], 'std': [1, 1, 1], 'to_rgb': True}


def test_the_prior_tracks_as_the_network(model: MAMLMOT, tmp_path: Path) -> None:
    """From file and prior the tracker adapts as it does with the network itself."""
    export_onnx(model, tmp_path / 'reid.onnx', SIZE)
    export_prior(model, tmp_path / 'prior.npz')
    exported = OnnxReID(tmp_path / 'reid.onnx', prior=tmp_path / 'prior.npz')
    own, foreign = OnlineMetaTracker(), OnlineMetaTracker()
    own.bind(model.reid.head)
    foreign.bind(exported.head)
    random = torch.Generator().manual_seed(0)
    people = torch.randn(5, 4, generator=random)
    boxes = torch.tensor([[60.0 * n, 10, 60.0 * n + 40, 100] for n in range(5)])
    scores, labels = torch.full((5,), 0.9), torch.zeros(5, dtype=torch.long)
    for frame in range(12):
        feats = people + 0.2 * torch.randn(5, 4, generator=random)
        with torch.no_grad():
            embeds = model.reid.head(feats)
        ids = own.step(frame, boxes, scores, labels, feats)
        assert torch.equal(ids, foreign.step(frame, boxes, scores, labels, embeds))
    metric, other = (each.appearance.adapter.metric for each in (own, foreign))
    torch.testing.assert_close(metric.whitening, other.whitening, rtol=1e-4, atol=1e-5)


def test_without_statistics_there_is_no_prior(model: MAMLMOT, tmp_path: Path) -> None:
    model.reid.head.scatter.count.zero_()
    with pytest.raises(ValueError, match='MetaReID has no statistics of training tasks'):
        export_prior(model, tmp_path / 'prior.npz')
    assert not list(tmp_path.iterdir())


def test_a_model_without_either_network() -> None:
    with pytest.raises(ValueError, match='PublicDetector has neither a OneShotDetector nor'):
        find_graph(PublicDetector())


def test_a_fixed_number_of_crops_is_refused(
    model: MAMLMOT, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = MetaReID.extract_crop_feats
    monkeypatch.setattr(
        MetaReID, 'extract_crop_feats', lambda self, crops: embed(self, crops) * len(crops)
    )
    with pytest.raises(ValueError, match='MetaReID takes 2 pictures at a time'):
        export_onnx(model, tmp_path / 'reid.onnx', SIZE)
    assert not list(tmp_path.iterdir())
