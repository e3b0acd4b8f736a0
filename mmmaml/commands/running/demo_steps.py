"""Steps of the demo that take their time; each may run in a process of its own.

The packages that they need are imported inside: the program that starts them needs none of them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmmaml.utils.mot_files import FRAME, read_rows

from .demo_data import DemoData

Advance = Callable[[int, int], None]


def train_step(config: Config, folder: Path, seed: int, advance: Advance) -> None:
    """Train; the folder then holds the last checkpoint."""
    from mmmaml.apis import train

    _one_thread()
    train(config, folder, seed, (_progress_hook(advance),))


def track_step(
    config: Config, folder: Path, training: Path, advance: Advance
) -> dict[str, Any] | None:
    """Track the held-out sequences; return the scores, None if there is no ground truth.

    Args:
        config: Of the network and tracker.
        folder: Folder of the tracks.
        training: Folder of the training whose last checkpoint tracks.
        advance: Told the frames.
    """
    from mmmaml.apis import track

    _one_thread()
    checkpoint = (training / 'last_checkpoint').read_text().strip()
    return track(config, checkpoint, folder, (_progress_hook(advance),))


def draw_step(data: DemoData, training: Path, tracks: Path, out: Path, advance: Advance) -> None:
    """Write videos of the held-out sequences and the learning curves.

    Args:
        data: Whose held-out sequences are drawn.
        training: Folder of the training whose curves are drawn.
        tracks: Folder of the tracks.
        out: Folder of the pictures.
        advance: Told the frames of a video.
    """
    from mmmaml.visualization import plot_training_curves, render_video

    log = max(training.glob('*/vis_data/scalars.json'))
    plot_training_curves(log, out / 'learning_curves.png')
    for sequence, start in data.test.sequences().items():
        rows = read_rows(tracks / 'results' / f'{sequence.name}.txt')
        rows[:, FRAME] += start - 1
        frames = range(start, sequence.num_frames + 1)
        render_video(
            sequence,
            rows,
            out / 'videos' / f'{sequence.name}.mp4',
            frames=frames,
            on_frame=lambda frame, frames=frames: advance(frame - frames.start + 1, len(frames)),
        )


def _one_thread() -> None:
    """Compute by one thread: small networks gain little by more, which cost other steps theirs.

    Sums of several threads are rounded by their number, so results would depend on the machine.
    """
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(0)


def _progress_hook(advance: Advance) -> Any:
    from mmengine.hooks import Hook

    class ProgressHook(Hook):
        """Reports iterations of training and testing to a progress bar."""

        def after_train_iter(self, runner: Any, *args: object, **kwargs: object) -> None:
            """Report the iterations done."""
            advance(runner.iter + 1, runner.max_iters)

        def after_test_iter(self, runner: Any, batch_idx: int, *args: Any, **kwargs: Any) -> None:
            """Report the frames done."""
            advance(batch_idx + 1, len(runner.test_dataloader))

    return ProgressHook()
