"""Numbers of frames for the decoded pictures of a video file."""

import heapq
from fractions import Fraction
from typing import NamedTuple


class _Sent(NamedTuple):
    pts: int
    order: int
    leads: bool  # comes before what can be decoded by itself


class FrameLedger:
    """Numbers decoded pictures by the packets that went into the decoder.

    A decoder gives pictures in the order in which they are shown, later than their packets and
    sometimes fewer. A packet whose picture never came is a lost frame, and those after it keep
    their numbers. Packets before the first key frame, as at the start of a cut recording, cannot
    be decoded by any program and are not counted.

    Args:
        step: From frame to frame in the unit of the packets, of a file that has no other gap; then
            packets that are missing are lost frames, too. None if the gaps may vary.

    Attributes:
        number: Of the last frame, from 1; 0 before the first one.
        lost: Numbers of frames that gave no picture.
        num_leading: Packets before the first key frame.
    """

    def __init__(self, step: Fraction | None = None) -> None:
        self.number = 0
        self.lost: list[int] = []
        self.num_leading = 0
        self._step = step
        self._last: int | None = None
        self._waiting: list[_Sent] = []
        self._times: set[int] = set()
        self._order = 0
        self._first_key: int | None = None
        self._by_order = False

    def sent(self, pts: int | None, is_key: bool) -> None:
        """Note a packet that went into the decoder.

        Args:
            pts: When it is shown, in any unit; None if the file does not say, so that only the
                order counts from here on.
            is_key: Whether it can be decoded by itself.
        """
        if pts is None:
            self._by_order = True
            return
        leads = self._first_key is None and not is_key
        if is_key and self._first_key is None:
            self._first_key = pts
        leads = leads or (self._first_key is not None and pts < self._first_key)
        heapq.heappush(self._waiting, _Sent(pts, self._order, leads))
        self._times.add(pts)
        self._order += 1

    def failed(self) -> None:
        """Note that the decoder refused a packet."""
        if self._by_order:
            self._lose()

    def came(self, pts: int | None) -> int:
        """Note a picture and return its number."""
        if pts is None or pts not in self._times:
            self._by_order = True
        if not self._by_order:
            assert pts is not None
            self._skip_to(pts)
        self.number += 1
        return self.number

    def is_behind_a_hole(self, pts: int | None, ticks: Fraction | None) -> bool:
        """Return True if frames before this one are missing, as at the end of a cut file.

        Packets are not in the order in which frames are shown, so that a later frame may be in
        the file and an earlier one not.

        Args:
            pts: When it is shown.
            ticks: From frame to frame.
        """
        if pts is None or ticks is None or self._last is None:
            return False
        return pts - self._last > 1.5 * ticks

    def ended(self) -> None:
        """Note that no picture comes any more."""
        if not self._by_order:
            for sent in sorted(self._waiting):
                self._miss(sent)
            self._waiting.clear()

    def _skip_to(self, pts: int) -> None:
        before = self.number
        while (sent := heapq.heappop(self._waiting)).pts != pts:
            self._times.discard(sent.pts)
            self._miss(sent)
        self._times.discard(pts)
        if self._step is not None and self._last is not None:
            for _ in range(self.number - before, round((pts - self._last) / self._step) - 1):
                self._lose()
        self._last = pts

    def _miss(self, sent: _Sent) -> None:
        if sent.leads:
            self.num_leading += 1
        else:
            self._lose()

    def _lose(self) -> None:
        self.number += 1
        self.lost.append(self.number)


def in_words(numbers: list[int], most: int = 3) -> str:
    """Return numbers as ranges, ``3 to 5, 9``; after some of them ``...``."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    texts = [f'{a}' if a == b else f'{a} to {b}' for a, b in ranges]
    return ', '.join(texts[:most] + (['...'] if texts[most:] else []))
