from .one_shot_head import OneShotHead

__all__ = ['OneShotHead']
