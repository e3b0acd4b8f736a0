"""Demo sequences in numbers."""

from dataclasses import dataclass, field

from .people import NUM_PALETTES


@dataclass(frozen=True)
class SequenceAppearance:
    """Appearance of a whole sequence. The defaults are neutral; shift them to make domains differ.

    Attributes:
        brightness: Gain on all intensities, > 0; 0.5 is dusk, 1.4 is overexposed.
        noise_sigma: Standard deviation of the sensor noise in grey levels; 0 turns it off, 15
            hides stripes and faces of people who are far away.
        colour_cast: Gains of (blue, green, red), > 0; (1.1, 1, 0.9) is cold daylight.
        blur_sigma: Standard deviation of a Gaussian blur in pixels; 0 turns it off.
        palette: Index of the clothes' colours, 0 to 3. Few colours a palette, so people of one
            palette are alike; people of different palettes do not.
        camera_height: Metres above the ground. Higher cameras see people smaller, more apart
            and less occluded; 1.7 is eye height, where everybody hides everybody.
        camera_sway: Amplitude of the camera's slow pan and shake in pixels, both ways.
        light_change: Relative amplitude of the drifting light and of the passing cloud shadow;
            0 is constant light, 0.5 halves the intensities at times.
    """

    brightness: float = 1.0
    noise_sigma: float = 4.0
    colour_cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_sigma: float = 0.0
    palette: int = 0
    camera_height: float = 3.2
    camera_sway: float = 10.0
    light_change: float = 0.2

    def __post_init__(self) -> None:
        _require(self.brightness > 0, 'brightness', self.brightness, 'greater than 0')
        _require(self.noise_sigma >= 0, 'noise_sigma', self.noise_sigma, 'at least 0')
        cast = tuple(self.colour_cast)
        _require(len(cast) == 3 and min(cast) > 0, 'colour_cast', cast, 'three gains above 0')
        _require(self.blur_sigma >= 0, 'blur_sigma', self.blur_sigma, 'at least 0')
        palettes = range(NUM_PALETTES)
        _require(self.palette in palettes, 'palette', self.palette, f'0 to {palettes[-1]}')
        _require(self.camera_height >= 1, 'camera_height', self.camera_height, 'at least 1 m')
        _require(self.camera_sway >= 0, 'camera_sway', self.camera_sway, 'at least 0')
        _require(0 <= self.light_change < 0.9, 'light_change', self.light_change, '0 to 0.9')


@dataclass(frozen=True)
class SequenceSpec:
    """One sequence of the MOTChallenge layout.

    Attributes:
        name: Name of the sequence folder.
        num_frames: Length in frames.
        size: Width and height of the frames in pixels, each at least 64.
        num_people: Identities in the sequence. About three quarters of them are in the picture at
            a time; the others have not come yet or are about to come back.
        frame_rate: Frames per second. People walk at about 1.3 m/s whatever it is, so a lower
            rate makes larger steps from frame to frame.
        seed: Decides where people walk, the scene, the noise and the detections.
        people_seed: Seed of the appearance of people, with ``first_person``.
        first_person: Number of the first identity in the people of ``people_seed``. Sequences
            with ranges that do not overlap share nobody.
        group_size: Consecutive people in upper garments of one colour. More make more rivals for
            every identity.
        similarity: Part of all else that people of a group share, 0 to 0.9: the higher, the more
            easily they are confused. At 0.9 they differ by one or two small things.
        appearance: Appearance of the whole sequence.
        jpeg_quality: 1 to 100; under 50 the blocks show.
    """

    name: str
    num_frames: int = 300
    size: tuple[int, int] = (640, 360)
    num_people: int = 12
    frame_rate: int = 25
    seed: int = 0
    people_seed: int = 0
    first_person: int = 0
    group_size: int = 4
    similarity: float = 0.4
    appearance: SequenceAppearance = field(default_factory=SequenceAppearance)
    jpeg_quality: int = 90

    def __post_init__(self) -> None:
        plain = bool(self.name) and not set(self.name) & set('/\\\0') and self.name[0] != '.'
        _require(plain, 'name', self.name, 'the plain name of a folder')
        _require(self.num_frames >= 1, 'num_frames', self.num_frames, 'at least 1')
        _require(min(self.size) >= 64, 'size', self.size, 'at least (64, 64)')
        _require(self.num_people >= 1, 'num_people', self.num_people, 'at least 1')
        _require(self.frame_rate >= 1, 'frame_rate', self.frame_rate, 'at least 1')
        _require(self.first_person >= 0, 'first_person', self.first_person, 'at least 0')
        _require(self.group_size >= 1, 'group_size', self.group_size, 'at least 1')
        _require(0 <= self.similarity <= 0.9, 'similarity', self.similarity, '0 to 0.9')
        _require(1 <= self.jpeg_quality <= 100, 'jpeg_quality', self.jpeg_quality, '1 to 100')


def _require(condition: bool, name: str, value: object, expected: str) -> None:
    if not condition:
        raise ValueError(f'{name}={value!r} must be {expected}')
