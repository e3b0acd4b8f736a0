"""Frames of a demo sequence and what is visible in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .motion import Camera, Walks, simulate_walks
from .people import sample_people
from .scene import StaticObject, draw_background, place_objects
from .specs import SequenceSpec
from .sprites import NUM_PHASES, NUM_YAWS, STANDING, Sprite, SpriteSheet

OPAQUE = 128  # an alpha from which a pixel belongs to somebody


@dataclass(frozen=True)
class Layer:
    """A picture at its place in the frame.

    Attributes:
        image: (h, w, 4) uint8, colours multiplied by alpha.
        left: Column of its first pixel, maybe outside of the frame.
        top: Row of its first pixel.
    """

    image: np.ndarray
    left: int
    top: int


@dataclass(frozen=True)
class Frame:
    """One rendered frame with its truth.

    Attributes:
        image: (H, W, 3) uint8, blue, green, red.
        ids: (n,) identities with some part inside the frame if nobody stood in front; person k
            of the sequence has id k + 1, and the statue follows the people.
        boxes: (n, 4) left, top, width, height in pixels, not clipped to the frame.
        visibility: (n,) part of the person's pixels that is seen, in [0, 1]. What others hide
            and what lies outside of the frame is not seen.
    """

    image: np.ndarray
    ids: np.ndarray
    boxes: np.ndarray
    visibility: np.ndarray


def render_sequence(spec: SequenceSpec) -> Iterator[Frame]:
    """Render all frames, the same ones for the same spec."""
    return iter(_Renderer(spec))


def composite(canvas: np.ndarray, layers: Sequence[Layer]) -> tuple[np.ndarray, np.ndarray]:
    """Paint layers from far to near and tell what is visible of each.

    Args:
        canvas: (H, W, 3) uint8, painted over in place.
        layers: From far to near. A pixel belongs to the last layer that covers it by half.

    Returns:
        boxes: (n, 4) left, top, width, height of every layer's own pixels, not clipped.
        counts: (n, 3) of every layer's own pixels: all, inside the frame, and seen.
    """
    owner = np.full(canvas.shape[:2], len(layers), np.int16)
    boxes = np.zeros((len(layers), 4), np.int64)
    counts = np.zeros((len(layers), 3), np.int64)
    for index, layer in enumerate(layers):
        mask = (layer.image[..., 3] >= OPAQUE).view(np.uint8)
        left, top, width, height = cv2.boundingRect(mask)
        boxes[index] = left + layer.left, top + layer.top, width, height
        counts[index, 0] = cv2.countNonZero(mask)
        inner, outer = _overlap(layer, canvas.shape)
        if outer is None:
            continue
        counts[index, 1] = cv2.countNonZero(mask[inner])
        owner[outer][mask[inner].view(bool)] = index
        blend(canvas[outer], layer.image[inner])
    counts[:, 2] = np.bincount(owner.ravel(), minlength=len(layers) + 1)[: len(layers)]
    return boxes, counts


def blend(target: np.ndarray, image: np.ndarray) -> None:
    """Paint a picture with premultiplied alpha over ``target`` in place."""
    inverse = cv2.cvtColor(cv2.bitwise_not(image[..., 3]), cv2.COLOR_GRAY2BGR)
    behind = cv2.multiply(target, inverse, scale=1 / 255)
    target[:] = cv2.add(behind, image[..., :3])


def _overlap(layer: Layer, shape: tuple[int, ...]) -> tuple:
    height, width = layer.image.shape[:2]
    x0, x1 = max(0, layer.left), min(shape[1], layer.left + width)
    y0, y1 = max(0, layer.top), min(shape[0], layer.top + height)
    if x0 >= x1 or y0 >= y1:
        return None, None
    inner = np.s_[y0 - layer.top : y1 - layer.top, x0 - layer.left : x1 - layer.left]
    return inner, np.s_[y0:y1, x0:x1]


class _Renderer:
    """Everything that is the same in all frames, and the frames."""

    def __init__(self, spec: SequenceSpec) -> None:
        self.spec = spec
        streams = np.random.SeedSequence([spec.seed, 2]).spawn(4)
        walk_rng, scene_rng, camera_rng, noise_rng = map(np.random.default_rng, streams)
        look, (width, height) = spec.look, spec.size
        self.camera = Camera(width, height, look.camera_height)
        self.walks: Walks = simulate_walks(spec, self.camera, walk_rng)
        self.sheets = self._sheets()
        self.heights = np.array([sheet.person.height for sheet in self.sheets])
        self.sway = self._sway(camera_rng)
        self.margin = int(np.ceil(np.abs(self.sway).max(initial=0))) + 1
        self.background = draw_background(self.camera, self.margin, scene_rng)
        self.objects = place_objects(self.camera, scene_rng)
        self.light = _Light(spec, camera_rng)
        self.noise = _noise_tile(look.noise_sigma, spec.size, noise_rng)
        self.noise_offsets = noise_rng.integers(0, 64, (spec.num_frames, 2))
        self.shadow = _ground_shadow()

    def _sheets(self) -> list[SpriteSheet]:
        spec = self.spec
        last = spec.first_person + spec.num_people
        people = sample_people(spec.people_seed, last, spec.look.palette)[spec.first_person :]
        tallest = 2.0 * float(self.camera.scale(self.camera.depth(0.96 * spec.size[1])))
        resolution = int(np.clip(1.1 * tallest, 48, 512))
        return [
            SpriteSheet(person, resolution, spec.first_person + k)
            for k, person in enumerate(people)
        ]

    def _sway(self, rng: np.random.Generator) -> np.ndarray:
        """Displacement of the picture in pixels, (frames, 2)."""
        seconds = np.arange(self.spec.num_frames)[:, None] / self.spec.frame_rate
        periods = np.array([[9.0, 2.3], [5.0, 1.7]])
        weights = np.array([[1.0, 0.15], [0.3, 0.1]])
        waves = np.sin(2 * np.pi * (seconds[..., None] / periods + rng.random((2, 2))))
        return self.spec.look.camera_sway * (waves * weights).sum(-1)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.spec.num_frames):
            yield self._frame(index)

    def _frame(self, index: int) -> Frame:
        dx, dy = self.sway[index]
        shift = np.array([[1, 0, dx - self.margin], [0, 1, dy - self.margin]], np.float32)
        canvas = cv2.warpAffine(self.background, shift, self.spec.size)
        layers, identities = self._layers(index, dx, dy)
        for layer in layers:
            self._drop_shadow(canvas, layer)
        boxes, counts = composite(canvas, layers)
        present = (identities > 0) & (counts[:, 1] > 0)
        order = np.flatnonzero(present)[np.argsort(identities[present])]
        visibility = counts[order, 2] / counts[order, 0]
        image = self._expose(canvas, index)
        return Frame(image, identities[order], boxes[order], visibility)

    def _layers(self, index: int, dx: float, dy: float) -> tuple[list[Layer], np.ndarray]:
        """Everything that stands in the street, from far to near, and whose id it has."""
        walks = self.walks
        x = np.concatenate([walks.x[:, index], [o.x for o in self.objects]])
        z = np.concatenate([walks.z[:, index], [o.z for o in self.objects]])
        columns, rows = self.camera.project(x, z)
        scales = np.asarray(self.camera.scale(z))
        layers, identities = [], []
        for k in np.argsort(-z, kind='stable'):
            feet = (float(np.asarray(columns)[k] + dx), float(np.asarray(rows)[k] + dy))
            if k < len(self.sheets):
                layers.append(self._person_layer(k, index, feet, float(scales[k])))
                identities.append(k + 1)
            else:
                thing = self.objects[k - len(self.sheets)]
                layers.append(_static_layer(thing, feet))
                identities.append(len(self.sheets) + 1 if thing.is_person else 0)
        return layers, np.array(identities)

    def _person_layer(self, k: int, index: int, feet: tuple[float, float], scale: float) -> Layer:
        walks, sheet = self.walks, self.sheets[k]
        phase = int(walks.phase[k, index] / (2 * np.pi) * NUM_PHASES) % NUM_PHASES
        yaw = round(walks.yaw[k, index] / (2 * np.pi) * NUM_YAWS) % NUM_YAWS
        sprite = sheet.sprite(phase if walks.walking[k, index] else STANDING, yaw)
        return _scaled_layer(sprite, self.heights[k] * scale / sheet.resolution, feet)

    def _drop_shadow(self, canvas: np.ndarray, layer: Layer) -> None:
        height, width = layer.image.shape[:2]
        size = (max(4, int(1.1 * width)), max(2, int(0.07 * height)))
        left = layer.left + (width - size[0]) // 2
        top = layer.top + height - round(0.6 * size[1])
        shadow = Layer(cv2.resize(self.shadow, size), left, top)
        inner, outer = _overlap(shadow, canvas.shape)
        if outer is not None:
            blend(canvas[outer], shadow.image[inner])

    def _expose(self, canvas: np.ndarray, index: int) -> np.ndarray:
        """Light, blur and noise: what the sensor makes of the scene."""
        image = self.light.apply(canvas, index)
        if self.spec.look.blur_sigma > 0:
            image = cv2.GaussianBlur(image, (0, 0), self.spec.look.blur_sigma)
        if self.noise is not None:
            (y, x), (width, height) = self.noise_offsets[index], self.spec.size
            tile = self.noise[y : y + height, x : x + width]
            image = cv2.add(image, tile, dtype=cv2.CV_8U)
        return image


class _Light:
    """Drifting brightness and a cloud shadow that passes."""

    def __init__(self, spec: SequenceSpec, rng: np.random.Generator) -> None:
        look = spec.look
        seconds = np.arange(spec.num_frames) / spec.frame_rate
        drift = 1 + 0.5 * look.light_change * np.sin(2 * np.pi * (seconds / 11 + rng.random()))
        self.gains = look.brightness * drift[:, None] * np.array(look.colour_cast)
        self.positions = (seconds / 14 + rng.random()) % 1.0
        self.size = spec.size
        # A diagonal wave of period one, as wide as two frames.
        grid = np.linspace(0, 1, 64)[None] + 0.15 * np.linspace(0, 1, 16)[:, None]
        wave = 1 / (1 + np.exp(-12 * (np.sin(2 * np.pi * grid) - 0.2)))
        self.wave = (1 - look.light_change * wave).astype(np.float32)
        self.changes = look.light_change > 0

    def apply(self, canvas: np.ndarray, index: int) -> np.ndarray:
        ramp = np.arange(256)[:, None] * self.gains[index]
        table = np.clip(np.round(ramp), 0, 255).astype(np.uint8)
        image = cv2.LUT(canvas, table[None])
        if not self.changes:
            return image
        start = int(self.positions[index] * 64)
        window = np.roll(self.wave, -start, axis=1)[:, :32]
        shade = cv2.resize((255 * window).astype(np.uint8), self.size)
        return cv2.multiply(image, cv2.cvtColor(shade, cv2.COLOR_GRAY2BGR), scale=1 / 255)


def _scaled_layer(sprite: Sprite, factor: float, feet: tuple[float, float]) -> Layer:
    height, width = sprite.image.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    image = cv2.resize(sprite.image, size, interpolation=cv2.INTER_AREA)
    left = round(feet[0] - sprite.anchor[0] * factor)
    return Layer(image, left, round(feet[1] - sprite.anchor[1] * factor))


def _static_layer(thing: StaticObject, feet: tuple[float, float]) -> Layer:
    left, top = (round(f - a) for f, a in zip(feet, thing.sprite.anchor, strict=True))
    return Layer(thing.sprite.image, left, top)


def _ground_shadow() -> np.ndarray:
    y, x = np.mgrid[-1:1:24j, -1:1:48j]
    image = np.zeros((24, 48, 4), np.uint8)
    image[..., 3] = 120 * np.clip(1.2 - np.hypot(x, y) * 1.2, 0, 1)
    return image


def _noise_tile(
    sigma: float, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray | None:
    """Noise a little larger than a frame; cuts of it at random places look unrelated."""
    if sigma == 0:
        return None
    shape = (size[1] + 64, size[0] + 64, 3)
    return np.round(rng.normal(0, sigma, shape)).astype(np.int16)
