"""The moment from which on a training runs."""

from collections.abc import Callable

from mmengine.hooks import Hook


class BeginHook(Hook):
    """Calls a function before the first iteration, and before each after it.

    Args:
        begin: The function.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self.begin = begin

    def before_train_iter(self, *args: object, **kwargs: object) -> None:
        """Call it."""
        self.begin()
