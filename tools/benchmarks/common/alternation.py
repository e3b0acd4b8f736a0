"""One benchmark run on several checkouts of the package, in turn."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).resolve().parents[2]


def run_in_turn(
    module: str, arguments: Sequence[str], checkouts: Mapping[str, Path], rounds: int
) -> dict[str, list[Any]]:
    """Run a benchmark of this checkout with the package of each of several checkouts.

    Each run is a process of its own. Every other round goes through the checkouts backwards, so
    that a machine whose speed drifts favours none.

    Args:
        module: The benchmark, such as ``'tools.benchmarks.speed.tracker'``; it has ``--json``.
        arguments: Of its command line, with absolute paths.
        checkouts: Name to folder with ``mmmaml/``.
        rounds: Runs of each.

    Returns:
        Name to the contents of the JSON file of each run, in their order.

    Raises:
        FileNotFoundError: A folder holds no package.
        RuntimeError: A run failed; the message ends with its last lines.
    """
    for name, checkout in checkouts.items():
        if not (checkout / 'mmmaml' / '__init__.py').is_file():
            raise FileNotFoundError(
                f'{checkout} ({name}) holds no mmmaml/__init__.py: give the root of a checkout'
            )
    results: dict[str, list[Any]] = {name: [] for name in checkouts}
    for number in range(rounds):
        names = list(checkouts) if number % 2 == 0 else list(reversed(checkouts))
        for name in names:
            results[name].append(_run(module, arguments, name, checkouts[name]))
    return results


def _run(module: str, arguments: Sequence[str], name: str, checkout: Path) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        # python -m looks into the working folder first: it holds the package of one checkout and
        # the tools of this one.
        (Path(folder) / 'mmmaml').symlink_to((checkout / 'mmmaml').resolve())
        (Path(folder) / 'tools').symlink_to(TOOLS)
        out = Path(folder) / 'out.json'
        done = subprocess.run(
            [sys.executable, '-m', module, *arguments, '--json', str(out)],
            cwd=folder,
            env={key: value for key, value in os.environ.items() if key != 'PYTHONPATH'},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = '\n'.join((done.stdout + done.stderr).splitlines()[-20:])
            raise RuntimeError(f'{module} with the package of {name} ({checkout}) failed:\n{last}')
        return json.loads(out.read_text(encoding='utf-8'))
