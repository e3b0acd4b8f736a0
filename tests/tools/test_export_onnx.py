"""The exported network gives what the network gives."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config

from mmmaml.apis.onnx_export import export_onnx, onnx_differences
from mmmaml.models import MAMLMOT, OneShotHead, OnlineMetaTracker, OnnxReID
from mmmaml.registry import MODELS
from tests.models.one_shot import one_shot_config, small_detector
from tests.tiny import tiny_backbone

TOOL = Path(__file__).parents[2] / 'tools/deployment/export_onnx.py'
LETTERBOX = {'type': 'LetterboxFrame', 'scale': (48, 32)}


@pytest.fixture(scope='module')
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location('export_onnx_tool', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('config') / 'small.py'
    model = {
        'type': 'MAMLMOT',
        'detector': one_shot_config(),
        'tracker': {'type': 'OnlineMetaTracker'},
        'data_preprocessor': {
            'type': 'TaskDataPreprocessor',
            'mean': [1.0, 2.0, 3.0],
            'std': [4.0, 5.0, 6.0],
            'bgr_to_rgb': True,
        },
    }
    broadcast = {'type': 'TransformBroadcaster', 'transforms': [{'type': 'LoadFrame'}, LETTERBOX]}
    loader = {'dataset': {'pipeline': [broadcast]}}
    Config({'model': model, 'test_dataloader': loader, 'default_scope': 'mmmaml'}).dump(path)
    return path


def test_the_tool_exports_and_compares(
    tool: ModuleType, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    detector = small_detector()
    for buffer in detector.buffers():
        if buffer.is_floating_point():
            buffer.data = torch.rand_like(buffer) + 0.5
    checkpoint, out = tmp_path / 'net.pth', tmp_path / 'net.onnx'
    state = {f'detector.{name}': value for name, value in detector.state_dict().items()}
    torch.save({'state_dict': state}, checkpoint)
    options = ['--cfg-options', 'model.detector.test_cfg.score_thr=0.3']
    assert tool.main([str(config), str(checkpoint), str(out), '--check', *options]) == 0
    printed = capsys.readouterr().out
    assert 'image (B, 3, 32, 48)' in printed
    assert all(f'{name}: relative difference' in printed for name in OneShotHead.maps)
    assert {each.name for each in tmp_path.iterdir()} == {'net.pth', 'net.onnx'}

    # Any number of images, one by one against the network that was saved.
    session = onnxruntime.InferenceSession(str(out))
    images = torch.randn(3, 3, 32, 48)
    got = session.run(None, {'image': images.numpy()})
    with torch.no_grad():
        expected = detector.eval()(images, mode='tensor')
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=1e-4, atol=1e-5)

    meta = {entry.key: json.loads(entry.value) for entry in onnx.load(out).metadata_props}
    assert meta == {'mean': [1, 2, 3], 'std': [4, 5, 6], 'bgr_to_rgb': True, 'stride': 4}
    # Another network is told from it.
    detector.bbox_head.box_branch[2].bias.data += 1
    differences = onnx_differences(detector, out, (48, 32))
    assert differences['boxes'] > 0.1
    assert differences['heatmap'] < 1e-4


def test_a_difference_makes_the_tool_fail(
    tool: ModuleType, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, 'export_onnx', lambda model, path, size: path.write_bytes(b'x'))
    differences = {'heatmap': 1e-5, 'boxes': 0.2}
    monkeypatch.setattr(tool, 'onnx_differences', lambda *args, **options: differences)
    assert tool.main([str(config), str(tmp_path / 'net.onnx'), '--check']) == 1


def test_what_cannot_be_exported_is_named(
    tool: ModuleType, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / 'net.onnx'
    deformable = one_shot_config()
    deformable['neck']['upsample_conv'] = 'dcn'
    with pytest.raises(ValueError, match="train the network with upsample_conv='plain'"):
        export_onnx(MAMLMOT(detector=deformable), path, (48, 32))
    assert not path.exists()

    bare = Config.fromfile(config)
    bare.test_dataloader.dataset.pipeline = []
    other = tmp_path / 'bare.py'
    bare.dump(other)
    assert tool.main([str(other), str(path)]) == 2
    assert 'state --size W H' in capsys.readouterr().err


def test_the_example_of_the_docs_tracks_what_the_model_tracks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MAMLMOT(
        detector=one_shot_config(test_cfg={'score_thr': -1.0}),
        tracker={'type': 'mmmaml.OnlineMetaTracker'},
    ).eval()
    model.init_weights()
    torch.nn.init.constant_(model.detector.bbox_head.heatmap_branch[-1].bias, 1.0)
    torch.nn.init.constant_(model.detector.bbox_head.box_branch[-1].bias, 3.0)
    export_onnx(model, tmp_path / 'net.onnx', (48, 32))
    monkeypatch.chdir(tmp_path)
    images = [torch.randn(1, 3, 32, 48).numpy()] * 3
    page = (TOOL.parents[2] / 'docs/one_shot.md').read_text()
    [example] = [
        block for block in re.findall(r'```python\n(.*?)```', page, re.S) if 'onnx' in block
    ]
    names = {'model': model, 'images': images}
    exec(example, names)
    tracker = OnlineMetaTracker()
    tracker.bind(model.detector.reid_head)
    for frame, image in enumerate(images):
        with torch.no_grad():
            [sample] = model.detector.predict(torch.from_numpy(image), [DetDataSample()])
        found = sample.pred_instances
        ids = tracker.step(frame, found.bboxes, found.scores, found.labels, found.feats)
    torch.testing.assert_close(names['bboxes'], found.bboxes, rtol=1e-4, atol=1e-3)
    assert names['ids'].tolist() == ids.tolist()
    assert ids.max() > 0


def test_the_tool_exports_crops_with_a_prior(
    tool: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    reid = {
        'type': 'MetaReID',
        'backbone': tiny_backbone(),
        'head': {'type': 'MetaReIDHead', 'in_channels': 4, 'feat_channels': 6},
    }
    model = {
        'type': 'MAMLMOT',
        'detector': {'type': 'PublicDetector'},
        'reid': reid,
        'tracker': {'type': 'OnlineMetaTracker', 'reid': {'img_scale': (32, 16)}},
    }
    config = tmp_path / 'crops.py'
    Config({'model': model, 'default_scope': 'mmmaml'}).dump(config)
    network = MODELS.build(reid)
    network.head.scatter.fill(torch.randn(5, 3, 6), torch.ones(5, 3, dtype=torch.bool))
    state = {f'reid.{name}': value for name, value in network.state_dict().items()}
    torch.save({'state_dict': state}, tmp_path / 'net.pth')
    paths = [tmp_path / name for name in ('crops.py', 'net.pth', 'net.onnx')]
    prior = tmp_path / 'prior.npz'
    arguments = [*map(str, paths), '--check', '--prior-out', str(prior)]
    assert tool.main(arguments) == 0
    assert 'crops (B, 3, 32, 16) to embeddings' in capsys.readouterr().out
    loaded = OnnxReID(paths[2], prior=prior).head.scatter
    assert torch.equal(loaded.scatter, network.head.scatter.scatter)

    model['tracker'].pop('reid')
    Config({'model': model, 'default_scope': 'mmmaml'}).dump(config)
    assert tool.main(arguments) == 2
    assert 'no model.tracker.reid.img_scale: state --size W H' in capsys.readouterr().err
