"""MOTChallenge folders made by hand."""

from pathlib import Path

import cv2
import numpy as np


def write_sequence(
    folder: Path,
    gt: str | None = '',
    num_frames: int = 4,
    size: tuple[int, int] = (64, 48),
    stated_frames: int | None = None,
    digits: int = 6,
) -> Path:
    """A sequence whose frame k is filled with grey level 10 k."""
    (folder / 'img1').mkdir(parents=True)
    for number in range(1, num_frames + 1):
        image = np.full((size[1], size[0], 3), 10 * number, np.uint8)
        cv2.imwrite(str(folder / 'img1' / f'{number:0{digits}d}.jpg'), image)
    if gt is not None:
        (folder / 'gt').mkdir()
        (folder / 'gt' / 'gt.txt').write_text(gt)
    (folder / 'seqinfo.ini').write_text(
        f'[Sequence]\nname={folder.name}\nimDir=img1\nframeRate=30\n'
        f'seqLength={stated_frames or num_frames}\n'
        f'imWidth={size[0]}\nimHeight={size[1]}\nimExt=.jpg\n'
    )
    return folder
