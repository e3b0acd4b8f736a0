"""Set-up: requirements agree with each other, and the scripts say what is wrong."""

import re
import runpy
import shutil
import subprocess
import sys
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mmmaml.env import PACKAGES
from mmmaml.version import __version__

REPOSITORY = Path(__file__).parents[1]
REQUIREMENTS = REPOSITORY / 'requirements'
MISSING = runpy.run_path(str(REPOSITORY / 'tools/missing_requirements.py'))


def requirements(name: str) -> dict[str, Requirement]:
    items = MISSING['read_requirements'](str(REQUIREMENTS / f'{name}.txt'))
    return {item.name: Requirement(str(item)) for item in items}


class TestRequirements:
    @pytest.mark.parametrize(
        'name',
        [path.stem for path in REQUIREMENTS.glob('*.txt') if path.stem != 'constraints'],
    )
    def test_each_line_gives_its_reason(self, name: str) -> None:
        lines = (REQUIREMENTS / f'{name}.txt').read_text().splitlines()
        for line in lines:
            assert re.match(r'(# |[\w.-]+[=<>][^#]*  # \w)', line), line

    def test_the_environment_check_and_the_installed_ranges_are_the_same(self) -> None:
        checked = {name: item.tested for item in PACKAGES for name in item.distributions}
        needed = {**requirements('runtime'), **requirements('openmmlab'), **requirements('onnx')}
        for name, item in needed.items():
            assert set(checked[name].split(',')) == set(str(item.specifier).split(',')), name

    @pytest.mark.parametrize('name', ['mminstall', 'nodeps'])
    def test_pinned_versions_are_among_those_tested(self, name: str) -> None:
        checked = {item.distributions[0]: item.tested for item in PACKAGES}
        for distribution, item in requirements(name).items():
            (pin,) = item.specifier
            assert pin.operator == '=='
            tested = Requirement(distribution + checked[distribution]).specifier
            assert tested.contains(pin.version, prereleases=True)

    @pytest.mark.parametrize(
        'name',
        ['build', 'runtime', 'openmmlab', 'onnx', 'tests', 'optional', 'deployment', 'tune'],
    )
    def test_constraints_are_within_the_ranges(self, name: str) -> None:
        constraints = {key.lower(): item for key, item in requirements('constraints').items()}
        for distribution, item in requirements(name).items():
            if distribution in constraints:
                (pin,) = constraints[distribution].specifier
                assert item.specifier.contains(pin.version), distribution

    def test_metadata_leaves_torch_and_openmmlab_to_the_user(self, tmp_path: Path) -> None:
        for path in ('setup.py', 'pyproject.toml', 'requirements', 'mmmaml/version.py'):
            source, target = REPOSITORY / path, tmp_path / path
            target.parent.mkdir(exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        (tmp_path / 'mmmaml/__init__.py').touch()
        (tmp_path / 'out').mkdir()
        code = 'from setuptools import build_meta as b; b.prepare_metadata_for_build_wheel("out")'
        subprocess.run([sys.executable, '-c', code], cwd=tmp_path, check=True, capture_output=True)
        (path,) = tmp_path.glob('out/mmmaml-*.dist-info/METADATA')
        metadata = Parser().parsestr(path.read_text())
        needed = [Requirement(text) for text in metadata.get_all('Requires-Dist')]
        assert metadata['Version'] == __version__
        assert metadata['Requires-Python'] == '>=3.10'
        assert {item.name for item in needed if item.marker is None} == set(
            requirements('runtime')
        )


class TestMissingRequirements:
    def test_nothing_missing(self, capsys: pytest.CaptureFixture) -> None:
        assert MISSING['main'](['pytest>=1', 'torch>=2.4']) == 0
        assert capsys.readouterr().out == ''

    def test_absent_too_old_and_not_for_this_python(
        self, tmp_path: Path, capsys: pytest.CaptureFixture
    ) -> None:
        file = tmp_path / 'some.txt'
        file.write_text(
            '# heading\n'
            'no-such-package==1  # a reason\n'
            'pytest>=999\n'
            'another-one; python_version < "3"\n'
            '\n'
            'numpy\n'
        )
        assert MISSING['main']([str(file)]) == 1
        assert capsys.readouterr().out.splitlines() == ['no-such-package==1', 'pytest>=999']

    def test_packages_that_ours_would_overwrite_are_named(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        scope = MISSING['main'].__globals__
        monkeypatch.setitem(scope, 'packages_distributions', lambda: {'mmcv': ['mmcv-lite']})
        monkeypatch.setitem(scope, 'version', lambda name: '2.1.0')
        assert MISSING['main'](['onedl-mmcv==2.3.6']) == 2
        assert capsys.readouterr().err == (
            'mmcv comes from mmcv-lite 2.1.0, which onedl-mmcv would overwrite: use a fresh '
            'environment, or run `pip uninstall mmcv-lite` first\n'
        )


def executable(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!{shutil.which("bash")}\n{body}\n')
    path.chmod(0o755)


class Machine:
    """A checkout on a machine with the commands given and interpreters made of shell scripts."""

    def __init__(self, root: Path) -> None:
        self.root = root / 'checkout'
        self.commands = root / 'bin'
        self.calls = root / 'calls'
        self.commands.mkdir()
        for folder in ('tools', 'requirements'):
            shutil.copytree(REPOSITORY / folder, self.root / folder)
        for name in ('bash', 'cat', 'dirname', 'mktemp', 'rm', 'sed', 'sleep', 'tail'):
            (self.commands / name).symlink_to(shutil.which(name))

    def python(self, name: str, *answers: str) -> Path:
        """Make an interpreter that succeeds silently but where ``PATTERN) COMMANDS`` say so."""
        path = self.commands / name
        log = f'echo "$*" >> {self.calls}'
        executable(path, '\n'.join([log, 'case "$*" in', *(f'{a} ;;' for a in answers), 'esac']))
        return path

    def environment(self, *answers: str) -> str:
        """Make a virtual environment with such an interpreter."""
        self.python('env/bin/python', *answers)
        return str(self.commands / 'env')

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [str(self.commands / 'bash'), f'tools/{script}', *arguments],
            cwd=self.root,
            env={'PATH': str(self.commands), 'TMPDIR': str(self.root), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


class TestScripts:
    def test_no_python(self, machine: Machine) -> None:
        result = machine.run('install.sh')
        assert result.returncode == 1
        assert 'Python 3.10 or newer is needed; found: none.' in result.stderr

    def test_python_too_old(self, machine: Machine) -> None:
        machine.python('python3', '*version_info*) exit 1', '*python_version*) echo 3.8.2')
        result = machine.run('install.sh')
        assert result.returncode == 1
        assert 'found: python3 3.8.2. Install one, or set PYTHON' in result.stderr

    def test_newer_python_of_another_name_is_used(self, machine: Machine) -> None:
        machine.python('python3', '*version_info*) exit 1')
        newer = machine.python('python3.11', '*venv*--clear*) echo cannot write >&2; exit 1')
        result = machine.run('install.sh')
        assert f'-m venv --clear {machine.root}/.venv' in machine.calls.read_text()
        assert 'cannot write' in result.stderr
        assert 'step [1/10] environment failed. Remove the folder .venv' in result.stderr
        assert newer.is_file()

    def test_python_without_venv_module(self, machine: Machine) -> None:
        machine.python('python3', '*ensurepip*) exit 1')
        result = machine.run('install.sh')
        assert result.returncode == 1
        assert 'python3 has no venv module. Install it (Debian, Ubuntu: apt' in result.stderr

    def test_active_environment_too_old(self, machine: Machine) -> None:
        environment = machine.environment('*version_info*) exit 1', '--version) echo Python 3.9.1')
        result = machine.run('install.sh', VIRTUAL_ENV=environment)
        assert result.returncode == 1
        assert 'is Python 3.9.1, but Python 3.10 or newer is needed. Deact' in result.stderr

    def test_no_compiler(self, machine: Machine) -> None:
        environment = machine.environment('*missing_requirements*) exit 1')
        result = machine.run('install.sh', VIRTUAL_ENV=environment)
        assert result.returncode == 1
        assert 'a C++ compiler is needed to build mmcv, and none was found.' in result.stderr
        assert 'pip install' not in machine.calls.read_text()

    def test_clash_stops_before_anything_is_installed(self, machine: Machine) -> None:
        environment = machine.environment('*mminstall.txt) echo mmcv comes from >&2; exit 2')
        result = machine.run('install.sh', VIRTUAL_ENV=environment)
        assert result.returncode == 1
        assert 'ERROR: mmcv comes from' in result.stderr
        assert 'pip install' not in machine.calls.read_text()

    def test_failing_step_is_named_with_its_log(self, machine: Machine) -> None:
        environment = machine.environment(
            '*missing_requirements.py*runtime.txt) exit 1',
            '*"pip install"*) echo no space left on device; exit 1',
        )
        result = machine.run('install.sh', VIRTUAL_ENV=environment)
        assert result.returncode == 1
        assert '    no space left on device\n' in result.stderr
        assert 'step [4/10] libraries failed. Check the network connection' in result.stderr

    def test_nothing_is_installed_twice(self, machine: Machine) -> None:
        result = machine.run('install.sh', '--tests', VIRTUAL_ENV=machine.environment())
        assert result.returncode == 0, result.stderr
        assert 'pip install' not in machine.calls.read_text()
        titles = re.findall(r'^\[(\d+)/12\]', result.stdout, flags=re.MULTILINE)
        assert titles == [str(i) for i in range(1, 13)]

    def test_openmmlab_is_installed_in_order_after_torch(self, machine: Machine) -> None:
        executable(machine.commands / 'c++', 'true')
        environment = machine.environment(
            '*missing_requirements*) exit 1', '*m.version*) exit 1', '*samefile*) exit 1'
        )
        result = machine.run('install.sh', VIRTUAL_ENV=environment, MAX_JOBS='1')
        assert result.returncode == 0, result.stderr
        calls = machine.calls.read_text().splitlines()
        installed = [line.split('constraints.txt ')[1] for line in calls if 'pip install' in line]
        folder = f'-r {machine.root}/requirements'
        assert installed == [
            f'{folder}/build.txt',
            'torch==2.13.0',
            f'{folder}/runtime.txt',
            f'{folder}/openmmlab.txt',
            '--no-build-isolation onedl-mmengine==0.10.12',
            '--no-build-isolation onedl-mmcv==2.3.6',
            '--no-build-isolation onedl-mmdetection==3.5.1',
            f'--no-deps {folder}/nodeps.txt',
            f'--no-deps --no-build-isolation -e {machine.root}',
        ]

    def test_quickstart_hands_its_arguments_to_the_demo(self, machine: Machine) -> None:
        result = machine.run('quickstart.sh', '--seeds', '3', VIRTUAL_ENV=machine.environment())
        assert result.returncode == 0, result.stderr
        assert (
            machine.calls.read_text().splitlines()[-1] == f'{machine.root}/tools/demo.py --seeds 3'
        )

    def test_all_checks_run_when_one_fails(self, machine: Machine) -> None:
        environment = machine.environment('*"ruff format"*) exit 1')
        result = machine.run('run_tests.sh', '-x', VIRTUAL_ENV=environment)
        assert result.returncode == 1
        assert 'ERROR: failed: format' in result.stderr
        assert machine.calls.read_text().splitlines()[-1] == '-m pytest -x'
