"""Threads of networks on a CPU."""

import os
from typing import Any


def let_threads_sleep() -> None:
    """Let threads that wait sleep instead of spin, unless the environment says otherwise.

    On a busy machine, those that spin take the cores from those that work. Of effect before
    torch is imported.
    """
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')


def default_threads(model: Any) -> int:
    """Return the threads that serve a tracking model best on a CPU.

    Args:
        model: A MOT model, perhaps wrapped.

    Returns:
        1 if its networks see no more than boxes, which are too small to share out; else those of
        torch, one a core.
    """
    import torch

    model = getattr(model, 'module', model)
    return 1 if getattr(model, 'sees_only_boxes', False) else torch.get_num_threads()
