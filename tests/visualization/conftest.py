from pathlib import Path

import pytest

from mmmaml.evaluation.files.run_folder import ScoredRun, read_run
from tests.scored_run import write_run


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    return write_run(tmp_path)


@pytest.fixture
def run(run_folder: Path) -> ScoredRun:
    return read_run(run_folder)
