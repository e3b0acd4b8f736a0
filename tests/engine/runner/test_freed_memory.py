"""Freed memory stays with the process, seen by the pages that the system has to clear."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys
import numpy as np
from mmmaml.engine.runner.freed_memory import keep_freed_memory

if sys.argv[1] == 'keep':
    assert keep_freed_memory()
for turn in range(21):
    if turn == 1:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(2**21) for _ in range(4)]  # 16 MiB each
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='a setting of glibc')
def test_pages_are_cleared_once() -> None:
    def faults(case: str) -> int:
        command = [sys.executable, '-c', FAULTS, case]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert faults('keep') < faults('give back') / 4


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    from mmmaml.engine.runner.freed_memory import keep_freed_memory

    monkeypatch.setattr(platform, 'libc_ver', lambda: ('', ''))
    assert keep_freed_memory() is False
