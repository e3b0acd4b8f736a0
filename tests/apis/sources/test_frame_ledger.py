"""Numbers of decoded pictures, against a decoder that drops some."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmmaml.apis.sources.frame_ledger import FrameLedger, in_words


@given(
    lost=st.sets(st.integers(2, 20)),
    delay=st.integers(0, 4),
    shuffle=st.randoms(use_true_random=False),
)
def test_pictures_keep_the_numbers_of_their_packets(lost, delay, shuffle) -> None:
    """Packets come in another order than pictures, and those a few packets later."""
    order = list(range(1, 21))
    for start in range(1, 20, 3):  # as with B-frames
        part = order[start : start + 3]
        shuffle.shuffle(part)
        order[start : start + 3] = part
    ledger, sent, found = FrameLedger(), [], []
    due = [number for number in range(1, 21) if number not in lost]
    for number in order:
        ledger.sent(40 * number, is_key=number == 1)
        sent.append(number)
        while due and set(range(1, due[0] + 1)) <= set(sent) and len(sent) >= due[0] + delay:
            found.append((due[0], ledger.came(40 * due.pop(0))))
    found += [(number, ledger.came(40 * number)) for number in due]
    ledger.ended()
    assert all(number == told for number, told in found)
    assert ledger.lost == sorted(lost)
    assert ledger.number == 20


def test_what_precedes_the_first_key_frame_is_not_counted() -> None:
    ledger = FrameLedger()
    for pts, is_key in [(0, False), (40, False), (120, True), (80, False), (160, False)]:
        ledger.sent(pts, is_key)
    assert [ledger.came(120), ledger.came(160)] == [1, 2]
    ledger.ended()
    assert (ledger.num_leading, ledger.lost) == (3, [])


def test_without_times_the_order_counts() -> None:
    ledger = FrameLedger()
    ledger.sent(None, is_key=True)
    assert ledger.came(None) == 1
    ledger.sent(None, is_key=False)
    ledger.failed()
    assert ledger.came(None) == 3
    ledger.ended()
    assert ledger.lost == [2]


def test_a_time_that_was_not_sent_leaves_the_order() -> None:
    ledger = FrameLedger()
    for pts in (0, 40, 80):
        ledger.sent(pts, is_key=True)
    assert [ledger.came(7), ledger.came(41), ledger.came(90)] == [1, 2, 3]
    ledger.ended()
    assert ledger.lost == []


def test_even_steps_show_packets_that_are_missing() -> None:
    even, uneven = FrameLedger(Fraction(40)), FrameLedger()
    for ledger in (even, uneven):
        for pts in (0, 40, 160):
            ledger.sent(pts, is_key=True)
    assert [even.came(pts) for pts in (0, 40, 160)] == [1, 2, 5]
    assert [uneven.came(pts) for pts in (0, 40, 160)] == [1, 2, 3]
    assert (even.lost, uneven.lost) == ([3, 4], [])


@pytest.mark.parametrize(
    ('numbers', 'words'),
    [([4], '4'), ([4, 5, 6, 9], '4 to 6, 9'), ([1, 3, 5, 7, 9], '1, 3, 5, ...'), ([], '')],
)
def test_numbers_in_words(numbers: list[int], words: str) -> None:
    assert in_words(numbers) == words
