from .maml_mot import MAMLMOT

__all__ = ['MAMLMOT']
