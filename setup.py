"""Set-up of the package; ``tools/install.sh`` sets up the whole environment."""

from pathlib import Path

from setuptools import find_packages, setup

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
    # torch, mmengine, mmcv and mmdet are left out, as OpenMMLab does: see
    # requirements/mminstall.txt. `python -m mmmaml.env` checks them.
    install_requires=read_requirements('runtime'),
    extras_require={
        'tests': read_requirements('tests'),
        'deployment': read_requirements('deployment'),
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
