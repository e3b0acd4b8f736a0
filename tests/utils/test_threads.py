"""Threads by what other programs leave."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mmmaml.utils import threads
from mmmaml.utils.threads import Usage, default_threads, free_cores, threads_of_free_cores


def test_usage_is_read_from_the_kernel(tmp_path: Path) -> None:
    stat = tmp_path / 'stat'
    stat.write_text('cpu  10 0 5 700 300 0 0 0 0 0\ncpu0 1 1 1 1 1\n')
    usage = Usage.now(stat)
    assert usage is not None
    assert usage.idle == pytest.approx(1000 / threads.os.sysconf('SC_CLK_TCK'))


@pytest.mark.parametrize('text', ['', 'cpu 1 2', 'cpu a b c d e f'])
def test_a_system_that_does_not_tell(tmp_path: Path, text: str) -> None:
    (tmp_path / 'stat').write_text(text)
    assert Usage.now(tmp_path / 'stat') is None
    assert Usage.now(tmp_path / 'absent') is None


@pytest.mark.parametrize(
    ('idle', 'own', 'cores'),
    [(2.0, 2.0, 2.0), (0.0, 1.4, 0.7), (26.0, 2.0, 14.0)],
    ids=['quiet', 'two others on two cores', 'two others on sixteen'],
)
def test_free_cores_are_idle_ones_and_our_own(idle: float, own: float, cores: float) -> None:
    before = Usage(wall=5.0, idle=100.0, own=0.5)
    later = Usage(wall=7.0, idle=100.0 + idle, own=0.5 + own)
    assert before.free_cores(later) == pytest.approx(cores)
    with pytest.raises(ValueError, match='too short'):
        before.free_cores(before)


@pytest.mark.parametrize(
    ('free', 'expected'), [(None, 4), (16.0, 4), (2.6, 3), (0.7, 1), (-6.0, 1)]
)
def test_no_more_threads_than_free_cores(
    monkeypatch: pytest.MonkeyPatch, free: float | None, expected: int
) -> None:
    monkeypatch.setattr(torch, 'get_num_threads', lambda: 4)
    monkeypatch.setattr(threads, 'free_cores', lambda: free)
    assert threads_of_free_cores() == expected
    whole, boxes = SimpleNamespace(), SimpleNamespace(module=SimpleNamespace(sees_only_boxes=True))
    assert default_threads(whole) == expected
    assert default_threads(boxes) == 1


def test_the_load_counts_where_nothing_else_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, '_start', None)
    monkeypatch.setattr(threads.os, 'cpu_count', lambda: 8)
    monkeypatch.setattr(threads.os, 'getloadavg', lambda: (2.5, 0.0, 0.0))
    assert free_cores() == 5.5
    monkeypatch.delattr(threads.os, 'getloadavg')
    assert free_cores() is None
