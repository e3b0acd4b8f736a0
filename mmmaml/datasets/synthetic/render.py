"""Frames of a demo sequence and what is visible in them."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .compositing import Layer, blend, composite, overlap
from .exposure import Exposure
from .motion import Camera, Walks, simulate_walks
from .people import sample_people
from .scene import StaticObject, draw_background, place_objects
from .specs import SequenceSpec
from .sprites import NUM_PHASES, NUM_YAWS, STANDING, Sprite, SpriteSheet


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


class _Renderer:
    """Everything that is the same in all frames, and the frames."""

    def __init__(self, spec: SequenceSpec) -> None:
        self.spec = spec
        streams = np.random.SeedSequence([spec.seed, 2]).spawn(4)
        walk_rng, scene_rng, camera_rng, light_rng = map(np.random.default_rng, streams)
        appearance, (width, height) = spec.appearance, spec.size
        self.camera = Camera(width, height, appearance.camera_height)
        self.walks: Walks = simulate_walks(spec, self.camera, walk_rng)
        self.sheets = self._sheets()
        self.heights = np.array([sheet.person.height for sheet in self.sheets])
        self.sway = self._sway(camera_rng)
        self.margin = int(np.ceil(np.abs(self.sway).max(initial=0))) + 1
        self.background = draw_background(self.camera, self.margin, scene_rng)
        self.objects = place_objects(self.camera, scene_rng)
        self.exposure = Exposure(spec, light_rng)
        self.shadow = _ground_shadow()

    def _sheets(self) -> list[SpriteSheet]:
        spec = self.spec
        last = spec.first_person + spec.num_people
        people = sample_people(
            spec.people_seed, last, spec.appearance.palette, spec.group_size, spec.similarity
        )[spec.first_person :]
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
        return self.spec.appearance.camera_sway * (waves * weights).sum(-1)

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
        image = self.exposure.expose(canvas, index)
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
        inner, outer = overlap(shadow, canvas.shape)
        if outer is not None:
            blend(canvas[outer], shadow.image[inner])


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
