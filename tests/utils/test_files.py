import os
import stat

import pytest

from mmmaml.utils import atomic_path, natural_key, write_text


def test_writes_into_folders_that_do_not_exist(tmp_path):
    write_text(tmp_path / 'a' / 'b.txt', 'Straße')
    assert (tmp_path / 'a' / 'b.txt').read_text(encoding='utf-8') == 'Straße'


def _write_half(path):
    with atomic_path(path) as temporary:
        temporary.write_text('half')
        raise RuntimeError('broken')


def test_failure_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / 'a.txt'
    path.write_text('old')
    with pytest.raises(RuntimeError, match='broken'):
        _write_half(path)
    assert path.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_suffix_and_the_folder(tmp_path):
    with atomic_path(tmp_path / 'video.mp4') as temporary:
        assert temporary.suffix == '.mp4'
        assert temporary.parent == tmp_path
    assert (tmp_path / 'video.mp4').read_bytes() == b''


def test_readers_of_the_group_keep_their_rights(tmp_path):
    previous = os.umask(0o027)
    try:
        write_text(tmp_path / 'a.txt', '')
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / 'a.txt').stat().st_mode) == 0o640


def test_numbers_in_names_are_ordered_by_value():
    ordered = ['2.jpg', '10.jpg', 'a.jpg', 'Frame9.jpg', 'frame09b.jpg', 'frame10.jpg']
    assert sorted(ordered[3:] + ordered[:3], key=natural_key) == ordered
