"""Exports of CVAT made by hand."""

import io
import zipfile

import cv2
import numpy as np


def mot_files(rows, labels, names=(), size=(64, 48)):
    """Content of a "MOT 1.1" export, by path."""
    files = {
        'gt/gt.txt': ''.join(','.join(map(str, row)) + '\n' for row in rows).encode(),
        'gt/labels.txt': '\n'.join(labels).encode(),
    }
    for grey, name in enumerate(names):
        image = np.full((size[1], size[0], 3), 9 * grey, np.uint8)
        files[f'img1/{name}'] = cv2.imencode('.png', image)[1].tobytes()
    return files


def frame_names(count, first=0, step=1):
    """CVAT's names of the images of a video."""
    return [f'frame_{first + k * step:06d}.PNG' for k in range(count)]


def write_zip(path, files, folder=''):
    """Pack files as CVAT does."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w') as archive:
        for name, data in files.items():
            archive.writestr(f'{folder}{name}', data)
    path.write_bytes(content.getvalue())
    return path


def write_folder(path, files):
    """Unpack files."""
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path
