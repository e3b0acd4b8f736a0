"""People of the demo sequences: identities of limited, confusable appearance."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import TypeVar

import numpy as np

Colour = tuple[int, int, int]
T = TypeVar('T')

BLACK: Colour = (0, 0, 0)

# Clothes as (blue, green, red). Few of them, on purpose: identities have to share them.
_UPPER: tuple[tuple[Colour, ...], ...] = (
    ((52, 50, 48), (140, 90, 50), (60, 60, 165), (205, 205, 200)),
    ((60, 105, 60), (62, 62, 66), (150, 145, 140), (110, 60, 90)),
    ((40, 140, 205), (150, 120, 40), (70, 65, 60), (190, 195, 210)),
    ((120, 45, 45), (55, 80, 115), (45, 45, 50), (165, 165, 130)),
)
_LOWER: tuple[tuple[Colour, ...], ...] = (
    ((85, 60, 45), (45, 42, 40), (105, 115, 125)),
    ((50, 48, 46), (95, 110, 120), (110, 75, 55)),
    ((120, 85, 60), (50, 50, 55), (80, 95, 110)),
    ((60, 60, 62), (90, 70, 50), (130, 140, 150)),
)
NUM_PALETTES = len(_UPPER)
_HAIR: tuple[Colour, ...] = ((28, 28, 32), (40, 65, 95), (85, 140, 175), (130, 130, 130))
_SKIN: tuple[Colour, ...] = ((150, 180, 225), (120, 155, 205), (85, 115, 165), (55, 75, 110))
_BAG: tuple[Colour, ...] = ((40, 40, 42), (45, 75, 115), (50, 50, 150))
_SHOES: tuple[Colour, ...] = ((35, 35, 35), (215, 215, 215), (50, 75, 110))


@dataclass(frozen=True)
class Person:
    """Everything that can be seen of an identity. Colours are (blue, green, red).

    Attributes:
        height: Body height in metres.
        build: Width of the body relative to the average.
        upper: Colour of the upper garment.
        pattern: 'plain', 'stripes', 'band' (one across the chest) or 'jacket' (open in front).
        accent: Colour of the pattern.
        short_sleeves: Bare forearms.
        lower: Colour of the lower garment.
        lower_kind: 'trousers', 'shorts' or 'skirt'.
        skin: Colour of the skin.
        hair: Colour of the hair.
        hair_kind: 'short', 'long' or 'bald'.
        hat: 'none', 'cap' or 'beanie'; it has the colour of the accent.
        bag: 'none', 'backpack' or 'shoulder'.
        bag_colour: Colour of the bag.
        shoes: Colour of the shoes.
    """

    height: float
    build: float
    upper: Colour
    pattern: str
    accent: Colour
    short_sleeves: bool
    lower: Colour
    lower_kind: str
    skin: Colour
    hair: Colour
    hair_kind: str
    hat: str
    bag: str
    bag_colour: Colour
    shoes: Colour


def sample_people(
    seed: int, count: int, palette: int = 0, group_size: int = 4, similarity: float = 0.4
) -> list[Person]:
    """Return the first ``count`` people of a seed; a longer list starts with the shorter one.

    Consecutive people come in groups in upper garments of one colour, told apart by pattern,
    trousers, bag, hair, hat, height and the like only. No two are the same.

    Args:
        seed: Decides everybody's appearance.
        count: Number of people.
        palette: Index of the clothes' colours.
        group_size: People a group. More make more rivals for every identity.
        similarity: Probability of each other attribute being that of the group's first member,
            0 to 0.9. At 0.9 two members differ by one or two small things.
    """
    rng = np.random.default_rng([seed, 1])
    people: list[Person] = []
    seen: set[tuple] = set()
    first: Person | None = None
    while len(people) < count:
        if len(people) % group_size == 0:
            first = None
        candidate = _dress(rng, palette)
        if first is not None:
            candidate = _resemble(candidate, first, similarity, rng)
        signature = _visible_signature(candidate)
        if signature not in seen:
            seen.add(signature)
            people.append(candidate)
            first = first or candidate
    return people


def _resemble(
    person: Person, first: Person, similarity: float, rng: np.random.Generator
) -> Person:
    """Take over the upper garment's colour and some other attributes of somebody."""
    names = [f.name for f in fields(Person) if f.name not in ('height', 'build', 'upper')]
    same = rng.random(len(names)) < similarity
    shared = {name: getattr(first, name) for name, take in zip(names, same, strict=True) if take}
    # An accent in the colour of the garment would not be seen.
    accent = person.accent if person.accent != first.upper else first.accent
    return replace(person, **{'accent': accent, **shared}, upper=first.upper)


def _visible_signature(person: Person) -> tuple:
    """Return all that tells people apart besides height and build, which vary continuously."""
    accent = person.pattern != 'plain' or person.hat != 'none'
    hair = person.hair_kind != 'bald' and not (
        person.hat == 'beanie' and person.hair_kind == 'short'
    )
    plain = replace(
        person,
        accent=person.accent if accent else BLACK,
        hair=person.hair if hair else BLACK,
        bag_colour=person.bag_colour if person.bag != 'none' else BLACK,
    )
    return astuple(plain)[2:]


def _pick(rng: np.random.Generator, options: Sequence[T], p: tuple[float, ...] | None = None) -> T:
    return options[int(rng.choice(len(options), p=p))]


def _dress(rng: np.random.Generator, palette: int) -> Person:
    upper = _pick(rng, _UPPER[palette])
    others = tuple(colour for colour in _UPPER[palette] if colour != upper)
    return Person(
        height=float(rng.uniform(1.56, 1.92)),
        build=float(rng.uniform(0.88, 1.18)),
        upper=upper,
        pattern=_pick(rng, ('plain', 'stripes', 'band', 'jacket'), (0.4, 0.2, 0.2, 0.2)),
        accent=_pick(rng, others),
        short_sleeves=bool(rng.random() < 0.35),
        lower=_pick(rng, _LOWER[palette]),
        lower_kind=_pick(rng, ('trousers', 'shorts', 'skirt'), (0.7, 0.15, 0.15)),
        skin=_pick(rng, _SKIN, (0.4, 0.3, 0.15, 0.15)),
        hair=_pick(rng, _HAIR, (0.4, 0.3, 0.2, 0.1)),
        hair_kind=_pick(rng, ('short', 'long', 'bald'), (0.55, 0.35, 0.1)),
        hat=_pick(rng, ('none', 'cap', 'beanie'), (0.7, 0.15, 0.15)),
        bag=_pick(rng, ('none', 'backpack', 'shoulder'), (0.45, 0.3, 0.25)),
        bag_colour=_pick(rng, _BAG),
        shoes=_pick(rng, _SHOES, (0.5, 0.25, 0.25)),
    )
