"""Every registry of mmmaml sits below MMEngine's root and finds its components."""

import importlib

import mmdet.registry
import pytest
from mmengine import registry as root
from mmengine.registry import Registry

import mmmaml.registry

REGISTRIES = {name: getattr(mmmaml.registry, name) for name in mmmaml.registry.__all__}
registries = pytest.mark.parametrize(
    ('name', 'registry'), REGISTRIES.items(), ids=list(REGISTRIES)
)


def own_components(registry: Registry) -> list[str]:
    """Names of the registered components, less those that other tests made up."""
    registry.import_from_location()
    items = registry.module_dict.items()
    return sorted(key for key, item in items if item.__module__.startswith('mmmaml.'))


def test_every_registry_is_exported() -> None:
    defined = {k for k, v in vars(mmmaml.registry).items() if isinstance(v, Registry)}
    assert defined == set(REGISTRIES)


@registries
def test_parent_is_the_root_of_the_same_kind(name: str, registry: Registry) -> None:
    assert registry.scope == 'mmmaml'
    assert registry.parent is getattr(root, name)
    assert registry.parent.children['mmmaml'] is registry


@registries
def test_locations_import(name: str, registry: Registry) -> None:
    assert registry._locations
    for location in registry._locations:
        importlib.import_module(location)


@registries
def test_components_live_in_the_locations_that_register_them(
    name: str, registry: Registry
) -> None:
    rooms = tuple(location.removesuffix('.registration') for location in registry._locations)
    for key in own_components(registry):
        module = registry.get(key).__module__
        assert module.startswith(rooms), f'{key} of {name} is in {module}'


@registries
def test_components_are_found_from_other_scopes(name: str, registry: Registry) -> None:
    import mmtrack.registry

    others = [getattr(package.registry, name) for package in (mmdet, mmtrack)]
    for key in own_components(registry):
        component = registry.get(key)
        assert registry.parent.get(f'mmmaml.{key}') is component
        assert all(other.get(f'mmmaml.{key}') is component for other in others)


@pytest.mark.parametrize('scope', ['mmdet', 'mmtrack'])
def test_components_of_the_neighbours_are_found(scope: str) -> None:
    component = mmmaml.registry.MODELS.get(f'{scope}.DeepSORT')
    assert component.__module__.startswith(f'{scope}.')


def test_an_unknown_component_is_not_found() -> None:
    assert mmmaml.registry.MODELS.get('NoSuchComponent') is None
