"""The street: a textured background larger than the frame, and what stands in the way."""

from dataclasses import dataclass

import cv2
import numpy as np

from .motion import FARTHEST, NEAREST, Camera
from .people import Person
from .sprites import STANDING, Sprite, SpriteSheet

STONE = (128, 132, 135)


@dataclass(frozen=True)
class StaticObject:
    """Something that stands at one place and hides what is behind it.

    Attributes:
        x: Metres to the right.
        z: Metres away.
        sprite: Its picture at the size in which it is seen.
        is_person: True for a statue, which the ground truth lists as a static person.
    """

    x: float
    z: float
    sprite: Sprite
    is_person: bool = False


def draw_background(camera: Camera, margin: int, rng: np.random.Generator) -> np.ndarray:
    """Facades, pavement and a road with their textures.

    Args:
        camera: Gives the perspective.
        margin: Pixels by which the canvas is larger than the frame on every side.
        rng: Decides colours, windows and texture.

    Returns:
        (height + 2 margin, width + 2 margin, 3) uint8.
    """
    height, width = camera.image_height + 2 * margin, camera.width + 2 * margin
    canvas = np.empty((height, width, 3), np.uint8)
    foot = int(margin + 0.42 * camera.image_height)
    canvas[:foot] = _facades(width, foot, rng)
    canvas[foot:] = _ground(camera, margin, foot, height, width, rng)
    texture = _value_noise(height, width, rng)
    return np.clip(canvas * texture[..., None], 0, 255).astype(np.uint8)


