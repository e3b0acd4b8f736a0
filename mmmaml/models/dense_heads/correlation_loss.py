"""Supervision of local correlations by the identities of the boxes (CorrTracker)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BACKGROUND = -1
UNKNOWN = -2


class CorrelationLoss(nn.Module):
    """Cross-entropy of correlations: high among cells of a person, low with all others.

    For each cell in the middle of a person, its neighbours in a reference frame are of the same
    person, or of others and of the background, each kind with half of the weight (Wang et al.,
    Multiple Object Tracking with Correlation Learning, CVPR 2021; the form is ours). Cells near
    the edge of a box, and those of people without identity, are of neither kind.

    Args:
        middle: Share of width and height of a box that surely shows its person.
        margin: Cosine at which a pair is as likely of one person as not.
        temperature: Of the cosines.
    """

    def __init__(self, middle: float = 0.5, margin: float = 0.5, temperature: float = 0.1) -> None:
        super().__init__()
        self.middle, self.margin, self.temperature = middle, margin, temperature

    def forward(
        self, volumes: Sequence[Tensor], labels: Sequence[Tensor], frames: Tensor, valid: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Compute the mean over the levels that have pairs.

        Args:
            volumes: Of each level, (N, R, K, H, W) cosines of N frames with R references.
            labels: Of each level, (B, H, W), see :func:`identity_map`.
            frames: (N, R) rows of the references among the B frames; the first is the frame.
            valid: (N, R) bool.

        Returns:
            The loss, 0 if there are no pairs, and a bool scalar, True if there are some.
        """
        parts = [
            self._of_level(volume.float(), each, frames, valid)
            for volume, each in zip(volumes, labels, strict=True)
        ]
        losses, numbers = (torch.stack(each) for each in zip(*parts, strict=True))
        counted = numbers > 0
        return (losses * counted).sum() / counted.sum().clamp_min(1), counted.any()

    def _of_level(
        self, volume: Tensor, labels: Tensor, frames: Tensor, valid: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Compute the loss of a level, and the number of its pairs."""
        radius = (int(volume.shape[2] ** 0.5) - 1) // 2
        own = labels[frames[:, 0]]
        row, y, x = (own >= 0).nonzero(as_tuple=True)
        wide = F.pad(labels, (radius,) * 4, value=UNKNOWN)
        steps = torch.arange(2 * radius + 1, device=labels.device)
        ys = (y[:, None, None] + steps[:, None]).expand(-1, -1, len(steps)).flatten(1)
        xs = (x[:, None, None] + steps).expand(-1, len(steps), -1).flatten(1)
        others = wide[frames[row][:, :, None], ys[:, None], xs[:, None]]  # (M, R, K)
        logits = (volume[row, :, :, y, x] - self.margin) / self.temperature
        same = others == own[row, y, x][:, None, None]
        usable = (others != UNKNOWN) & valid[row][:, :, None]
        itself = (frames == frames[:, :1])[row]
        usable[:, :, volume.shape[2] // 2] &= ~itself
        positive, negative = usable & same, usable & ~same
        return 0.5 * (
            _mean(F.softplus(-logits), positive) + _mean(F.softplus(logits), negative)
        ), usable.sum()


def identity_map(
    bboxes: Tensor,
    images: Tensor,
    identities: Tensor,
    map_size: tuple[int, int, int],
    stride: float,
    middle: float = 0.5,
) -> Tensor:
    """Tell who is at each cell of B images.

    Of several boxes, the one that reaches lowest in the image, so the person nearest to the
    camera, has the cell.

    Args:
        bboxes: (n, 4) x1, y1, x2, y2 in pixels of the input.
        images: (n,) image of each box, 0 to B − 1.
        identities: (n,) identity of each box, −1 if unknown.
        map_size: B, H, W.
        stride: Pixels of the input a cell.
        middle: Share of width and height of a box that surely shows its person; at least the
            cell of the centre.

    Returns:
        (B, H, W) int64: an identity, ``BACKGROUND``, or ``UNKNOWN`` in the rest of a box and all
        over one without identity.
    """
    batch, height, width = map_size
    labels = torch.full(map_size, BACKGROUND, device=bboxes.device)
    scaled = bboxes.float() / stride
    at_x = torch.arange(width, device=bboxes.device) + 0.5
    at_y = torch.arange(height, device=bboxes.device) + 0.5
    centers, halves = (scaled[:, :2] + scaled[:, 2:]) / 2, (scaled[:, 2:] - scaled[:, :2]) / 2
    inner = (middle * halves).clamp_min(0.5)
    off_x = (at_x - centers[:, :1]).abs()  # (n, W)
    off_y = (at_y - centers[:, 1:]).abs()
    known = torch.where(identities >= 0, identities, UNKNOWN)
    for image in range(batch):
        (rows,) = (images == image).nonzero(as_tuple=True)
        if not len(rows):
            continue
        dx, dy = off_x[rows, None], off_y[rows, :, None]
        core = (dx <= inner[rows, 0, None, None]) & (dy <= inner[rows, 1, None, None])
        box = core | ((dx <= halves[rows, 0, None, None]) & (dy <= halves[rows, 1, None, None]))
        bottoms = torch.where(box, scaled[rows, 3, None, None], -torch.inf)
        lowest, front = bottoms.max(0)
        middle_of = core.gather(0, front[None])[0]
        who = torch.where(middle_of, known[rows][front], UNKNOWN)
        labels[image] = torch.where(lowest > -torch.inf, who, BACKGROUND)
    return labels


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of chosen values, 0 if there are none."""
    return (values * chosen).sum() / chosen.sum().clamp_min(1)
