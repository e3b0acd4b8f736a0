"""Threads keep the order, the bounds and the place of errors."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.apis.background import ReadAhead, WriteBehind


def items(count: int, fails: bool, log: list[int]) -> Iterator[int]:
    for number in range(count):
        log.append(number)
        yield number
    if fails:
        raise ValueError('the file ends')


@given(count=st.integers(0, 20), depth=st.integers(1, 5), fails=st.booleans())
def test_reading_ahead_changes_nothing(count: int, depth: int, fails: bool) -> None:
    found: list[int] = []
    try:
        for item in ReadAhead(items(count, fails, []), depth):
            found.append(item)
    except ValueError:
        assert fails
    else:
        assert not fails
    assert found == list(range(count))


def test_reading_ahead_may_begin_again() -> None:
    ahead = ReadAhead([1, 2, 3], 2)
    first = iter(ahead)
    assert next(first) == 1
    first.close()
    assert list(ahead) == list(ahead) == [1, 2, 3]


def test_no_more_is_read_ahead_than_asked_for() -> None:
    log: list[int] = []
    reader = iter(ReadAhead(items(100, False, log), 3))
    assert next(reader) == 0
    time.sleep(0.3)
    assert len(log) == 5  # one given, three wait, one is in hand
    before = threading.active_count()
    reader.close()
    assert threading.active_count() == before - 1


@given(count=st.integers(0, 20), depth=st.integers(1, 5))
def test_writing_behind_keeps_the_order(count: int, depth: int) -> None:
    found: list[int] = []
    with WriteBehind(found.append, depth) as writer:
        for number in range(count):
            writer.put(number)
    assert found == list(range(count))


def test_an_error_of_the_writer_is_raised() -> None:
    def write(number: int) -> None:
        if number == 2:
            raise OSError('disk full')

    with pytest.raises(OSError, match='disk full'), WriteBehind(write, 2) as writer:  # noqa: PT012
        writer.put(1)
        writer.flush()
        writer.put(2)
        with pytest.raises(OSError, match='disk full'):
            writer.flush()
        writer.put(3)
    with pytest.raises(OSError, match='disk full'), WriteBehind(write, 2) as writer:
        writer.put(2)  # told at the end, at the latest


def test_what_waits_is_dropped_after_an_error() -> None:
    found: list[int] = []
    taken, go = threading.Event(), threading.Event()

    def write(number: int) -> None:
        taken.set()
        go.wait(5)
        found.append(number)

    with pytest.raises(KeyboardInterrupt), WriteBehind(write, 4) as writer:  # noqa: PT012
        for number in range(4):
            writer.put(number)
        assert taken.wait(5)
        threading.Timer(0.2, go.set).start()
        raise KeyboardInterrupt
    assert found == [0]
