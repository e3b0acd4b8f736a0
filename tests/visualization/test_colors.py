import cv2
import numpy as np
import pytest

from mmmaml.visualization.colors import PALETTE, text_color, track_colors

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
SIGHT = {
    'normal': np.eye(3),
    'protanopia': [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    'deuteranopia': [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def seen(colors: np.ndarray, sight: str) -> np.ndarray:
    """CIELAB of colours as people of that sight see them."""
    srgb = colors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SIGHT[sight]).T, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(srgb[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize('sight', SIGHT)
@pytest.mark.parametrize('first', range(0, 21, 7))
def test_seven_consecutive_ids_look_different(sight, first):
    lab = seen(track_colors(np.arange(first, first + 7)), sight)
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)[~np.eye(7, dtype=bool)]
    assert distances.min() > 10  # 2.3 is just noticeable


def test_all_colours_of_the_palette_differ():
    lab = seen(PALETTE, 'normal')
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)
    assert distances[~np.eye(len(lab), dtype=bool)].min() > 10


def test_colour_depends_on_the_id_alone():
    ids = np.array([7, 1000003, 2**62, 0])
    together = track_colors(ids)
    alone = np.concatenate([track_colors(ids[i : i + 1]) for i in range(4)])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(track_colors(ids[::-1]), together[::-1])
    assert track_colors(np.array([])).shape == (0, 3)


def test_text_keeps_the_contrast_that_wcag_asks_for():
    for color in PALETTE:
        srgb = color / 255
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        background = linear @ [0.2126, 0.7152, 0.0722] + 0.05
        text = sum(text_color(color)) / (3 * 255) + 0.05
        ratio = max(text, background) / min(text, background)
        assert ratio >= 4.5
    assert text_color(np.array([0, 0, 0])) == (255, 255, 255)
    assert text_color(np.array([255, 255, 255])) == (0, 0, 0)
