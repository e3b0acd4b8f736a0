"""Registration of all components."""

import importlib

from mmengine import DefaultScope
from mmengine.logging import print_log

from mmmaml.compat import has_openmmlab


def register_all_modules(init_default_scope: bool = True) -> None:
    """Register the components of mmmaml and mmdet; those of mmtrack are found when named.

    Without mmcv and mmdet, the components that stand on them are left out.

    Args:
        init_default_scope: Make ``mmmaml`` the default scope, in which configs name our
            components bare. A Runner sets the scope of its config by itself.
    """
    packages = ['models', 'visualization']
    if has_openmmlab():
        from mmdet.utils import register_all_modules as register_mmdet

        register_mmdet(init_default_scope=False)
        packages += [
            'datasets.registration',
            'datasets.transforms',
            'engine',
            'evaluation.metrics',
        ]
    for package in packages:
        module = importlib.import_module(f'mmmaml.{package}')
        for name in getattr(module, '__all__', ()):  # some packages load what is named alone
            getattr(module, name)
    if not init_default_scope:
        return
    current = DefaultScope.get_current_instance()
    if current is not None and current.scope_name != 'mmmaml':
        print_log(
            f"default scope changes from {current.scope_name!r} to 'mmmaml'", logger='current'
        )
    if current is None or current.scope_name != 'mmmaml':
        name = f'mmmaml-{len(DefaultScope._instance_dict)}'
        DefaultScope.get_instance(name, scope_name='mmmaml')
