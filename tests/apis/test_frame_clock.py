import pytest

from mmmaml.apis.frame_clock import FrameClock


def numbers(clock: FrameClock, times: list[float | None]) -> list[int]:
    found = []
    for time in times:
        found.append(clock.next(time))
        clock.accept(found[-1], time)
    return found


@pytest.mark.parametrize(
    ('times', 'expected'),
    [
        ([None, None, None], [0, 1, 2]),
        ([7.0, 7.1, 7.2, 7.3], [0, 1, 2, 3]),
        ([7.0, 7.1, 8.0, 8.1], [0, 1, 10, 11]),  # a gap
        ([7.0, 7.14, 7.16, 7.33], [0, 1, 2, 3]),  # jitter is not carried on
        ([None, None, 3.0, 3.5], [0, 1, 2, 7]),  # times that begin later
        ([3.0, None, 3.2], [0, 1, 2]),
    ],
)
def test_frames_are_numbered_by_their_times(times, expected) -> None:
    assert numbers(FrameClock(10), times) == expected


def test_numbers_are_exact_after_hours() -> None:
    times = [i / 29.97 for i in range(200_000)]
    assert numbers(FrameClock(29.97), times)[-1] == 199_999


def test_a_frame_that_was_not_tracked_counts_for_nothing() -> None:
    clock = FrameClock(10)
    clock.accept(clock.next(1.0), 1.0)
    assert clock.next(1.5) == 5
    assert clock.next(1.1) == 1


@pytest.mark.parametrize('time', [2.0, 1.0, float('nan')])
def test_times_must_grow(time: float) -> None:
    clock = FrameClock(10)
    clock.accept(clock.next(2.0), 2.0)
    with pytest.raises(ValueError, match=r'does not come after 2\.0'):
        clock.next(time)


def test_frames_faster_than_the_clock_are_told_once(log_lines: list[str]) -> None:
    clock = FrameClock(10)
    numbers(clock, [i / 20 for i in range(20)])
    assert not log_lines
    numbers(clock, [i / 20 for i in range(20, 40)])
    assert len(log_lines) == 1
    assert 'faster than frame_rate=10' in log_lines[0]


@pytest.mark.parametrize('rate', [0, -1, float('nan'), float('inf')])
def test_a_frame_rate_is_positive(rate: float) -> None:
    with pytest.raises(ValueError, match='must be greater than 0'):
        FrameClock(rate)
