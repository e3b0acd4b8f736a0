"""Names of the classes of a detector."""

import ast
from collections.abc import Mapping, Sequence

_COCO = (
    'person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,'
    'fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,'
    'zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,'
    'sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,'
    'bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,'
    'carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,'
    'laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,'
    'clock,vase,scissors,teddy bear,hair drier,toothbrush'
)
COCO = tuple(_COCO.split(','))
"""The 80 classes of COCO, in the order in which detectors number them."""


def names_in(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names that an exporter noted under ``names``; none if there are none."""
    try:
        names = ast.literal_eval(metadata.get('names', '()'))
    except (SyntaxError, ValueError):
        return ()
    values = names.values() if isinstance(names, dict) else names
    return tuple(map(str, values))


def class_numbers(
    wanted: Sequence[str | int], names: Sequence[str], num_classes: int | None, model: object
) -> list[int]:
    """Return the numbers of classes given by number or name.

    Args:
        wanted: Names, or numbers from 0. Any name means the only class of a network whose name
            is not known.
        names: Of all classes; none if they are not known.
        num_classes: How many there are, if that is known.
        model: For the messages.

    Raises:
        ValueError: There is no class of that name or number, or names are not known.
    """
    numbers = []
    for each in wanted:
        text = str(each).strip()
        if text.isdecimal():
            numbers.append(int(text))
        elif text in names:
            numbers.append(names.index(text))
        elif num_classes == 1 and not names:
            numbers.append(0)  # whatever it is called, there is nothing else
        elif names:
            shown = ', '.join(names[:8]) + (', ...' if len(names) > 8 else '')
            raise ValueError(f'{model} has no class {text!r}; it has {shown}')
        else:
            raise ValueError(
                f'the names of the classes of {model} are not known: give the '
                f'number of {text!r}, from 0'
            )
        if num_classes is not None and numbers[-1] >= num_classes:
            raise ValueError(f'{model} has {num_classes} classes, from 0; there is no {text}')
    if len(set(numbers)) < len(numbers):
        raise ValueError(f'classes={list(wanted)} name one class twice')
    return numbers
