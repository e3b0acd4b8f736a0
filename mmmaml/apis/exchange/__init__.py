from .detection_forms import DetectionForm, form_of

__all__ = ['DetectionForm', 'form_of']
