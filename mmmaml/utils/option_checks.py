"""Checks of options, whose errors name the option and its value."""

from collections.abc import Collection, Mapping
from inspect import signature
from math import inf, ulp
from numbers import Integral, Real
from sys import float_info
from typing import Any


class OptionError(TypeError):
    """An option that a part does not have, or that is no group of options."""


def check_number(
    option: str,
    value: object,
    expected: str,
    at_least: float = -inf,
    at_most: float = inf,
    whole: bool = False,
) -> None:
    """Refuse an option that is no number, or none of its range; True and False are none.

    Args:
        option: Its name, as the user wrote it.
        value: What it was set to.
        expected: The range in words, for the message.
        at_least: Smallest number allowed.
        at_most: Largest number allowed.
        whole: Allow integers only: 2.0 is none, as it can be no size.

    Raises:
        ValueError: The value is out of its range.
    """
    kind = Integral if whole else Real
    if (
        not isinstance(value, kind)
        or isinstance(value, bool)
        or not at_least <= float(value) <= at_most
    ):
        raise ValueError(f'{option}={value!r} must be {expected}')


def check_numbers(
    option: str,
    value: object,
    count: int,
    expected: str,
    at_least: float = -inf,
    at_most: float = inf,
    whole: bool = False,
) -> None:
    """Refuse an option that is no list of so many numbers, each as for :func:`check_number`.

    Raises:
        ValueError: The value is another one.
    """
    try:
        if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
            raise ValueError
        if len(value) != count:
            raise ValueError
        for each in value:
            check_number(option, each, expected, at_least, at_most, whole)
    except ValueError:
        raise ValueError(f'{option}={value!r} must be {expected}') from None


def check_frame_rate(value: object) -> None:
    """Refuse frames per second that are not positive or not finite.

    Raises:
        ValueError: The value is another one.
    """
    check_number('frame_rate', value, 'greater than 0', ulp(0.0), float_info.max)


def check_options(
    option: str, value: object, owner: type, others: Collection[str] = ()
) -> dict[str, Any]:
    """Return options of a part that a user gives by name; None stands for none.

    Args:
        option: Name of the group.
        value: What it was set to.
        owner: Class whose arguments they are.
        others: Arguments of it that are no options.

    Raises:
        OptionError: There is no option of that name.
        ValueError: The value is no mapping.
    """
    if value is not None and not isinstance(value, Mapping):
        raise ValueError(f'{option}={value!r} must be a dict of options')
    known = [name for name in signature(owner).parameters if name not in others]
    unknown = sorted(str(name) for name in set(value or ()) - set(known))
    if unknown:
        raise OptionError(
            f'{option} has no option {", ".join(unknown)}; it has {", ".join(known)}'
        )
    return dict(value or {})


def check_choice(option: str, value: object, choices: Collection[str]) -> None:
    """Refuse an option that is none of its choices.

    Raises:
        ValueError: The value is another one.
    """
    if value not in choices:
        expected = ' or '.join(repr(each) for each in choices)
        raise ValueError(f'{option}={value!r} must be {expected}')
