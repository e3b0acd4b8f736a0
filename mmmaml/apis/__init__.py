from .experiment import track, train

__all__ = ['track', 'train']
