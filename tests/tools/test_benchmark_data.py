"""The benchmark of data: that all pipelines make the same crops, and what it counts."""

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmmaml.utils import register_all_modules
from mmmaml.utils.mot_files import read_rows

FOLDER = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


@pytest.fixture(scope='module')
def tools():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        register_all_modules()
        names = ('benchmark_data', 'data_pipelines')
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})


@pytest.fixture(scope='module')
def data(tools, tmp_path_factory):
    folder = tmp_path_factory.mktemp('benchmark')
    source = tools.data_pipelines.generated_sequence(folder / 'source', 4, (320, 180), 24)
    return tools.data_pipelines.lengthen([source], folder / 'data', 10)


def test_a_longer_sequence_repeats_images_under_new_names(tools, data):
    assert (data.images, data.frames) == (4, 10)
    folder = data.root / 'train' / 'GENERATED'
    images = [(folder / 'img1' / f'{frame:06d}.jpg').read_bytes() for frame in range(1, 11)]
    assert images[0] == images[4] == images[8] != images[1]
    rows = read_rows(folder / 'gt' / 'gt.txt')
    for frame in range(5, 11):
        np.testing.assert_array_equal(
            rows[rows[:, 0] == frame, 1:], rows[rows[:, 0] == (frame - 1) % 4 + 1, 1:]
        )


def test_mmtracks_crops_from_frames_have_the_pixels_of_ours(tools, data, tmp_path):
    pytest.importorskip('mmtrack')
    ours = tools.data_pipelines.crops(data, max_cached_frames=1)
    theirs = tools.data_pipelines.mmtrack_from_frames(ours, tmp_path)
    assert len(theirs) == len(ours) > 30
    for index in range(0, len(ours), 5):
        item = theirs[index]
        crop = item['inputs'][0].permute(1, 2, 0).numpy()
        np.testing.assert_array_equal(crop, ours[index]['img'])


def test_what_is_decoded(tools, data, tmp_path):
    pytest.importorskip('mmtrack')
    tool = tools.benchmark_data
    works = tool.all_works(data, tmp_path)
    decoded = [tools.data_pipelines.count_decoded(lambda work=work: work.run(0)) for work in works]
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


def test_the_page(tools, tmp_path):
    pytest.importorskip('mmtrack')
    page = tools.benchmark_data.section('small')
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
def test_bad_options(tools, capsys, arguments, message):
    with pytest.raises(SystemExit):
        tools.benchmark_data.main(arguments)
    assert message in capsys.readouterr().err
