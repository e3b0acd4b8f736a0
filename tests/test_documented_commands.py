"""Every command line of README and docs is run.

Most as they stand, in a folder that has what they name. The few that take minutes, a GPU or a
camera are parsed as they stand, and run in small by another test. ``pytest --collect-only`` on
this file lists which are which.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest

from mmmaml import env
from mmmaml.commands.console import COMMANDS as CONSOLE
from mmmaml.evaluation.benchmarks import benchmark_videos
from mmmaml.evaluation.files.decision_files import write_decisions
from mmmaml.utils.mot_files import read_rows, write_results
from mmmaml.visualization.videos import video_writer

from .apis.small_model import save_weights, small_config
from .scored_run import write_run
from .test_docs import CODE, PAGES, ROOT, blocks_of, path_of, prose_of, tool

COMMAND = re.compile(r'^(?:[A-Z_]+=\S* +)*(?:python|bash) (?:-m )?(mmmaml\.\w+|tools[./][\w./-]+)')


class Command(NamedTuple):
    """A command line of a page, without comments and what is optional."""

    page: str
    script: str
    line: str

    @property
    def arguments(self) -> list[str]:
        words = shlex.split(self.line)
        return words[words.index(self.script) + 1 :]


def commands_of(page: Path) -> list[Command]:
    """Commands of fenced blocks and within the text."""
    lines = [*lines_of(page, 'bash', ''), *map(typed, CODE.findall(prose_of(page)))]
    found = [(COMMAND.match(line), line) for line in lines]
    return [Command(page.name, match[1], line) for match, line in found if match]


def lines_of(page: Path, *languages: str) -> list[str]:
    """Command lines of fenced blocks."""
    code = [block.code for block in blocks_of(page) if block.language in languages]
    # A line ends with a backslash, or the next is indented and begins with options, to go on.
    code = [re.sub(r'\\\n|\n[ \t]+(?=[\[-])', ' ', each) for each in code]
    return [typed(line) for each in code for line in each.splitlines() if typed(line)]


def typed(line: str) -> str:
    """A line without a comment and what is optional, with single blanks.

    A command of the console is given as the script of the same module.
    """
    line = ' '.join(re.sub(r'\[[^\[\]]*\]|(?:^|\s)#.*', '', line).split())
    for words, (module, _) in CONSOLE.items():
        if line.startswith(f'mmmaml {words} '):
            (script,) = ROOT.glob(f'tools/**/{module.split(".")[-1]}.py')
            return f'python {script.relative_to(ROOT)}' + line.removeprefix(f'mmmaml {words}')
    return line


COMMANDS = list(
    {each.line: each for page in reversed(PAGES) for each in commands_of(page)}.values()
)
"""Each once."""

BENCHMARKS = 'tools.benchmarks'
RUN_AS_WRITTEN = {
    'mmmaml.env',
    'tools/analysis_tools/error_video.py',
    'tools/analysis_tools/plot_adaptation_gain.py',
    'tools/analysis_tools/plot_curves.py',
    'tools/analysis_tools/plot_embeddings.py',
    'tools/analysis_tools/plot_task_similarity.py',
    'tools/analysis_tools/plot_timeline.py',
    'tools/analysis_tools/report.py',
    'tools/analysis_tools/switch_causes.py',
    'tools/browse_episodes.py',
    'tools/check_data.py',
    'tools/dataset_converters/make_demo_data.py',
    'tools/dataset_converters/mot2coco.py',
    'tools/eval_mot.py',
    'tools/make_submission.py',
    'tools/test.py',
    'tools/track.py',
    'tools/train.py',
    f'{BENCHMARKS}.evidence.association_accuracy',
    f'{BENCHMARKS}.speed.meta_step',
}
TESTS = 'tests/tools/benchmarks'
RUN_IN_SMALL = {
    'tools/analysis_tools/compare_trackers.py': 'tests/tools/test_compare_trackers.py',
    'tools/dataset_converters/cvat2mot.py': 'tests/datasets/conversion/test_cvat_import.py',
    'tools/dataset_converters/export_tracks.py': 'tests/datasets/conversion/test_track_export.py',
    'tools/demo.py': 'tests/tools/test_demo.py',
    'tools/deployment/export_onnx.py': 'tests/tools/test_export_onnx.py',
    f'{BENCHMARKS}.evidence ': f'{TESTS}/evidence/test_evidence.py',
    f'{BENCHMARKS}.real ': f'{TESTS}/real/test_real.py',
    f'{BENCHMARKS}.real_reid': f'{TESTS}/real_reid/test_real_reid.py',
    f'{BENCHMARKS}.reliability ': f'{TESTS}/reliability/test_reliability.py',
    f'{BENCHMARKS}.reliability.soak': f'{TESTS}/reliability/test_soak.py',
    f'{BENCHMARKS}.speed.chain': f'{TESTS}/speed/test_chain.py',
    f'{BENCHMARKS}.speed.data': f'{TESTS}/speed/test_data.py',
    f'{BENCHMARKS}.speed.gpu': f'{TESTS}/speed/test_gpu.py',
    f'{BENCHMARKS}.speed.inference': f'{TESTS}/speed/test_inference.py',
    f'{BENCHMARKS}.speed.tracker': f'{TESTS}/speed/test_tracker.py',
    f'{BENCHMARKS}.table_1 ': f'{TESTS}/table_1/test_table_1.py',
    # Other commands of these tools are run as written.
    f'{BENCHMARKS}.speed.meta_step configs/one_shot/': f'{TESTS}/speed/test_meta_step.py',
    'tools/test.py configs/compose/': 'tests/test_compose.py',
    'tools/test.py configs/one_shot/': 'tests/tools/test_one_shot_demo.py',
    'tools/test.py my_config.py': 'tests/test_compose.py',
    'tools/tune.py': 'tests/tuning/test_command.py',
    'tools/fit_prior.py': 'tests/test_without_openmmlab.py',
    'tools/track.py 0 ': 'tests/tools/test_track.py',
    'tools/track.py a.mp4 b.mp4': 'tests/tools/test_track_streams.py',
    'tools/track.py hour': 'tests/test_without_openmmlab.py',
    'tools/track.py street.mp4 --detector': 'tests/test_without_openmmlab.py',
    'tools/track.py street.mp4 --config my_config.py': 'tests/test_compose.py',
    'tools/train.py configs/adapter/': 'tests/tools/test_adapter_training.py',
    'tools/train.py configs/one_shot/': 'tests/tools/test_one_shot_demo.py',
}
"""Beginnings of command lines that take minutes, a GPU or a camera, and who runs them in small."""

OF_SHELL = {
    'tools/install.sh': 'tests/test_setup.py',
    'tools/quickstart.sh': 'tests/test_setup.py',
    'tools/run_tests.sh': 'tests/test_setup.py',
}
"""Scripts that are run with the same arguments in environments made up for it."""

LAUNCHERS = {f'tools/{kind}_{what}.sh' for kind in ('dist', 'slurm') for what in ('train', 'test')}
WALKED_THROUGH = {'own_data.md': 'test_own_data.py'}
"""Pages whose blocks a test runs in their order."""


def runner_in_small(command: Command) -> str | None:
    line = command.line[command.line.index(command.script) :]
    starts = (each for start, each in RUN_IN_SMALL.items() if f'{line} '.startswith(start))
    return next(starts, None)


def way_of(command: Command) -> str:
    """Way to run a command: 'walk', 'launch', 'shell', 'small', 'written', or '' for none."""
    if command.page in WALKED_THROUGH and command.script.endswith('.py'):
        return 'walk'
    if command.script in LAUNCHERS:
        return 'launch'
    if command.script in OF_SHELL:
        return 'shell'
    if runner_in_small(command) is not None:
        return 'small'
    return 'written' if command.script in RUN_AS_WRITTEN else ''


def by_way(*ways: str) -> pytest.MarkDecorator:
    found = [command for command in COMMANDS if way_of(command) in ways]
    names = [f'{command.page}:{command.line[:70]}' for command in found]
    return pytest.mark.parametrize('command', found, ids=names)


def test_every_command_is_run() -> None:
    assert len(COMMANDS) > 60
    assert [command for command in COMMANDS if not way_of(command)] == []


def test_no_line_of_a_shell_is_overlooked() -> None:
    lines = [line for page in PAGES for line in lines_of(page, 'bash')]
    assert [line for line in lines if not COMMAND.match(line)] == []


def test_none_is_listed_that_is_not_there() -> None:
    scripts = {command.script for command in COMMANDS}
    assert RUN_AS_WRITTEN | set(OF_SHELL) | LAUNCHERS <= scripts
    for start in RUN_IN_SMALL:
        assert any(start in f'{command.line} ' for command in COMMANDS), start


@pytest.mark.parametrize(('start', 'test'), [*RUN_IN_SMALL.items(), *OF_SHELL.items()])
def test_what_runs_them_in_small_calls_them(start: str, test: str) -> None:
    """By the name of the tool as a word in quotes, as it is called, or by its import."""
    script = start.split()[0]
    text = (ROOT / test).read_text(encoding='utf-8')
    if script.startswith(BENCHMARKS):
        package, _, module = script.rpartition('.')
        assert re.search(rf'from {re.escape(package)} import {module}\b', text) or script in text
        return
    name = re.escape(Path(script).stem).replace('_', '[-_]')  # of tools, and of the console
    assert re.search(rf"""['"/]{name}(?:\.py|\.sh)?['" ]|import {name}\b""", text)


