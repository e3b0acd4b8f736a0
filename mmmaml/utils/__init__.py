from .files import atomic_path, write_text
from .setup_env import register_all_modules

__all__ = ['atomic_path', 'register_all_modules', 'write_text']
