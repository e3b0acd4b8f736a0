"""Distributed runs of processes that have no GPU."""

import gc
import importlib
import os
import subprocess

import torch
from mmengine.config import Config

# Where the launchers say which process this is: rank, number of processes, rank on this node.
_RANK_VARIABLES = {
    'slurm': ('SLURM_PROCID', 'SLURM_NTASKS', 'SLURM_LOCALID'),
    'mpi': ('OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_RANK'),
}


def join_cpu_processes(config: Config) -> None:
    """Join the process group with gloo, and let the config wrap its model for CPUs.

    MMEngine's own start asks for a GPU, and its default wrapper puts the model on one.

    Args:
        config: Of the run; ``launcher`` tells what started its processes.
    """
    if config.launcher in _RANK_VARIABLES:
        names = ('RANK', 'WORLD_SIZE', 'LOCAL_RANK')
        for name, variable in zip(names, _RANK_VARIABLES[config.launcher], strict=True):
            os.environ[name] = os.environ[variable]
    if config.launcher == 'slurm' and 'MASTER_ADDR' not in os.environ:
        nodes = ('scontrol', 'show', 'hostnames', os.environ['SLURM_NODELIST'])
        os.environ['MASTER_ADDR'] = subprocess.check_output(nodes, text=True).split()[0]
    os.environ.setdefault('MASTER_PORT', '29500')
    # Its functions have the group as a default argument: imported after the group is there, as
    # torch does sooner or later, they would hold it for ever (see leave_processes).
    importlib.import_module('torch.distributed.nn.functional')
    torch.distributed.init_process_group('gloo')
    wrapper = config.get('model_wrapper_cfg') or {
        'type': 'MMDistributedDataParallel',
        'broadcast_buffers': False,
        'find_unused_parameters': config.get('find_unused_parameters', False),
    }
    config.model_wrapper_cfg = {**wrapper, 'device_ids': None}


def leave_processes() -> None:
    """Leave the process group and end its threads; to be called when no Runner is in use.

    Gloo's threads end with the last object that holds the group, such as the wrapped model in
    the reference cycles of a Runner. Those that live when the interpreter ends may abort it, and
    with it a run that was finished.
    """
    if torch.distributed.is_initialized():
        # Before the group: its last owner waits for the threads, which may need the interpreter,
        # and of the owners only the group's own Python object lets them have it.
        gc.collect()
        torch.distributed.destroy_process_group()
