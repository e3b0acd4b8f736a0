"""Colours of identities, distinct for people with and without colour blindness."""

import numpy as np

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/) without black and with its darkest
# blue raised, so that every colour stands out from the shadows of a street scene. RGB.
_HUES = np.array(
    [
        (230, 159, 0),
        (86, 180, 233),
        (213, 94, 0),
        (0, 158, 115),
        (240, 228, 66),
        (40, 110, 215),
        (204, 121, 167),
    ],
    dtype=np.float64,
)
_TINTS = (0.0, 0.3, -0.35)


def _palette() -> np.ndarray:
    """List every hue plain, then every hue lightened, then darkened; (21, 3) uint8, RGB."""
    shades = [_HUES + tint * (255 - _HUES) if tint >= 0 else _HUES * (1 + tint) for tint in _TINTS]
    return np.concatenate(shades).round().astype(np.uint8)


PALETTE = _palette()


def track_colors(ids: np.ndarray) -> np.ndarray:
    """Return the colours of tracks, a function of the id alone: always the same.

    Seven consecutive ids have the seven hues of the palette; the next seven the same hues
    lighter, the next darker, and then it starts again.

    Args:
        ids: (N,) whole numbers of any size.

    Returns:
        (N, 3) uint8, RGB.
    """
    return PALETTE[np.asarray(ids, dtype=np.int64) % len(PALETTE)]


def text_color(background: np.ndarray) -> tuple[int, int, int]:
    """Choose black or white, by the contrast to the background (WCAG 2).

    Args:
        background: (3,) uint8, RGB.
    """
    linear = np.where(
        background <= 10, background / 255 / 12.92, ((background / 255 + 0.055) / 1.055) ** 2.4
    )
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    # The ratios (L + 0.05) / 0.05 against black and 1.05 / (L + 0.05) against white are equal
    # at L = 0.179.
    return (0, 0, 0) if luminance > 0.179 else (255, 255, 255)
