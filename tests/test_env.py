"""The environment check, on environments made up for it."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmmaml import env
from mmmaml.env import Finding, Package, judge

MMCV = Package('mmcv', ('onedl-mmcv', 'mmcv'), '>=2.3.6,<2.4')
OPENCV = Package('cv2', ('opencv-python', 'opencv-python-headless'), '==4.11.0.86')


class TestJudge:
    @pytest.mark.parametrize(
        ('package', 'versions', 'verdict'),
        [
            (MMCV, {'onedl-mmcv': '2.3.6'}, 'ok'),
            (MMCV, {'mmcv': '2.3.9'}, 'ok'),
            (MMCV, {}, 'missing: pip install "onedl-mmcv>=2.3.6,<2.4"'),
            (MMCV, {'mmcv': '2.1.0'}, 'untested: pip install "onedl-mmcv>=2.3.6,<2.4"'),
            (MMCV, {'onedl-mmcv': '2.4.0'}, 'untested: pip install "onedl-mmcv>=2.3.6,<2.4"'),
            (
                MMCV,
                {'onedl-mmcv': '2.3.6', 'mmcv-lite': '2.3.6'},
                'clash: mmcv-lite and onedl-mmcv overwrite each other; uninstall them and '
                'reinstall onedl-mmcv',
            ),
            (OPENCV, {'opencv-python': '4.11.0.86'}, 'ok'),
            (
                OPENCV,
                {'opencv-python': '4.11.0.86', 'opencv-python-headless': '4.11.0.86'},
                'ok',
            ),
            (
                OPENCV,
                {'opencv-python': '5.0.0', 'opencv-python-headless': '4.11.0.86'},
                'clash: opencv-python and opencv-python-headless overwrite each other; '
                'uninstall them and reinstall opencv-python',
            ),
            (Package('torch', ('torch',), '>=2.4,<2.14'), {'torch': '2.13.0+cu130'}, 'ok'),
            (Package('mmtrack', ('mmtrack',), '==1.0.0rc1'), {'mmtrack': '1.0.0rc1'}, 'ok'),
        ],
    )
    def test_verdict(self, package: Package, versions: dict[str, str], verdict: str) -> None:
        assert judge(package, versions) == verdict

    def test_mmtrack_is_installed_without_its_outdated_needs(self) -> None:
        (mmtrack,) = (package for package in env.PACKAGES if package.module == 'mmtrack')
        assert judge(mmtrack, {}) == 'missing: pip install --no-deps "mmtrack==1.0.0rc1"'

    def test_works_without_packaging(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, 'packaging.specifiers', None)
        assert judge(MMCV, {'onedl-mmcv': '2.3.6'}) == 'ok'
        assert judge(MMCV, {'onedl-mmcv': '2.3.5'}).startswith('untested')

    def test_only_needed_packages_are_fatal(self) -> None:
        optional = Package('lap', ('lap',), '>=0.5', needed=False)
        assert not Finding(optional, {}, 'missing').is_fatal
        assert Finding(MMCV, {}, 'missing').is_fatal
        assert not Finding(MMCV, {}, 'ok').is_fatal


class TestCheckPackages:
    """On distributions written to a folder, as pip would."""

    def install(self, folder: Path, name: str, version: str, *files: str) -> None:
        info = folder / f'{name.replace("-", "_")}-{version}.dist-info'
        info.mkdir()
        (info / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n'
        )
        (info / 'top_level.txt').write_text('\n'.join({file.split('/')[0] for file in files}))
        for file in files:
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).touch()

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        return tmp_path

    def check(self, name: str, *distributions: str) -> Finding:
        (finding,) = env.check_packages((Package(name, distributions or (name,), '>=1,<2'),))
        return finding

    def test_a_distribution_of_another_name_is_found(self, folder: Path) -> None:
        self.install(folder, 'a-fork', '1.5', 'zzz_module/__init__.py')
        finding = self.check('zzz_module')
        assert finding.cells == ('zzz_module', '1.5', 'a-fork', '>=1,<2', 'ok')

    def test_absent(self, folder: Path) -> None:
        finding = self.check('zzz_module')
        assert finding.cells[1:3] == ('-', '-')
        assert finding.verdict == 'missing: pip install "zzz_module>=1,<2"'

    def test_installed_without_its_files(self, folder: Path) -> None:
        self.install(folder, 'zzz-gone', '1.0')
        assert self.check('zzz_gone', 'zzz-gone').verdict.startswith('broken: installed, but')

    @pytest.mark.parametrize(
        ('file', 'verdict'),
        [('mmcv/_ext.cpython-311.so', 'ok'), ('mmcv/ops.py', 'broken: without compiled')],
    )
    def test_mmcv_with_and_without_operators(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, file: str, verdict: str
    ) -> None:
        self.install(folder, 'a-fork', '1.5', 'mmcv/__init__.py', file)
        monkeypatch.delitem(sys.modules, 'mmcv', raising=False)
        assert env.check_importable('mmcv').startswith(verdict)


class TestReport:
    def test_this_environment_is_ready(self) -> None:
        result = subprocess.run(
            [sys.executable, '-m', 'mmmaml.env'],
            cwd=Path(__file__).parents[1],
            env={'COLUMNS': '200', 'PATH': ''},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        rows = re.findall(r'│ (\w+) (?:\*)? *│ .*│ (\S.*?) *│\n', result.stdout)
        assert [name for name, _ in rows] == [package.module for package in env.PACKAGES]
        assert {verdict for _, verdict in rows} == {'ok'}
        assert re.search(r'^Python: \d+\.\d+', result.stdout)

    def test_missing_package_is_named_and_fails(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        findings = [Finding(MMCV, {}, 'missing: pip install it')]
        monkeypatch.setattr(env, 'check_packages', lambda: findings)
        assert env.main() == 1
        assert 'Not ready: mmcv. Run bash tools/install.sh.' in capsys.readouterr().out

    def test_torch_that_does_not_import_fails(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        monkeypatch.setitem(sys.modules, 'torch', None)
        monkeypatch.setattr(env, 'check_packages', list)
        assert env.main() == 1
        printed = capsys.readouterr().out
        assert 'torch: does not import: ' in printed
        assert 'Not ready: torch.' in printed

    def test_plain_rows_without_rich(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        monkeypatch.setitem(sys.modules, 'rich.console', None)
        env.print_report({'Python': '3.11'}, [Finding(MMCV, {'mmcv': '2.3.6'}, 'ok')])
        assert capsys.readouterr().out.splitlines() == [
            'Python: 3.11',
            'package | found | provided by | tested | verdict',
            'mmcv | 2.3.6 | mmcv | >=2.3.6,<2.4 | ok',
        ]
