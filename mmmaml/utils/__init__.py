from typing import TYPE_CHECKING, Any

from .files import atomic_path, natural_key, write_text

if TYPE_CHECKING:
    from .setup_env import register_all_modules

__all__ = ['atomic_path', 'natural_key', 'register_all_modules', 'write_text']


def __getattr__(name: str) -> Any:
    if name != 'register_all_modules':
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from .setup_env import register_all_modules  # mmengine, which readers of files do not need

    return register_all_modules
