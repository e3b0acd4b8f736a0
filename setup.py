"""Set-up of the package; ``tools/install.sh`` sets up the whole environment."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


def read_requirements(name: str) -> list[str]:
    """Read the requirements of ``requirements/{name}.txt`` without their comments."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    texts = (line.split('#')[0].strip() for line in lines)
    return [text for text in texts if text]


def read_version() -> str:
    """Read ``__version__`` of the package, without importing it."""
    scope: dict[str, str] = {}
    exec((ROOT / 'mmmaml' / 'version.py').read_text(encoding='utf-8'), scope)
    return scope['__version__']


def read_readme() -> str:
    """Read the README, which a checkout has and a trimmed copy may lack."""
    path = ROOT / 'README.md'
    return path.read_text(encoding='utf-8') if path.is_file() else ''


class BuildWithConfigs(build_py):
    """Puts the configs into the package as OpenMMLab's do, under ``.mim``."""

    def run(self) -> None:
        """Build, and copy them."""
        super().run()
        target = Path(self.build_lib) / 'mmmaml' / '.mim'
        if self.editable_mode or not (ROOT / 'configs').is_dir():
            return
        ignored = shutil.ignore_patterns('__pycache__')
        shutil.copytree(ROOT / 'configs', target / 'configs', ignore=ignored, dirs_exist_ok=True)
        shutil.copy(ROOT / 'model-index.yml', target)


setup(
    name='mmmaml',
    version=read_version(),
    description='MAML MOT: multi-object tracking with meta-learned appearance, on OpenMMLab',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['mmmaml', 'mmmaml.*']),
    package_data={'mmmaml.visualization.report': ['templates/*.html']},
    entry_points={'console_scripts': ['mmmaml = mmmaml.commands.console:main']},
    cmdclass={'build_py': BuildWithConfigs},
    # torch, mmengine, mmcv and mmdet are left out, as OpenMMLab does: see
    # requirements/mminstall.txt. The extra onnx has all that needs no compiler.
    install_requires=read_requirements('runtime'),
    extras_require={
        'onnx': read_requirements('onnx'),
        'openmmlab': read_requirements('openmmlab'),
        'tests': read_requirements('tests'),
        'deployment': read_requirements('deployment'),
        'tune': read_requirements('tune'),
        'optional': read_requirements('optional'),
    },
    classifiers=[
        'Intended Audience :: Science/Research',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    zip_safe=False,
)
