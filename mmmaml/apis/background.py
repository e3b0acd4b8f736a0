"""Reading before and writing behind the work of the main thread, in order and bounded."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, nullcontext
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar('T')

_WAIT = 0.1  # seconds after which a thread looks if it is still wanted


class _End:
    """The last thing in a queue.

    Attributes:
        error: The end was an error.
    """

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class ReadAhead(Generic[T]):
    """Iterates over something in a thread, in the same order.

    An error comes at its place, after all items before it. Who stops iterating stops the thread.

    Args:
        items: Iterated over as often as this is. Nothing else may use it meanwhile.
        depth: Most items that wait; each takes its memory.
    """

    def __init__(self, items: Iterable[T], depth: int) -> None:
        self._items = items
        self._depth = depth

    def __iter__(self) -> Iterator[T]:
        waiting: queue.Queue[T | _End] = queue.Queue(self._depth)
        stopped = threading.Event()
        thread = threading.Thread(target=self._read, args=(waiting, stopped), daemon=True)
        thread.start()
        try:
            while True:
                item = waiting.get()
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                yield item
        finally:
            stopped.set()
            thread.join()

    def _read(self, waiting: 'queue.Queue[T | _End]', stopped: threading.Event) -> None:
        end = _End()
        try:
            for item in self._items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:  # is raised in the other thread
            end = _End(error)
        _put(waiting, end, stopped)


def _put(waiting: 'queue.Queue[T | _End]', item: T | _End, stopped: threading.Event) -> bool:
    """Put an item as soon as there is room; return False if nobody wants it any more."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_WAIT)
            return True
        except queue.Full:
            continue
    return False


class NewestItem(Generic[T]):
    """Iterates over something in a thread and keeps the newest item alone.

    Args:
        items: Iterated over once, as fast as they come. Nothing else may use it meanwhile.

    Attributes:
        ended: True if no item comes any more and the last one was taken.
    """

    def __init__(self, items: Iterable[T]) -> None:
        self.ended = False
        self._items = items
        self._newest: T | None = None
        self._end: _End | None = None
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def get(self, wait: float) -> T | None:
        """Return the newest item if it is new, else None.

        Args:
            wait: Seconds to wait at most.

        Raises:
            BaseException: What stopped the iteration, after the last item.
        """
        with self._changed:
            if wait and self._newest is None and self._end is None:
                self._changed.wait(wait)
            item, self._newest = self._newest, None
            if item is None and self._end is not None and not self.ended:
                self.ended = True
                if self._end.error is not None:
                    raise self._end.error
        return item

    def close(self) -> None:
        """Stop after the item that is being waited for."""
        self._stopped = True
        self._thread.join()

    def _read(self) -> None:
        end = _End()
        try:
            items: Any = iter(self._items)
            with closing(items) if hasattr(items, 'close') else nullcontext():
                for item in items:
                    if self._stopped:
                        return
                    with self._changed:
                        self._newest = item
                        self._changed.notify()
        except BaseException as error:  # is raised in the other thread
            end = _End(error)
        with self._changed:
            self._end = end
            self._changed.notify()


class WriteBehind(Generic[T]):
    """Calls a function for one item after the other in a thread; use it as a context.

    Leaving the context waits for the items that were put. If an exception leaves it, those that
    wait are dropped. An error of the function is raised by the next call, at the latest then.

    Args:
        write: Called in the thread.
        depth: Most items that wait; each takes its memory.
    """

    def __init__(self, write: Callable[[T], object], depth: int) -> None:
        self._write = write
        self._queue: queue.Queue[T | _End] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> 'WriteBehind[T]':
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._error = self._error or error
        self._queue.put(_End())
        self._thread.join()
        if kind is None:
            self._raise()

    def put(self, item: T) -> None:
        """Hand over an item, and wait if too many wait already."""
        self._raise()
        self._queue.put(item)

    def flush(self) -> None:
        """Wait until all items are written."""
        self._queue.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            try:
                if isinstance(item, _End):
                    return
                if self._error is None:
                    self._write(item)
            except BaseException as error:  # is raised in the other thread
                self._error = error
            finally:
                self._queue.task_done()
