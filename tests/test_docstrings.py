"""Examples in docstrings give what they show."""

import doctest
import importlib
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    '.'.join(path.relative_to(ROOT).with_suffix('').parts)
    for path in (ROOT / 'mmmaml').rglob('*.py')
    if '>>> ' in path.read_text(encoding='utf-8')
)


@pytest.mark.parametrize('name', WITH_EXAMPLES)
def test_examples_give_what_they_show(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MMLogger.get_current_instance(), 'disabled', True)  # it prints
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(verbose=False)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        if example.examples:
            torch.manual_seed(0)
            runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


def test_the_main_entries_have_examples() -> None:
    assert {
        'mmmaml.apis.inferencer',
        'mmmaml.datasets.episodic_dataset',
        'mmmaml.meta.closed_form_loop',
        'mmmaml.meta.inner_loop',
        'mmmaml.models.trackers.online_meta_tracker',
    } <= set(WITH_EXAMPLES)