def _value_noise(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Texture around 1 with detail at all scales."""
    total = np.ones((height, width), np.float32)
    for cell, amplitude in ((64, 0.06), (16, 0.05), (5, 0.05), (2, 0.05)):
        grid = rng.normal(0, amplitude, (height // cell + 2, width // cell + 2))
        total += cv2.resize(
            grid.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
        )
    return total


def _facades(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    wall = np.empty((height, width, 3), np.uint8)
    left = 0
    while left < width:
        right = left + int(height * rng.uniform(0.7, 1.5)) + 8
        house = wall[:, left:right]
        house[:] = _jitter((125, 145, 160), rng, 40)
        _windows(house, rng)
        left = right
    return wall


def _windows(house: np.ndarray, rng: np.random.Generator) -> None:
    height, width = house.shape[:2]
    cell = max(8, int(height * rng.uniform(0.26, 0.36)))
    for y in range(cell // 5, int(0.6 * height), cell):
        for x in range(cell // 4, width - cell // 2, cell):
            corner = (x + cell // 2, y + int(0.65 * cell))
            cv2.rectangle(house, (x, y), corner, _jitter((70, 60, 50), rng, 30), -1)
            cv2.rectangle(house, (x, y), corner, _jitter((200, 205, 205), rng, 20), 1)
    # A shop window and its sign at street level.
    top = int(0.66 * height)
    right = int(width * rng.uniform(0.6, 0.9))
    cv2.rectangle(house, (width // 12, top), (right, height), _jitter((85, 80, 75), rng, 25), -1)
    cv2.rectangle(house, (width // 12, top - 4), (right, top), _jitter((90, 90, 120), rng, 90), -1)


def _ground(
    camera: Camera, margin: int, top: int, height: int, width: int, rng: np.random.Generator
) -> np.ndarray:
    """Paving slabs in perspective, a road and its kerbs."""
    rows = np.arange(top, height, dtype=np.float64)[:, None]
    columns = np.arange(width, dtype=np.float64)[None]
    z = camera.depth(np.maximum(rows - margin, camera.horizon + 1))
    x = (columns - margin - camera.width / 2) * z / camera.focal
    ground = np.empty((height - top, width, 3), np.float32)
    ground[:] = _jitter((150, 155, 158), rng, 15)
    joint = 0.02 + 0.7 / np.asarray(camera.scale(z))  # at least a pixel wide
    slabs = np.minimum(np.abs((x % 0.9) - 0.45), np.abs((z % 0.9) - 0.45)) < joint / 2
    ground[slabs] *= 0.86
    shades = rng.uniform(0.93, 1.05, (64, 64)).astype(np.float32)
    ground *= shades[(x // 0.9).astype(int) % 64, (z // 0.9).astype(int) % 64][..., None]
    near, far = (float(camera.depth(f * camera.image_height)) for f in (0.72, 0.54))
    road = np.broadcast_to((z > near) & (z < far), x.shape)
    ground[road] = _jitter((92, 92, 95), rng, 12)
    stripe = road & ((x % 3.0) < 1.4) & (np.abs(z - (near + far) / 2) < 0.12)
    ground[stripe] = (200, 205, 208)
    for kerb in (near, far):
        ground[np.broadcast_to(np.abs(z - kerb) < 0.15, x.shape)] = (185, 188, 190)
    return np.clip(ground, 0, 255).astype(np.uint8)


def place_objects(camera: Camera, rng: np.random.Generator) -> list[StaticObject]:
    """Two pillars, a kiosk and a statue, somewhere in the street."""
    columns = rng.permutation([0.14, 0.38, 0.62, 0.86]) + rng.uniform(-0.06, 0.06, 4)
    rows = rng.uniform([0.55, 0.7, 0.5, 0.5], [0.7, NEAREST - 0.06, 0.56, 0.62])
    rows = np.maximum(rows, FARTHEST) * camera.image_height
    sizes = ((0.35, 3.6), (0.45, 3.6), (2.0, 2.5))
    objects = []
    for k, (column, row) in enumerate(zip(columns, rows, strict=True)):
        z = float(camera.depth(row))
        scale = float(camera.scale(z))
        sprite = (
            _box(sizes[k][0] * scale, sizes[k][1] * scale, rng)
            if k < len(sizes)
            else _statue(scale, rng)
        )
        x = camera.ground_x(column * camera.width, z)
        objects.append(StaticObject(x, z, sprite, is_person=k == len(sizes)))
    return objects


def _box(width: float, height: float, rng: np.random.Generator) -> Sprite:
    """Paint a pillar or kiosk with light from the left, a base and a roof."""
    w, h = max(3, round(width)), max(6, round(height))
    image = np.full((h, w, 4), 255, np.uint8)
    light = np.linspace(1.15, 0.7, w, dtype=np.float32)[None, :, None]
    image[..., :3] = np.clip(np.array(_jitter((95, 105, 105), rng, 45)) * light, 0, 255)
    image[: max(1, h // 14), :, :3] = _jitter((60, 65, 70), rng, 20)
    image[-max(1, h // 20) :, :, :3] = 70
    if w > 24:
        cv2.rectangle(image, (w // 7, h // 5), (w - w // 7, h // 2), (60, 55, 50, 255), -1)
        sign = (*_jitter((90, 90, 130), rng, 80), 255)
        cv2.rectangle(image, (w // 7, h // 9), (w - w // 7, h // 6), sign, -1)
    return Sprite(image, (w / 2, float(h)))


def _statue(scale: float, rng: np.random.Generator) -> Sprite:
    """Paint a person of stone on a low pedestal."""
    stone = Person(
        height=1.8, build=1.05, upper=STONE, pattern='plain', accent=STONE, short_sleeves=False,
        lower=STONE, lower_kind='trousers', skin=STONE, hair=STONE, hair_kind='short', hat='none',
        bag='none', bag_colour=STONE, shoes=STONE,
    )  # fmt: skip
    figure = SpriteSheet(stone, max(24, round(1.8 * scale)), 0).sprite(STANDING, 3)
    height, width = figure.image.shape[:2]
    pedestal = max(2, round(0.3 * scale))
    image = np.zeros((height + pedestal, width, 4), np.uint8)
    image[:height] = figure.image
    image[height:] = (*_jitter((105, 108, 110), rng, 10), 255)
    return Sprite(image, (figure.anchor[0], float(height + pedestal)))


def _jitter(colour: tuple[int, int, int], rng: np.random.Generator, by: int) -> tuple:
    shared, own = rng.uniform(-by, by), rng.uniform(-by, by, 3) / 3
    return tuple(int(np.clip(c + shared + o, 15, 240)) for c, o in zip(colour, own, strict=True))
