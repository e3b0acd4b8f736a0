"""Memory that a training frees and asks for again in every iteration."""

import ctypes
import platform

# Of malloc.h: as integers, as there is no Python module that knows them.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK = 32 * 2**20
"""Bytes of a tensor up to which its memory is kept; glibc takes no more."""
MOST_KEPT = 2**30
"""Bytes of free memory that are kept at most."""


def keep_freed_memory() -> bool:
    """Let this process keep memory that it frees, for what it allocates next.

    By default glibc gives large blocks back to the system, which clears each page anew when the
    next iteration needs it. Of effect on Linux with glibc alone.

    Returns:
        If the system took the settings.
    """
    if platform.libc_ver()[0] != 'glibc':
        return False
    mallopt = ctypes.CDLL(None).mallopt
    kept = mallopt(_M_MMAP_THRESHOLD, LARGEST_BLOCK)
    return bool(kept and mallopt(_M_TRIM_THRESHOLD, MOST_KEPT))
