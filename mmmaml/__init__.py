"""MAML MOT: multi-object tracking with meta-learned appearance, on OpenMMLab.

Importing the package is light: it prepares the import of mmtrack (see ``mmmaml.compat``) and
leaves torch, mmcv and mmdet to the modules that need them.
"""

from mmmaml.compat import apply_bridge
from mmmaml.version import __version__

apply_bridge()

__all__ = ['__version__']
