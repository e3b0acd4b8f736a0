"""The benchmark of data: that all pipelines make the same crops, and what it counts."""

import re

import numpy as np
import pytest

from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import read_rows
from tools.benchmarks.speed.data import __main__ as command
from tools.benchmarks.speed.data import page as pages
from tools.benchmarks.speed.data import pipelines, timing


@pytest.fixture(scope='module', autouse=True)
def registered():
    register_all_modules()


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp('benchmark')
    source = pipelines.generated_sequence(folder / 'source', 4, (320, 180), 24)
    return pipelines.lengthen([source], folder / 'data', 10)


def test_a_longer_sequence_repeats_images_under_new_names(data):
    assert (data.images, data.frames) == (4, 10)
    folder = data.root / 'train' / 'GENERATED'
    images = [(folder / 'img1' / f'{frame:06d}.jpg').read_bytes() for frame in range(1, 11)]
    assert images[0] == images[4] == images[8] != images[1]
    rows = read_rows(folder / 'gt' / 'gt.txt')
    for frame in range(5, 11):
        np.testing.assert_array_equal(
            rows[rows[:, 0] == frame, 1:], rows[rows[:, 0] == (frame - 1) % 4 + 1, 1:]
        )


def test_mmtracks_crops_from_frames_have_the_pixels_of_ours(data, tmp_path):
    pytest.importorskip('mmtrack')
    ours = pipelines.crops(data)
    theirs = pipelines.mmtrack_from_frames(ours, tmp_path)
    assert len(theirs) == len(ours) > 30
    for index in range(0, len(ours), 5):
        item = theirs[index]
        crop = item['inputs'][0].permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(crop, ours[index]['img'])


def test_what_is_decoded(data, tmp_path):
    pytest.importorskip('mmtrack')
    works = timing.all_works(data, tmp_path)
    decoded = [pipelines.count_decoded(lambda work=work: work.run(0)) for work in works]
    assert decoded[0] == works[0].crops  # a frame for each crop
    assert decoded[1] == 10  # each frame once
    eight, some, everything = works[2:5]
    assert decoded[2] < eight.crops / 8  # frames of a task are shared
    assert decoded[3] > 0
    assert decoded[4] == 0
    assert decoded[5:] == [works[5].crops, works[6].crops]
    # 320 x 180 pixels of three bytes.
    assert everything.memory == pytest.approx(10 * 3 * 320 * 180 / 2**20)
    assert (some.crops, everything.crops) == (6 * 40, 24 * 40)


def test_the_page(tmp_path):
    pytest.importorskip('mmtrack')
    page = pages.section('small')
    rows = re.findall(r'^\| (.+?) \| ([\d,]+) \| ([\d.]+) \|', page, flags=re.M)
    assert [name.split(':')[0] for name, *_ in rows] == [
        'mmtrack',
        'ours',
        'ours',
        'ours',
        'ours',
        "mmtrack's config",
        'mmtrack, the least',
    ]
    speed = [float(each.replace(',', '')) for _, each, _ in rows]
    assert speed[4] > speed[0]
    assert float(rows[0][2]) == 1


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['nowhere'], 'nowhere holds no MOTChallenge sequence'),
        (['--frames', '0'], '--frames 0 must be at least 1'),
    ],
)
def test_bad_options(capsys, arguments, message):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in capsys.readouterr().err
