"""Display of track.py: drawn frames, how far it is, where the time went."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mmmaml.apis import Tracks
from mmmaml.apis.track_table import TrackTable
from mmmaml.visualization import TrailBuffer, count_title, draw_tracks

WINDOW = 'tracks: q stops'
MAX_WIDTH, MAX_HEIGHT = 1280, 720


class Window:
    """A window that is no larger than most screens and can be resized.

    Attributes:
        closed: True if somebody closed it, by its button, q or Escape.
    """

    def __init__(self) -> None:
        self.closed = False
        self._open = False

    def show(self, image: np.ndarray) -> None:
        """Show a picture (H, W, 3).

        Raises:
            OSError: OpenCV cannot open a window.
        """
        try:
            self._show(image)
        except cv2.error as error:
            raise OSError(f'--show: OpenCV cannot open a window here: {error}') from error

    def _show(self, image: np.ndarray) -> None:
        if not self._open:
            height, width = image.shape[:2]
            scale = min(1.0, MAX_WIDTH / width, MAX_HEIGHT / height)
            cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
            cv2.resizeWindow(WINDOW, round(scale * width), round(scale * height))
            self._open = True
        cv2.imshow(WINDOW, image)
        key = cv2.waitKey(1) & 0xFF
        gone = cv2.getWindowProperty(WINDOW, cv2.WND_PROP_VISIBLE) < 1
        self.closed = gone or key in (ord('q'), 27)


class Picture:
    """Draws the frames of a video and shows them in a window if that is wanted.

    Args:
        trail_length: Frames that the line behind each person reaches back.
        show: Show them.
    """

    def __init__(self, trail_length: int, show: bool) -> None:
        self.trails = TrailBuffer(trail_length)
        self.window = Window() if show else None

    @property
    def closed(self) -> bool:
        """True if the window was closed, by its button, q or Escape."""
        return self.window is not None and self.window.closed

    def draw(self, frame: np.ndarray, tracks: Tracks) -> np.ndarray:
        """Draw boxes, ids, trails and the crowd count over a frame (H, W, 3)."""
        trails = self.trails.add(tracks.frame, tracks.ids, tracks.bboxes)
        title = count_title(tracks.crowd_count, len(tracks))
        drawn = draw_tracks(frame, tracks.bboxes, tracks.ids, trails, title=title)
        if self.window is not None:
            self.window.show(drawn)
        return drawn


@contextmanager
def progress(console: Console, name: str, num_frames: int | None) -> Iterator[Callable[[], None]]:
    """Show how far it is; yields a function to be called after each frame."""
    columns = TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(name, total=num_frames)
        yield lambda: bar.advance(task)


def report(
    console: Console, seconds: Mapping[str, float], found: TrackTable, paths: Mapping[str, Path]
) -> None:
    """Show the times of the stages and the names of the files."""
    num_frames = found.num_frames
    total = sum(seconds.values())
    table = Table('stage', 'seconds', 'ms a frame', 'share')
    for stage, each in {**seconds, 'all': total}.items():
        share = f'{100 * each / total:.0f} %'
        table.add_row(stage, f'{each:.2f}', f'{1000 * each / num_frames:.1f}', share)
    console.print(table)
    written = ', '.join(path.name for path in paths.values())
    folder = paths['.mp4'].parent
    frames = 'frame' if num_frames == 1 else 'frames'
    console.print(f'{num_frames} {frames} tracked; in {folder}: {written}', soft_wrap=True)
    if not found.num_tracks:
        console.print(
            'There are no tracks: nobody was detected, or all scores are below the thresholds of '
            'the tracker (score_thr, init_score_thr; see docs/faq.md).',
            soft_wrap=True,
        )
