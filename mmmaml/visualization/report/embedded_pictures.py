"""Pictures as part of a page, in its own bytes."""

import base64
import re
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.figure import Figure

from ..figures.canvas import figure_to_svg

MAX_WIDTH = 1280
QUALITY = 85


@dataclass(frozen=True)
class EmbeddedPicture:
    """A picture for an ``img`` element.

    Attributes:
        source: A data URI.
        alt: What it shows, for who cannot see it.
        caption: What stands below.
        width: In pixels.
        height: In pixels.
    """

    source: str
    alt: str
    caption: str
    width: int
    height: int


def embed_figure(figure: Figure, alt: str, caption: str) -> EmbeddedPicture:
    """Embed a figure as SVG, sharp at any size."""
    svg = figure_to_svg(figure)
    # From its root on: a page has no use for the declaration of an XML document.
    svg = re.sub(r'^.*?(?=<svg)', '', svg, count=1, flags=re.S)
    width, height = (round(96 * inches) for inches in figure.get_size_inches())
    return EmbeddedPicture(_uri('image/svg+xml', svg.encode()), alt, caption, width, height)


def embed_image(image: np.ndarray, alt: str, caption: str) -> EmbeddedPicture:
    """Embed a picture (H, W, 3) BGR as JPEG, made smaller if it is very wide."""
    height, width = image.shape[:2]
    if width > MAX_WIDTH:
        height, width = round(height * MAX_WIDTH / width), MAX_WIDTH
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return EmbeddedPicture(_uri('image/jpeg', content.tobytes()), alt, caption, width, height)


def _uri(kind: str, content: bytes) -> str:
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'
