from types import ModuleType

import pytest


@pytest.fixture
def rows_of(capsys):
    """``rows_of(module, arguments...)`` runs a benchmark and gives the rows of its tables."""

    def rows(module: ModuleType, *arguments: object) -> list[list[str]]:
        module.main([*map(str, arguments)])
        lines = capsys.readouterr().out.splitlines()
        return [[c.strip() for c in line.split('|')[1:-1]] for line in lines if '|' in line]

    return rows
