from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel

from mmmaml.apis.model_loading import build_model, load_config
from tests.apis.small_model import DEMO, OPTIONS, save_weights


@pytest.fixture
def config() -> Config:
    return load_config(DEMO, OPTIONS)


def test_options_are_laid_over_a_copy(config: Config) -> None:
    changed = load_config(config, {'model.tracker.score_thr': 0.25})
    assert changed.model.tracker.score_thr == 0.25
    assert 'score_thr' not in config.model.tracker
    with pytest.raises(FileNotFoundError, match=r'config no\.py does not exist'):
        load_config('no.py')


def test_weights_are_those_of_the_checkpoint(config: Config, tmp_path: Path) -> None:
    path = save_weights(config, tmp_path / 'weights.pth')
    model = build_model(config, path, 'cpu')
    state = torch.load(path, weights_only=True)['state_dict']
    assert torch.equal(model.reid.head.weight, state['reid.head.embed.weight'])
    assert not model.training
    config.load_from = str(path)
    assert torch.equal(build_model(config, None, 'cpu').reid.head.weight, model.reid.head.weight)


def test_weights_of_other_networks_are_refused(
    config: Config, tmp_path: Path, log_lines: list[str]
) -> None:
    path = save_weights(config, tmp_path / 'weights.pth')
    log_lines.clear()
    wider = load_config(config, {'model.reid.head.feat_channels': 96})
    with pytest.raises(
        ValueError, match=r'head\.embed\.weight has shape \(128, 32\) there, \(96, 32\)'
    ):
        build_model(wider, path, 'cpu')
    torch.save({'state_dict': {'fc.weight': torch.zeros(2)}}, path)
    with pytest.raises(ValueError, match=r'holds no weight of MAMLMOT; it holds fc\.weight'):
        build_model(config, path, 'cpu')
    path.write_bytes(b'no checkpoint')
    with pytest.raises(ValueError, match=r'weights\.pth cannot be read'):
        build_model(config, path, 'cpu')
    assert not any('mismatch' in line for line in log_lines)
    with pytest.raises(FileNotFoundError, match=r'checkpoint no\.pth does not exist'):
        build_model(config, 'no.pth', 'cpu')


def test_weights_that_are_missing_are_told(
    config: Config, tmp_path: Path, log_lines: list[str]
) -> None:
    path = save_weights(config, tmp_path / 'weights.pth')
    state = torch.load(path, weights_only=True)['state_dict']
    del state['reid.head.embed.bias']
    torch.save({'state_dict': state}, path)
    build_model(config, path, 'cpu')
    assert 'which stay random: reid.head.embed.bias' in log_lines[-1]


class Built(BaseModel):
    def __init__(self, size: int = 1, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.size = size + 1

    def forward(self, *args: object) -> None: ...


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'typo': 1}, "the model cannot be built: BaseModel has no option 'typo'"),
        ({'type': BaseModel}, "the model cannot be built: Can't instantiate abstract class"),
        (
            {'type': 'OnnxMOT', 'detector': {'type': 'PublicDetector', 'typo': 1}, 'tracker': {}},
            "PublicDetector has no option 'typo'; it has score_thr",
        ),
        ({'type': 'OnnxMOT', 'detector': 3}, r'missing 1 required positional argument: .tracker'),
        ({'type': 'OnnxMOT', 'detector': 3, 'tracker': {}}, 'cfg should be a dict'),
        (
            {
                'type': 'OnnxMOT',
                'detector': {'type': 'PublicDetector'},
                'tracker': {'type': 'OnlineMetaTracker', 'stages': {'overlap': {'thr': 1}}},
            },
            "the model cannot be built: stage 'overlap' has no option thr; it has iou_thr",
        ),
    ],
)
def test_options_that_a_part_does_not_take_are_told(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_model(Config({'model': {'type': Built, **options}}), None, 'cpu')


def test_an_error_within_a_constructor_is_not_told_as_bad_input() -> None:
    with pytest.raises(TypeError, match='unsupported operand'):
        build_model(Config({'model': {'type': Built, 'size': None}}), None, 'cpu')


@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
def test_a_gpu_that_is_not_there_is_refused(config: Config) -> None:
    with pytest.raises(ValueError, match='device=cuda:0: torch finds no GPU; use cpu'):
        build_model(config, None, 'cuda:0')


def test_a_device_that_is_none_is_refused(config: Config) -> None:
    with pytest.raises(ValueError, match='device=gpu is none of torch: use cpu, cuda or cuda:1'):
        build_model(config, None, 'gpu')


def test_a_config_based_on_a_missing_file_names_both(tmp_path: Path) -> None:
    config = tmp_path / 'mine.py'
    config.write_text("_base_ = './no.py'\n")
    with pytest.raises(
        FileNotFoundError, match=r'config .*mine\.py cannot be read: it is based on .*/no\.py,'
    ):
        load_config(config)
