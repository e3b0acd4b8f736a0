"""Maps of the last frames of a video."""

from typing import Any

from torch import Tensor


class FrameMemory:
    """Maps of the last frames, forgotten when another video begins.

    Args:
        size: Greatest number of frames.

    Attributes:
        maps: (C, H, W) each, the newest last.
        frame_id: Of the newest frame, None if there is none.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.reset()

    def reset(self) -> None:
        """Forget the video."""
        self.maps: list[Tensor] = []
        self.frame_id: int | None = None

    def before(self, frame_id: int) -> list[Tensor]:
        """Return the maps of the frames before one, the newest last.

        Frame 0 begins another video, and so does a frame that does not come after the last one.
        """
        if frame_id == 0 or (self.frame_id is not None and frame_id <= self.frame_id):
            self.reset()
        return list(self.maps)

    def add(self, frame_id: int, frame_map: Tensor) -> None:
        """Remember the map (C, H, W) of a frame."""
        self.frame_id = frame_id
        self.maps = [*self.maps, frame_map.detach()][-self.size :] if self.size else []

    def state_dict(self) -> dict[str, Any]:
        """Return all of it as plain numbers, on the CPU."""
        return {'frame_id': self.frame_id, 'maps': [each.cpu().clone() for each in self.maps]}

    def load_state_dict(self, state: dict[str, Any], like: Tensor) -> None:
        """Go on from a state, on the device and in the precision of a tensor.

        Raises:
            ValueError: It has more frames than are remembered.
        """
        if len(state['maps']) > self.size:
            raise ValueError(
                f'the state has maps of {len(state["maps"])} frames, and this network remembers '
                f"{self.size}: take the same 'memory' of its neck"
            )
        self.frame_id, self.maps = state['frame_id'], [each.to(like) for each in state['maps']]