# ---- run as written

FILES = {
    'CONFIG': 'config.py',
    'REID_CONFIG': 'config.py',
    'MOT_CONFIG': 'config.py',
    'configs/demo/maml-mot_r18_demo.py': 'config.py',
    'work_dirs/reid/epoch_6.pth': 'CHECKPOINT',
    'ROOT': 'data/MOT17',
    'GT_DIR': 'data/MOT17/train',
    'RESULTS_DIR': 'work_dirs/my_run/tracks/results',
    'DIR': 'data/my_data',
    'SOURCE': 'data/my_data/test/DEMO-03',
    'WORK_DIR': 'work_dirs/test',
    'TRAIN_DIR': 'work_dirs/train',
}
"""Files for words that stand for one."""

ONLY_SAY = (
    'tools.benchmarks.speed.meta_step',
    'tools/analysis_tools/switch_causes.py',
    'tools/check_data.py',
    'tools/eval_mot.py',
)
"""Tools that write no file unless an option asks for one."""

OUTPUTS = ('--csv', '--json', '--markdown', '--out', '--out-dir', '--work-dir')
SMALLER = {
    'tools.benchmarks.speed.meta_step': '--tasks 1 --ways 2 --rounds 1',
    'tools/browse_episodes.py': '--num 1',
    'tools/dataset_converters/make_demo_data.py': '--frames 4 --people 2 --train 1 --test 1',
}
"""Options that follow the documented ones, and so go before them."""


