"""Weights of a file taken over by name, with a word on what was not."""

from dataclasses import dataclass

from mmengine.logging import print_log
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn


@dataclass(frozen=True)
class LoadReport:
    """The fate of the entries of a file and of a module.

    Attributes:
        loaded: Names that were taken over.
        missing: Names of the module that the file does not have.
        unexpected: Names of the file that the module does not have.
        misshapen: Names of both whose shapes differ.
    """

    loaded: list[str]
    missing: list[str]
    unexpected: list[str]
    misshapen: list[str]


def load_by_name(module: nn.Module, path: str, prefix: str | None = None) -> LoadReport:
    """Take over the entries of a checkpoint that a module has by the same name and shape.

    Args:
        module: What to load into.
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
    own = module.state_dict()
    common = [name for name in own if name in state]
    fitting = {name: state[name] for name in common if state[name].shape == own[name].shape}
    # Files from before torch 0.4.1 do not count the batches of a normalisation.
    missing = [n for n in own if n not in state and not n.endswith('num_batches_tracked')]
    report = LoadReport(
        loaded=list(fitting),
        missing=missing,
        unexpected=[name for name in state if name not in own],
        misshapen=[name for name in common if name not in fitting],
    )
    if not fitting:
        raise ValueError(
            f'{path} has nothing for {type(module).__name__}: it holds '
            f'{", ".join(list(state)[:3]) or "nothing"} ..., expected {", ".join(list(own)[:3])} '
            '...; is it a file of another network, or does it need a prefix?'
        )
    module.load_state_dict(fitting, strict=False)
    lines = [f'{type(module).__name__}: {len(report.loaded)} entries loaded from {path}']
    for what in ('missing', 'unexpected', 'misshapen'):
        names = getattr(report, what)
        lines.append(f'  {what}: {len(names)}' + (f' ({", ".join(names)})' if names else ''))
    print_log('\n'.join(lines), logger='current')
    return report
