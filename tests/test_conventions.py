"""Words and sizes that every room keeps to."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_MODULES = 14
"""Modules of a folder that a reader still takes in at a glance."""
MOST_ANALYSIS_TOOLS = 12
QUESTION = re.compile(r'(what|whether|which|those|how|who|where)\b', re.IGNORECASE)


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (ROOT / room).rglob('*.py'))


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """Find the docstrings of a file, with the line that each belongs to."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring is not None:
                yield getattr(node, 'lineno', 1), docstring


@pytest.mark.parametrize('room', ['mmmaml', 'tools', 'tests'])
def test_no_docstring_begins_like_a_question(room: str) -> None:
    """A function says what it does by a verb, a class or a module what it is by a noun."""
    found = [
        f'{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}'
        for path in sources(room)
        for line, text in docstrings(path)
        if QUESTION.match(text)
    ]
    assert not found, '\n'.join(['docstrings that begin like a question:', *found])


def modules_by_folder(*rooms: str) -> dict[str, int]:
    folders: dict[str, int] = {}
    for path in sources(*rooms):
        if path.name != '__init__.py':
            name = str(path.parent.relative_to(ROOT))
            folders[name] = folders.get(name, 0) + 1
    return folders


def test_no_folder_has_too_many_modules() -> None:
    folders = modules_by_folder('mmmaml')
    assert {name: n for name, n in folders.items() if n > MOST_MODULES} == {}


def test_the_analysis_tools_are_few() -> None:
    assert modules_by_folder('tools')['tools/analysis_tools'] <= MOST_ANALYSIS_TOOLS
