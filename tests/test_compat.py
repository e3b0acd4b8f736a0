"""The bridge to MMTracking: still needed, enough, and leaving no trace."""

import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import mmcv
import mmdet
import mmdet.models.layers
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope

import mmmaml  # noqa: F401
from mmmaml import compat
from mmmaml.registry import MODELS

REPOSITORY = Path(__file__).parents[1]
# Number of models that mmtrack 1.0.0rc1 defines.
MMTRACK_MODELS = 54


def run_python(code: str) -> subprocess.CompletedProcess:
    """Run code in an interpreter of its own, which has imported nothing yet."""
    return subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def faster_rcnn() -> ConfigDict:
    """MMDetection's own Faster R-CNN config, one class, no weights."""
    base = Path(mmdet.__file__).parent / '.mim/configs/_base_/models/faster-rcnn_r50_fpn.py'
    detector = Config.fromfile(base).model
    detector.pop('data_preprocessor')
    detector.backbone.init_cfg = None
    detector.roi_head.bbox_head.num_classes = 1
    return ConfigDict(detector, _scope_='mmdet')


class RecordingLoader:
    """A loader of a module that sees mmcv's version and may refuse it."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.seen: list[str] = []

    def exec_module(self, module: ModuleType) -> None:
        self.seen.append(mmcv.__version__)
        assert mmcv.__version__ not in self.refused, 'MMCV is used but incompatible'


class TestStillNeeded:
    """When one of these fails, the part of the bridge that it names can be removed."""

    def test_mmtrack_and_mmcls_refuse_the_installed_versions(self) -> None:
        result = run_python(
            "for name in ('mmtrack', 'mmcls'):\n"
            '    try:\n'
            '        __import__(name)\n'
            '    except AssertionError as error:\n'
            '        print(name, error)\n'
        )
        assert 'mmtrack MMCV==' in result.stdout, result.stderr
        assert 'mmcls MMCV==' in result.stdout, result.stderr

    def test_mmdet_lacks_the_transformer_of_stark(self) -> None:
        assert not hasattr(mmdet.models.layers, 'Transformer')

    def test_mmdet_prints_about_onedl(self) -> None:
        result = run_python('import mmdet.datasets')
        assert result.stdout == 2 * f'{compat.ONEDL_NOTE}\n', result.stderr


class TestEnough:
    def test_all_models_register_after_importing_mmmaml_alone(self) -> None:
        result = run_python(
            'import mmmaml\n'
            'from mmengine.registry import MODELS\n'
            "assert MODELS.get('mmtrack.DeepSORT').__module__.startswith('mmtrack.')\n"
            "assert MODELS.get('mmdet.DeepSORT').__module__.startswith('mmdet.')\n"
            'from mmtrack.registry import MODELS\n'
            'print(len(MODELS))\n'
        )
        assert result.returncode == 0, result.stderr
        assert int(result.stdout.splitlines()[-1]) == MMTRACK_MODELS

    def test_nothing_but_the_notes_about_onedl_is_kept_from_stdout(self) -> None:
        result = run_python('import mmmaml, mmdet.datasets; print(1)')
        assert result.stdout == '1\n', result.stderr

    def test_other_output_of_the_import_is_kept(self, capsys: pytest.CaptureFixture[str]) -> None:
        def importing() -> None:
            with compat._without_onedl_notes():
                print(f'before\n{compat.ONEDL_NOTE}\nafter')
                raise ImportError

        with pytest.raises(ImportError):
            importing()
        assert capsys.readouterr().out == 'before\nafter\n'

    def test_importing_mmmaml_is_light(self) -> None:
        result = run_python(
            'import sys, mmmaml\n'
            "heavy = {'torch', 'mmengine', 'mmcv', 'mmdet', 'mmtrack'} & set(sys.modules)\n"
            'assert not heavy, heavy'
        )
        assert result.returncode == 0, result.stderr

    def test_mmtrack_deep_sort_tracks_with_an_mmdet_detector(self) -> None:
        from mmtrack.structures import TrackDataSample

        reid = {
            'type': 'mmtrack.BaseReID',
            'backbone': {'type': 'mmcls.ResNet', 'depth': 18, 'out_indices': (3,)},
            'neck': {'type': 'mmtrack.GlobalAveragePooling', 'kernel_size': (8, 4), 'stride': 1},
            'head': {
                'type': 'mmtrack.LinearReIDHead',
                'num_fcs': 1,
                'in_channels': 512,
                'fc_channels': 64,
                'out_channels': 32,
                'num_classes': 5,
                'loss_cls': {'type': 'mmcls.CrossEntropyLoss'},
                'norm_cfg': {'type': 'BN1d'},
            },
        }
        model = self.build(
            {
                'type': 'mmtrack.DeepSORT',
                'data_preprocessor': {'type': 'mmtrack.TrackDataPreprocessor'},
                'detector': faster_rcnn(),
                'reid': reid,
                'motion': {'type': 'mmtrack.KalmanFilter', 'center_only': False},
                'tracker': {'type': 'mmtrack.SORTTracker'},
            }
        ).eval()
        assert type(model.detector).__module__.startswith('mmdet.')
        sample = TrackDataSample(
            metainfo={
                'img_shape': (64, 96),
                'ori_shape': (64, 96),
                'scale_factor': (1.0, 1.0),
                'frame_id': 0,
            }
        )
        with torch.no_grad():
            (result,) = model.predict({'img': torch.zeros(1, 1, 3, 64, 96)}, [sample])
        assert result.pred_track_instances.bboxes.shape[1] == 4
        assert model.reid(torch.zeros(2, 3, 256, 128), mode='tensor').shape == (2, 32)

    def test_mmdet_deep_sort_builds(self) -> None:
        model = self.build(
            {
                'type': 'mmdet.DeepSORT',
                'data_preprocessor': {'type': 'mmdet.TrackDataPreprocessor'},
                'detector': faster_rcnn(),
                'tracker': {
                    'type': 'mmdet.SORTTracker',
                    'motion': {'type': 'mmdet.KalmanFilter', 'center_only': False},
                },
            }
        )
        assert type(model.tracker).__module__.startswith('mmdet.')

    def build(self, config: dict) -> torch.nn.Module:
        with DefaultScope.overwrite_default_scope('mmmaml'):
            return MODELS.build(config)

    def test_stark_says_why_it_cannot_be_built(self) -> None:
        transformer = MODELS.get('mmtrack.StarkTransformer')
        with pytest.raises(NotImplementedError, match='the installed mmdet no longer has'):
            transformer()


class TestNoTrace:
    def test_versions_are_restored_after_mmtrack_was_imported(self) -> None:
        from importlib.metadata import packages_distributions, version

        MODELS.get('mmtrack.DeepSORT')
        for module in (mmcv, mmdet):
            (distribution,) = set(packages_distributions()[module.__name__])
            assert module.__version__ == version(distribution)
        assert not hasattr(mmdet.models.layers, 'Transformer')

    def test_modules_keep_their_own_loader(self) -> None:
        import mmtrack

        assert type(mmtrack.__loader__).__name__ == 'SourceFileLoader'
        assert mmtrack.__spec__.loader is mmtrack.__loader__
        assert type(mmdet.datasets.__loader__).__name__ == 'SourceFileLoader'
        assert mmdet.datasets.__spec__.loader is mmdet.datasets.__loader__

    def test_applying_it_again_changes_nothing(self) -> None:
        before = list(sys.meta_path)
        compat.apply_bridge()
        assert sys.meta_path == before

    def test_a_module_that_imports_by_itself_sees_the_real_versions(self) -> None:
        own = RecordingLoader()
        self.load(own)
        assert own.seen == [mmcv.__version__]

    def test_a_module_that_refuses_sees_accepted_versions_once(self) -> None:
        real = mmcv.__version__
        own = RecordingLoader(real)
        self.load(own)
        assert own.seen == [real, compat.PRESENTED_VERSIONS['mmcv']]
        assert mmcv.__version__ == real

    def test_versions_are_restored_when_the_module_refuses_those_too(self) -> None:
        real = mmcv.__version__, mmdet.__version__
        own = RecordingLoader(real[0], compat.PRESENTED_VERSIONS['mmcv'])
        with pytest.raises(AssertionError, match='MMCV is used but incompatible'):
            self.load(own)
        assert (mmcv.__version__, mmdet.__version__) == real

    def load(self, own: RecordingLoader) -> None:
        module = ModuleType('mmtrack')
        module.__spec__ = ModuleSpec('mmtrack', None)
        compat._BridgeLoader(own, compat._accepted_versions).exec_module(module)
        assert module.__loader__ is own


class TestWithoutMMTrack:
    WITHOUT = (
        'import sys\n'
        'from importlib.machinery import PathFinder\n'
        'class WithoutMMTrack(PathFinder):\n'
        '    @classmethod\n'
        '    def find_spec(cls, name, path=None, target=None):\n'
        "        return None if name == 'mmtrack' else PathFinder.find_spec(name, path, target)\n"
        'sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutMMTrack\n'
        'from mmmaml.registry import HOOKS, MODELS\n'
    )

    def test_its_parts_say_what_to_install_and_a_later_installation_is_found(self) -> None:
        result = run_python(
            self.WITHOUT + 'try:\n'
            "    MODELS.build(dict(type='mmtrack.DeepSORT'))\n"
            'except ModuleNotFoundError as error:\n'
            '    print(error)\n'
            'import mmengine.hooks\n'
            "assert HOOKS.get('CheckpointHook')\n"
            'sys.meta_path[sys.meta_path.index(WithoutMMTrack)] = PathFinder\n'
            'import mmtrack.registry\n'
            "assert MODELS.root.children['mmtrack'] is mmtrack.registry.MODELS\n"
        )
        assert result.returncode == 0, result.stderr
        assert compat.missing_mmtrack_message('DeepSORT') in result.stdout.splitlines()

    def test_the_sentence_names_the_tested_versions(self) -> None:
        lines = (REPOSITORY / 'requirements/nodeps.txt').read_text().splitlines()
        pinned = {line.split('#')[0].strip() for line in lines} - {''}
        assert set(compat.MMTRACK_REQUIREMENTS) == pinned
        assert all(pin in compat.missing_mmtrack_message('X') for pin in pinned)
