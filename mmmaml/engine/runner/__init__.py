from .meta_runner import MetaRunner

__all__ = ['MetaRunner']