@pytest.fixture(scope='module')
def template(mot_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file or folder for everything that commands are given."""
    root = tmp_path_factory.mktemp('documented')
    (root / 'data' / 'MOT17').mkdir(parents=True)
    for part in ('train', 'test'):
        (root / 'data' / 'MOT17' / part).symlink_to(mot_root / part)
    (root / 'data' / 'my_data').symlink_to(mot_root)
    write_video(root, mot_root / 'test' / 'DEMO-03')
    write_tracked(root, mot_root)
    write_run(root).rename(root / 'work_dirs' / 'test')
    write_log(root / 'work_dirs' / 'train')
    save_weights(small_config(mot_root), root / 'CHECKPOINT')
    return root


@pytest.fixture
def place(template: Path, mot_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it as working folder, with the config of a small network."""
    shutil.copytree(template, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('LOCAL_RANK', '0')
    write_config(mot_root, tmp_path.name)
    return tmp_path


def write_config(root: Path, name: str) -> None:
    """``config.py`` of a training for one epoch; runs of the same name share their logs."""
    config = small_config(root)
    config.train_dataloader.dataset.dataset.data_root = str(root)
    config.train_dataloader.dataset.update(num_ways=4, num_support=2)
    config.train_cfg.max_epochs = 1
    config.experiment_name = name
    config.dump('config.py')


def write_video(folder: Path, sequence: Path) -> None:
    (folder / 'boxes.txt').symlink_to(sequence / 'det' / 'det.txt')
    with video_writer(folder / 'street.mp4', folder / 'street.mp4', 6) as write:
        for image in sorted((sequence / 'img1').iterdir())[:8]:
            write(cv2.imread(str(image)), image)


def write_tracked(folder: Path, root: Path) -> None:
    """Tracks of the training sequences, and those of all of MOT17 for a submission."""
    results = folder / 'work_dirs/my_run/tracks/results'
    results.mkdir(parents=True)
    for sequence in sorted((root / 'train').iterdir()):
        rows = read_rows(sequence / 'gt' / 'gt.txt')
        write_results(results / f'{sequence.name}.txt', rows[:, :7])
        write_decisions(results / f'{sequence.name}_decisions.csv', {})
    (folder / 'RESULTS').mkdir()
    row = np.array([[1, 1, 1, 1, 2, 2, 0.5]])
    videos = [*benchmark_videos('MOT17', 'train'), *benchmark_videos('MOT17', 'test')]
    for name in (f'{video}-{each}' for video in videos for each in ('DPM', 'FRCNN', 'SDP')):
        write_results(folder / 'RESULTS' / f'{name}.txt', row)


def write_log(folder: Path) -> None:
    """Write the log of a training that plots read."""
    log = folder / '20260101_000000' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    losses = '"loss": 1.5, "query_ce": 1.0, "query_ce_adapted": 0.5'
    log.write_text(''.join(f'{{"iter": {i}, "lr": 0.1, {losses}}}\n' for i in range(1, 9)))


@by_way('written')
def test_runs_as_written(command: Command, place: Path) -> None:
    arguments = [FILES.get(word, word) for word in command.arguments]
    arguments += SMALLER.get(command.script, '').split()
    if command.script == 'mmmaml.env':
        assert not env.main()
        return
    before = {path for path in place.rglob('*') if path.is_file()}
    with pytest.MonkeyPatch.context() as patch:
        assert not tool(path_of(command.script), patch).main(arguments)
    written = [path for path in place.rglob('*') if path.is_file() and path not in before]
    assert written or command.script in ONLY_SAY
    named = [arguments[arguments.index(each) + 1] for each in OUTPUTS if each in arguments]
    assert [path for path in named if not Path(path).exists()] == []


@by_way('launch')
def test_launch_scripts_start_what_is_written(command: Command, tmp_path: Path) -> None:
    for name in ('torchrun', 'srun'):
        (tmp_path / name).write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$@"\n')
        (tmp_path / name).chmod(0o755)
    paths = f'{tmp_path}:{Path(sys.executable).parent}:{os.environ["PATH"]}'
    line = re.sub(r'\bGPUS(?!=)\b', '2', command.line)
    started = subprocess.run(
        ['bash', '-c', line],
        cwd=ROOT,
        env={'PATH': paths},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.splitlines()
    script = next(word for word in started if word.endswith(('/train.py', '/test.py')))
    assert Path(script).stem in command.script
    assert_parsed(Path(script), started[started.index(script) + 1 :])


# ---- parsed as written


class ParsedError(BaseException):
    """Arguments were parsed; nothing is done with them."""


def stops_after(parse: Callable[..., Any]) -> Callable[..., Any]:
    def stopping(*arguments: Any) -> None:
        parse(*arguments)
        raise ParsedError

    return stopping


def assert_parsed(path: Path, arguments: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name in ('parse_args', 'parse_intermixed_args'):
            patch.setattr(ArgumentParser, name, stops_after(getattr(ArgumentParser, name)))
        with pytest.raises(ParsedError):
            tool(path, patch).main(arguments)


@by_way('small', 'walk')
def test_is_parsed_as_written(command: Command) -> None:
    assert_parsed(path_of(command.script), command.arguments)


def test_configs_that_are_named_are_there() -> None:
    words = {word for command in COMMANDS for word in command.arguments}
    configs = [word for word in words if word.startswith('configs/')]
    assert len(configs) > 5
    assert [path for path in configs if not (ROOT / path).is_file()] == []
