"""Outputs never touch an input."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.utils.outputs import refuse_overwriting, refuse_unwritable, sole_run


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working folder, by its name alone."""
    monkeypatch.chdir(tmp_path)
    path = Path('street.mp4')
    path.write_bytes(b'frames')
    return path


@pytest.mark.parametrize('kind', ['same', 'absolute', 'dotted', 'symlink', 'hard link', 'folder'])
def test_an_output_is_no_input_by_any_name(video: Path, kind: str) -> None:
    other = Path('other.mp4')
    if kind == 'same':
        other = video
    elif kind == 'absolute':
        other = video.absolute()
    elif kind == 'dotted':
        Path('results').mkdir()
        other = Path('results/../street.mp4')
    elif kind == 'symlink':
        other.symlink_to(video)
    elif kind == 'hard link':
        os.link(video, other)
    else:
        Path('here').symlink_to('.')
        other = Path('here/street.mp4')
    message = r'would be written over (street\.mp4|itself), which is read: name another file'
    with pytest.raises(ValueError, match=message):
        refuse_overwriting([None, other], [None, 'no.txt', 'https://a/b.pth', video])
    assert video.read_bytes() == b'frames'


def test_outputs_differ(video: Path) -> None:
    Path('link').symlink_to('.')
    with pytest.raises(ValueError, match=r'link/a\.md would be written over a\.md, which is writ'):
        refuse_overwriting(['a.md', Path('link/a.md')], [video])
    refuse_overwriting(['a.md', 'a.json', None], [video])


def test_a_file_that_takes_both_cases_is_one(video: Path, monkeypatch) -> None:
    monkeypatch.setattr(os.path, 'normcase', str.lower)
    with pytest.raises(ValueError, match='which is written, too'):
        refuse_overwriting(['A.md', 'a.md'], [])


def test_folders_stand_for_themselves(video: Path) -> None:
    Path('results').mkdir()
    refuse_overwriting(['results/scores.json'], ['results'])
    with pytest.raises(ValueError, match='would be written over results, which is read'):
        refuse_overwriting([Path('results').absolute()], ['results'])


NAMES = st.lists(st.sampled_from('abcde'), max_size=4)


@given(read=NAMES, written=NAMES)
def test_what_is_refused_is_what_collides(tmp_path_factory, read, written) -> None:
    folder = tmp_path_factory.mktemp('files')
    for name in read:
        (folder / name).touch()
    collides = bool(set(read) & set(written)) or len(set(written)) < len(written)
    try:
        refuse_overwriting([folder / name for name in written], [folder / name for name in read])
    except ValueError:
        assert collides
    else:
        assert not collides


def test_what_cannot_be_written_is_told_first(video: Path, monkeypatch) -> None:
    refuse_unwritable([None, 'a.txt', 'new/folder/a.txt', video])
    assert not Path('new').exists()
    Path('folder.txt').mkdir()
    with pytest.raises(IsADirectoryError, match=r'folder\.txt is a folder: name a file'):
        refuse_unwritable(['folder.txt'])
    with pytest.raises(NotADirectoryError, match=r'street\.mp4 is no folder; name another'):
        refuse_unwritable(['street.mp4/sub/a.txt'])
    monkeypatch.setattr(os, 'access', lambda *args: False)
    with pytest.raises(PermissionError, match=r'a\.txt cannot be written: you may not write to'):
        refuse_unwritable(['a.txt'])


def test_a_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / 'work dir'
    code = (
        'import sys, time; from mmmaml.utils.outputs import sole_run\n'
        "with sole_run(sys.argv[1], '--out'): print('in', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, '-c', code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == 'in\n'
        with (
            pytest.raises(ValueError, match=r'another run is at work in .*work dir: .*--work-dir'),
            sole_run(folder, '--work-dir'),
        ):
            pass
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    for _ in range(2):  # a run that was killed or has ended is none
        with sole_run(folder, '--work-dir'):
            pass


def test_an_error_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sole_run(tmp_path, '--out'):
        _ = 1 / 0
    with sole_run(tmp_path, '--out'):
        pass
