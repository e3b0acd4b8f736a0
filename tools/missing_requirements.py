"""Print the requirements that the running environment does not meet; exit with 1 if there are any.

Needs nothing but pip, so that it runs in an empty environment, and asks pip for nothing, so that
it answers at once.

Usage:
    python tools/missing_requirements.py requirements/runtime.txt 'torch>=2.4'
"""

import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement

# The maintained forks and what they would overwrite: import name, fork.
FORKS = {'mmengine': 'onedl-mmengine', 'mmcv': 'onedl-mmcv', 'mmdet': 'onedl-mmdetection'}


def read_requirements(argument: str) -> list[Requirement]:
    """Read requirements of a file, one a line with ``#`` comments, or the only one given."""
    path = Path(argument)
    lines = path.read_text(encoding='utf-8').splitlines() if path.is_file() else [argument]
    texts = (line.split('#')[0].strip() for line in lines)
    return [Requirement(text) for text in texts if text]


def is_met(requirement: Requirement) -> bool:
    """Tell if the requirement allows the installed version."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return False
    return requirement.specifier.contains(found, prereleases=True)


def foreign_providers(requirements: list[Requirement]) -> list[str]:
    """Find other distributions than ours with an import name that ours would overwrite."""
    wanted = {requirement.name for requirement in requirements}
    names = {name: fork for name, fork in FORKS.items() if fork in wanted}
    if not names:
        return []
    providers = packages_distributions()
    return [
        f'{name} comes from {other} {version(other)}, which {fork} would overwrite: '
        f'use a fresh environment, or run `pip uninstall {other}` first'
        for name, fork in names.items()
        for other in sorted(set(providers.get(name, ())) - {fork})
    ]


def main(arguments: list[str]) -> int:
    """Print missing requirements; return 0 if there are none, 1 if there are, 2 for a clash."""
    requirements = [item for argument in arguments for item in read_requirements(argument)]
    missing = [item for item in requirements if not is_met(item)]
    clashes = foreign_providers(missing)
    if clashes:
        print('\n'.join(clashes), file=sys.stderr)
        return 2
    for item in missing:
        print(item)
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
