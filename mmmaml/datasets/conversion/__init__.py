from .mot_to_coco import convert_mot, select_sequences

__all__ = ['convert_mot', 'select_sequences']
