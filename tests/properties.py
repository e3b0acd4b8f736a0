"""Settings of property tests: the same examples in every run, and more of them on demand."""

import os

from hypothesis import HealthCheck, event, settings

EXAMPLES = int(os.environ.get('PROPERTY_EXAMPLES', '60'))
"""Of each property."""

bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    # Examples of one property share a folder; each writes over what the one before it left.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def refusal(call):
    """The message with which a call refuses its input, '' where it does not; counts both."""
    try:
        call()
    except ValueError as error:
        event('refused')
        return str(error)
    event('answered')
    return ''
