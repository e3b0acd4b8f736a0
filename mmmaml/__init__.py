"""MAML MOT: multi-object tracking with meta-learned appearance, on OpenMMLab.

Importing the package is light: it prepares the import of mmtrack (see ``mmmaml.compat``), makes
that of mmdet quicker (see ``mmmaml.deferred_imports``) and leaves torch, mmcv and mmdet to the
modules that need them.
"""

from mmmaml.compat import apply_bridge
from mmmaml.deferred_imports import defer_imports
from mmmaml.version import __version__

apply_bridge()
defer_imports()

__all__ = ['__version__']
