"""The launch scripts hand on what they are given; one test really starts two processes."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

TOOLS = Path(__file__).parents[2] / 'tools'
RECORDER = """#!/usr/bin/env bash
printf '%s\\n' "PYTHONPATH=$PYTHONPATH" "MASTER_PORT=${MASTER_PORT:-}" "$@"
"""


@pytest.fixture
def launch(tmp_path):
    """Run a script with launchers that print their arguments, one a line."""
    bin_dir = tmp_path / 'bin'
    bin_dir.mkdir()
    for name in ('torchrun', 'srun'):
        (bin_dir / name).write_text(RECORDER)
        (bin_dir / name).chmod(0o755)

    def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
        paths = (bin_dir, Path(sys.executable).parent, '/usr/bin', '/bin')
        environment = {'PATH': ':'.join(map(str, paths)), **variables}
        return subprocess.run(
            ['bash', str(TOOLS / script), *arguments],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    return run


def option(lines: list[str], name: str) -> str:
    return lines[lines.index(name) + 1]


def test_dist_train_passes_arguments_unchanged(launch):
    lines = launch('dist_train.sh', 'my config.py', '2', '--cfg-options', 'a=x y', 'b=*').stdout
    lines = lines.splitlines()
    script = lines.index(str(TOOLS / 'train.py'))
    assert lines[script + 1 :] == [
        *('my config.py', '--launcher', 'pytorch', '--cfg-options', 'a=x y', 'b=*')
    ]
    assert option(lines, '--nproc_per_node') == '2'
    assert (option(lines, '--nnodes'), option(lines, '--node_rank')) == ('1', '0')
    assert option(lines, '--master_addr') == '127.0.0.1'
    assert 1024 <= int(option(lines, '--master_port')) < 65536
    assert lines[0] == f'PYTHONPATH={TOOLS.parent}'


def test_several_machines_are_described_by_variables(launch):
    variables = {'NNODES': '3', 'NODE_RANK': '1', 'MASTER_ADDR': 'node0'}
    lines = launch('dist_train.sh', 'c.py', '8', **variables).stdout.splitlines()
    assert (option(lines, '--nnodes'), option(lines, '--node_rank')) == ('3', '1')
    assert option(lines, '--master_addr') == 'node0'
    assert option(lines, '--master_port') == '29500'
    lines = launch('dist_train.sh', 'c.py', '8', PORT='4242', PYTHONPATH='/x').stdout.splitlines()
    assert option(lines, '--master_port') == '4242'
    assert lines[0] == f'PYTHONPATH={TOOLS.parent}:/x'


@pytest.mark.parametrize('missing', ['NODE_RANK', 'MASTER_ADDR'])
def test_several_machines_that_would_wait_for_each_other_forever_are_refused(launch, missing):
    variables = {'NNODES': '2', 'NODE_RANK': '1', 'MASTER_ADDR': 'node0'}
    del variables[missing]
    result = launch('dist_train.sh', 'c.py', '8', **variables)
    assert (result.returncode, result.stdout) == (2, '')
    assert 'NNODES=2 needs NODE_RANK' in result.stderr
    assert 'MASTER_ADDR' in result.stderr


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        (['c.py', 'a b.pth', '4', '--out', 'o.pkl'], ['c.py', 'a b.pth']),
        (['c.py', '4', '--out', 'o.pkl'], ['c.py']),
    ],
)
def test_dist_test_works_with_and_without_checkpoint(launch, given, expected):
    lines = launch('dist_test.sh', *given).stdout.splitlines()
    script = lines.index(str(TOOLS / 'test.py'))
    assert lines[script + 1 :] == [*expected, '--launcher', 'pytorch', '--out', 'o.pkl']
    assert option(lines, '--nproc_per_node') == '4'


@pytest.mark.parametrize(
    ('script', 'arguments'),
    [
        ('dist_train.sh', ['c.py']),
        ('dist_train.sh', ['c.py', '0']),
        ('dist_train.sh', ['c.py', '--amp']),
        ('dist_test.sh', ['c.py', 'a.pth']),
        ('slurm_train.sh', ['part', 'job', 'c.py']),
        ('slurm_test.sh', ['part', 'job']),
    ],
)
def test_wrong_usage_ends_with_status_2(launch, script, arguments):
    result = launch(script, *arguments)
    assert result.returncode == 2
    assert result.stdout == ''
    assert 'usage' in result.stderr or 'number of GPUs' in result.stderr


def test_slurm_train_asks_for_what_the_variables_say(launch):
    lines = launch(
        *('slurm_train.sh', 'part', 'a job', 'c.py', 'w d', '--amp'),
        GPUS='4',
        SRUN_ARGS='--quotatype=auto --time=1',
        PORT='4242',
    ).stdout.splitlines()
    assert lines[:2] == [f'PYTHONPATH={TOOLS.parent}', 'MASTER_PORT=4242']
    assert lines[2:] == [
        *('-p', 'part', '--job-name=a job', '--gres=gpu:4', '--ntasks-per-node=4', '--ntasks=4'),
        *('--cpus-per-task=5', '--kill-on-bad-exit=1', '--quotatype=auto', '--time=1'),
        *('python', '-u', str(TOOLS / 'train.py'), 'c.py', '--work-dir', 'w d'),
        *('--launcher', 'slurm', '--amp'),
    ]


def test_slurm_test_without_gpus(launch):
    lines = launch(
        *('slurm_test.sh', 'part', 'job', 'c.py', '--reid', 'r.pth'), GPUS='2', GPUS_PER_NODE='0'
    ).stdout.splitlines()
    assert not [line for line in lines if line.startswith('--gres')]
    script = lines.index(str(TOOLS / 'test.py'))
    assert lines[script + 1 :] == ['c.py', '--reid', 'r.pth', '--launcher', 'slurm']


@pytest.mark.slow
@pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
def test_two_processes_train_and_test_one_model_without_a_gpu(toy_config, run_tool, tmp_path):
    """Two ranks of batch 2 take the steps of one process with batch 4, and find what it finds."""
    path = os.pathsep.join([str(TOOLS.parent), str(Path(__file__).parent)])
    environment = {**os.environ, 'PYTHONPATH': path, 'OMP_NUM_THREADS': '1'}
    environment.pop('LOCAL_RANK')
    environment['PATH'] = f'{Path(sys.executable).parent}:{environment["PATH"]}'

    def in_two_processes(script: str, *arguments: object) -> None:
        command = ['bash', str(TOOLS / script), *map(str, arguments)]
        subprocess.run(command, env=environment, check=True, timeout=240)

    order = {'train_dataloader.sampler.shuffle': False}
    run_tool('train', toy_config, '--work-dir', 'alone', **order)
    options = ['--cfg-options', 'train_dataloader.sampler.shuffle=False']
    options.append('train_dataloader.batch_size=2')
    in_two_processes('dist_train.sh', toy_config, 2, '--work-dir', 'both', *options)
    checkpoints = [tmp_path / name / 'epoch_2.pth' for name in ('alone', 'both')]
    alone, both = (torch.load(path, weights_only=False)['state_dict'] for path in checkpoints)
    for key, value in alone.items():
        torch.testing.assert_close(both[key], value)

    run_tool('test', toy_config, checkpoints[0], '--out', 'alone.pkl')
    in_two_processes('dist_test.sh', toy_config, checkpoints[0], 2, '--out', 'both.pkl')
    found, expected = (
        pickle.loads(Path(f'{name}.pkl').read_bytes()) for name in ('both', 'alone')
    )
    assert len(found) == 12
    torch.testing.assert_close(found, expected)
