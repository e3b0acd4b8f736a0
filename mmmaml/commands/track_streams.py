"""Run of track.py with several sources: they share the networks, each has its own files."""

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from mmmaml.apis import TrackedFrame
from mmmaml.apis.sources import FrameSource, open_source
from mmmaml.command_line import INTERRUPTED, fold
from mmmaml.utils.outputs import refuse_overwriting

from .track_display import progress
from .track_run import STAGES, Results, build_inferencer, result_paths, stop_on_interrupt


def run(args: argparse.Namespace) -> tuple[int, str]:
    """Track sources at a time and write the tracks of each, as far as it went.

    Returns:
        Exit status, and what to say of sources that were not tracked to their end.
    """
    console = Console()
    sources = [open_source(each) for each in args.sources]
    _check_names(sources)
    paths = [result_paths(args, source) for source in sources]
    refuse_overwriting(
        [path for each in paths for path in each.values()],
        [path for source in sources for path in source.files],
    )
    inferencer = build_inferencer(args)
    workers = None
    if args.device == 'cpu':
        # Frames beside each other serve a CPU better than threads within a frame.
        workers = args.threads or os.cpu_count()
        torch.set_num_threads(1)
    problems: dict[int, Exception] = {}
    frames = inferencer.streams(sources, None, workers, problems.__setitem__)
    results: dict[int, Results] = {}
    seconds = [dict.fromkeys(STAGES, 0.0) for _ in sources]
    start = time.perf_counter()
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_interrupt())
        with progress(console, f'{len(sources)} sources', _total(sources)) as advance:
            for frame in frames:
                number = frame.stream
                if number not in results:
                    made = Results(args, sources[number], paths[number], frame.frame_rate)
                    results[number] = stack.enter_context(made)
                if number not in problems:
                    try:
                        _take(results[number], frame, seconds[number])
                    except (OSError, ValueError) as error:  # of this source alone
                        problems[number] = error
                advance()
                if stop.is_set():
                    break
            frames.close()
        for number, made in results.items():
            if args.debug and number in problems:
                raise problems[number]
            if made.table.num_frames:
                made.finish(inferencer.config, seconds[number])
            else:
                made.abandon(problems[number])
    _report(console, sources, results, time.perf_counter() - start, args.out_dir)
    if problems:
        said = '; '.join(fold(problems[number]) for number in sorted(problems))
        return 1 if results else 2, f'{said}; written is what was tracked until then'
    if stop.is_set():
        return INTERRUPTED, 'stopped by Ctrl-C; what is written is whole'
    return 0, ''


def _take(results: Results, frame: TrackedFrame, seconds: dict[str, float]) -> None:
    start = time.perf_counter()
    results.draw(frame)
    results.add(frame)
    spent = {**frame.seconds, 'drawing': time.perf_counter() - start}
    for stage in STAGES:
        seconds[stage] += spent.get(stage, 0.0)


def _check_names(sources: list[FrameSource]) -> None:
    """Refuse sources whose results would have one name."""
    seen: dict[str, FrameSource] = {}
    for source in sources:
        other = seen.setdefault(source.name, source)
        if other is not source:
            raise ValueError(
                f'{other} and {source} would both be written as {source.name}: track them one by '
                'one with another --out-dir each, or rename one'
            )


def _total(sources: list[FrameSource]) -> int | None:
    numbers = [source.num_frames for source in sources]
    return None if None in numbers else sum(number for number in numbers if number)


def _report(
    console: Console,
    sources: list[FrameSource],
    results: dict[int, Results],
    seconds: float,
    folder: Path,
) -> None:
    """Show the frames and tracks of each source, how fast all were, and the folder."""
    table = Table('source', 'frames', 'tracks')
    for number, made in sorted(results.items()):
        found = made.table
        table.add_row(sources[number].name, str(found.num_frames), str(found.num_tracks))
    console.print(table)
    total = sum(made.table.num_frames for made in results.values())
    console.print(
        f'{total} frames tracked in {seconds:.1f} s, {total / seconds:.1f} a second; files are in '
        f'{folder}',
        soft_wrap=True,
    )
