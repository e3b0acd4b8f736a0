"""Weights of a file taken over by name, with a word on the others."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mmengine.logging import print_log
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn


@dataclass(frozen=True)
class LoadReport:
    """The fate of the entries of a file and of a module.

    Attributes:
        loaded: Names that were taken over.
        missing: Names of the module that the file does not have.
        unexpected: Names of the file that the module does not have.
        misshapen: Names of both whose shapes differ, with the shape in the file.
    """

    loaded: list[str]
    missing: list[str]
    unexpected: list[str]
    misshapen: dict[str, tuple[int, ...]]

    @property
    def lacking(self) -> list[str]:
        """Names of the module that were not taken over."""
        return [*self.missing, *self.misshapen]

    @property
    def total(self) -> int:
        """Number of entries of the module."""
        return len(self.loaded) + len(self.lacking)


def in_words(names: Collection[str], most: int = 3) -> str:
    """Count names by the part of a model that they are of: ``reid.head (2), reid.neck (1)``."""
    parts = Counter('.'.join(name.split('.')[:2]) for name in names)
    listed = [f'{part} ({number})' for part, number in parts.most_common(most)]
    return ', '.join([*listed, *(['...'] if len(parts) > most else [])])


def take_over(module: nn.Module, state: Mapping[str, Tensor]) -> LoadReport:
    """Take over the entries that a module has by the same name and shape.

    Parts that take their size from a file, such as a task memory, do so.

    Args:
        module: Module to load into.
        state: Entries by name.

    Returns:
        The report, of the module as it is afterwards.
    """
    metadata = getattr(state, '_metadata', None) or {}
    entries = dict(state)  # torch adds counters that old files lack

    def load(part: nn.Module, prefix: str) -> None:
        version = metadata.get(prefix[:-1], {})
        part._load_from_state_dict(entries, prefix, version, True, [], [], [])
        for name, child in part.named_children():
            load(child, f'{prefix}{name}.')

    load(module, '')
    own = module.state_dict()
    common = [name for name in own if name in state]
    loaded = [name for name in common if state[name].shape == own[name].shape]
    return LoadReport(
        loaded=loaded,
        # Files from before torch 0.4.1 do not count the batches of a normalisation.
        missing=[n for n in own if n not in state and not n.endswith('num_batches_tracked')],
        unexpected=[name for name in state if name not in own],
        misshapen={n: tuple(state[n].shape) for n in common if state[n].shape != own[n].shape},
    )


def load_by_name(module: nn.Module, path: str, prefix: str | None = None) -> LoadReport:
    """Take over the entries of a checkpoint that a module has by the same name and shape.

    Args:
        module: Module to load into.
        path: File, or address as of MMEngine's checkpoints.
        prefix: Take entries that begin with it and a dot, without it.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: No entry of the file fits.
    """
    content = CheckpointLoader.load_checkpoint(path, map_location='cpu')
    state = content.get('state_dict', content)
    if prefix is not None:
        start = prefix.rstrip('.') + '.'
        state = {n.removeprefix(start): v for n, v in state.items() if n.startswith(start)}
    report = take_over(module, state)
    if not report.loaded:
        own = list(module.state_dict())
        raise ValueError(
            f'{path} has nothing for {type(module).__name__}: it holds '
            f'{", ".join(list(state)[:3]) or "nothing"} ..., expected {", ".join(own[:3])} '
            '...; is it a file of another network, or does it need a prefix?'
        )
    lines = [f'{type(module).__name__}: {len(report.loaded)} entries loaded from {path}']
    for what in ('missing', 'unexpected', 'misshapen'):
        names = getattr(report, what)
        lines.append(f'  {what}: {len(names)}' + (f' ({", ".join(names)})' if names else ''))
    print_log('\n'.join(lines), logger='current')
    return report
