"""Check of the environment: ``python -m mmmaml.env``.

Prints for each package the version found, the distribution that provides it (the same import name
may come from OpenMMLab's original or from a fork), the versions tested and a verdict. Exits with 1
when a package that mmmaml needs is missing, untested or does not work.
"""

import importlib
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A package as Python imports it.

    Attributes:
        module: Name by which it is imported.
        distributions: Names by which it is installed, the tested one first. More than one of
            them may be there at a time only where they are made for that, as OpenCV's are.
        tested: Version specifier of what the tests ran with.
        needed: Whether mmmaml cannot work without it. The others are optional, or mmtrack's.
        pip_options: What ``pip install`` needs besides the name.
    """

    module: str
    distributions: tuple[str, ...]
    tested: str
    needed: bool = True
    pip_options: str = ''

    @property
    def remedy(self) -> str:
        """The command that installs a tested version."""
        options = f'{self.pip_options} ' if self.pip_options else ''
        return f'pip install {options}"{self.distributions[0]}{self.tested}"'


PACKAGES = (
    Package('torch', ('torch',), '>=2.4,<2.14'),
    Package('mmengine', ('onedl-mmengine', 'mmengine'), '>=0.10.12,<0.11'),
    Package('mmcv', ('onedl-mmcv', 'mmcv'), '>=2.3.6,<2.4', pip_options='--no-build-isolation'),
    Package(
        'mmdet', ('onedl-mmdetection', 'mmdet'), '>=3.5.1,<3.6', pip_options='--no-build-isolation'
    ),
    Package('numpy', ('numpy',), '>=2.2.6,<2.5'),
    Package('scipy', ('scipy',), '>=1.15.3,<1.18'),
    Package('pandas', ('pandas',), '>=2.2,<4'),
    Package('matplotlib', ('matplotlib',), '>=3.10.5,<3.12'),
    Package('jinja2', ('Jinja2',), '>=3.1,<4', needed=False),
    Package('rich', ('rich',), '>=13.7,<16'),
    Package('filelock', ('filelock',), '>=3.16,<5'),
    Package('tqdm', ('tqdm',), '>=4.66,<5'),
    Package('cv2', ('opencv-python', 'opencv-python-headless'), '==4.11.0.86'),
    Package('av', ('av',), '>=17,<19'),
    Package('trackeval', ('trackeval',), '==1.3.0'),
    Package('motmetrics', ('motmetrics',), '==1.4.0'),
    Package('pycocotools', ('pycocotools',), '>=2.0.10,<3'),
    Package('mmtrack', ('mmtrack',), '==1.0.0rc1', needed=False, pip_options='--no-deps'),
    Package('mmcls', ('mmcls',), '==1.0.0rc6', needed=False, pip_options='--no-deps'),
    Package('onnxruntime', ('onnxruntime', 'onnxruntime-gpu'), '>=1.20,<2', needed=False),
    Package('lap', ('lap',), '>=0.5.12,<0.6', needed=False),
    Package('attributee', ('attributee',), '>=0.1.10,<0.2', needed=False),
    Package('seaborn', ('seaborn',), '>=0.13,<0.14', needed=False),
    Package('sklearn', ('scikit-learn',), '>=1.5,<2', needed=False),
    Package('tabulate', ('tabulate',), '>=0.9,<0.11', needed=False),
    Package('terminaltables', ('terminaltables',), '>=3.1.10,<4', needed=False),
    Package('modelindex', ('model-index',), '>=0.1.11,<0.2', needed=False),
    Package('ordered_set', ('ordered-set',), '>=4.1,<5', needed=False),
    Package('einops', ('einops',), '>=0.8,<0.9', needed=False),
)


@dataclass(frozen=True)
class Finding:
    """The verdict on one package: a row of the table.

    Attributes:
        package: The package it is about.
        versions: Installed version of each distribution that provides it.
        verdict: ``'ok'``, or what is wrong and what to do.
    """

    package: Package
    versions: Mapping[str, str]
    verdict: str

    @property
    def is_fatal(self) -> bool:
        """True if mmmaml cannot be expected to work because of it."""
        return self.package.needed and self.verdict != 'ok'

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """Texts of the columns: package, found, provided by, tested, verdict."""
        found = ', '.join(sorted(set(self.versions.values()))) or '-'
        provided_by = ', '.join(sorted(self.versions)) or '-'
        optional = '' if self.package.needed else ' *'
        return (
            self.package.module + optional,
            found,
            provided_by,
            self.package.tested,
            self.verdict,
        )


def judge(package: Package, versions: Mapping[str, str]) -> str:
    """Judge a package of which these distributions are installed.

    Args:
        package: The package.
        versions: Version of each installed distribution that provides it.

    Returns:
        ``'ok'``, or what is wrong and what to do.
    """
    if not versions:
        return f'missing: {package.remedy}'
    together = package.module == 'cv2' and len(set(versions.values())) == 1
    if len(versions) > 1 and not together:
        return (
            f'clash: {" and ".join(sorted(versions))} overwrite each other; uninstall them and '
            f'reinstall {package.distributions[0]}'
        )
    if not all(_is_in_range(found, package.tested) for found in versions.values()):
        return f'untested: {package.remedy}'
    return 'ok'


def _is_in_range(found: str, tested: str) -> bool:
    try:
        specifiers = importlib.import_module('packaging.specifiers')
    except ModuleNotFoundError:  # an environment with nothing but pip
        specifiers = importlib.import_module('pip._vendor.packaging.specifiers')
    return bool(specifiers.SpecifierSet(tested).contains(found, prereleases=True))


def installed_versions(package: Package, providers: Mapping[str, list[str]]) -> dict[str, str]:
    """Look up the version of each installed distribution that provides a package.

    Args:
        package: The package.
        providers: Distributions of each import name, as
            :func:`importlib.metadata.packages_distributions` gives them. They are completed by
            the package's own names, as old wheels do not list what they provide.
    """
    versions = {}
    for name in {*providers.get(package.module, ()), *package.distributions}:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def check_importable(module: str) -> str:
    """Return ``'ok'`` if Python finds a module, mmcv with its operators; else the reason."""
    spec = find_spec(module)
    if spec is None:
        return 'broken: installed, but Python does not find it; reinstall it'
    if module == 'mmcv':
        folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        if not any(any(folder.glob('_ext.*')) for folder in folders):
            return 'broken: without compiled operators (mmcv-lite?); reinstall it'
    return 'ok'


def check_packages(packages: tuple[Package, ...] = PACKAGES) -> list[Finding]:
    """Look up and judge packages, without importing them."""
    providers = packages_distributions()
    findings = []
    for package in packages:
        versions = installed_versions(package, providers)
        verdict = judge(package, versions)
        if verdict == 'ok':
            verdict = check_importable(package.module)
        findings.append(Finding(package, versions, verdict))
    return findings


def describe_machine() -> tuple[dict[str, str], bool]:
    """Return facts about Python, platform and CUDA, and if torch could be imported."""
    facts = {'Python': platform.python_version(), 'platform': platform.platform()}
    try:
        torch = importlib.import_module('torch')
    except (ImportError, OSError) as error:
        return {**facts, 'torch': f'does not import: {error}'}, False
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        facts['CUDA'] = f'{torch.version.cuda}: {", ".join(names)}'
    else:
        facts['CUDA'] = 'not available'
    return facts, True


def print_report(facts: Mapping[str, str], findings: list[Finding]) -> None:
    """Print the facts and a row for each finding, as a table if rich is installed."""
    for name, value in facts.items():
        print(f'{name}: {value}')
    columns = ('package', 'found', 'provided by', 'tested', 'verdict')
    rows = [finding.cells for finding in findings]
    try:
        from rich.console import Console
        from rich.table import Table
    except ModuleNotFoundError:
        for row in (columns, *rows):
            print(' | '.join(row))
        return
    table = Table(*columns)
    for row, finding in zip(rows, findings, strict=True):
        style = 'red' if finding.is_fatal else 'yellow' if finding.verdict != 'ok' else None
        table.add_row(*row, style=style)
    Console().print(table)


def main() -> int:
    """Print the report; 0 when mmmaml can be expected to work, else 1."""
    facts, torch_imports = describe_machine()
    findings = check_packages()
    print_report(facts, findings)
    bad = [finding.package.module for finding in findings if finding.is_fatal]
    missing = {finding.package.module for finding in findings if not finding.versions}
    if torch_imports and set(bad) == {'mmcv', 'mmdet'} <= missing:
        print(
            'Ready to track with models in the ONNX format, to check, convert and score. Training '
            'needs mmcv and mmdet: bash tools/install.sh in a checkout.'
        )
        return 0
    if bad or not torch_imports:
        print(f'Not ready: {", ".join(bad or ["torch"])}. Run bash tools/install.sh.')
        return 1
    print('Ready. (* optional, or for mmtrack only)')
    return 0


if __name__ == '__main__':
    sys.exit(main())
