import xml.etree.ElementTree as ElementTree

import cv2
import pytest

from mmmaml.visualization.figures import figure_to_svg, new_figure, save_figure


def drawing(title: str = 'a title'):
    figure = new_figure(4, 3)
    ax = figure.subplots()
    ax.plot([0, 1], [1, 0])
    ax.set_title(title)
    return figure


def test_suffixes_choose_the_format(tmp_path):
    png = save_figure(drawing(), tmp_path / 'new' / 'a.png', dpi=50)
    assert cv2.imread(str(png)).shape == (150, 200, 3)
    assert save_figure(drawing(), tmp_path / 'a.pdf').read_bytes().startswith(b'%PDF')
    with pytest.raises(ValueError, match=r'a\.xyz: pictures are written as .*\.png'):
        save_figure(drawing(), tmp_path / 'a.xyz')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.pdf', 'new']


def test_svg_is_whole_has_its_text_and_is_always_the_same():
    svg = figure_to_svg(drawing('switches & <misses>'))
    texts = [each.text for each in ElementTree.fromstring(svg).iter() if each.text]
    assert 'switches & <misses>' in texts
    assert figure_to_svg(drawing('switches & <misses>')) == svg
