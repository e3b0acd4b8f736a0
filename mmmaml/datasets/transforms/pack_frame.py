"""A frame as a detector is trained on it."""

from typing import ClassVar

from mmdet.datasets.transforms import PackDetInputs

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackFrame(PackDetInputs):
    """mmdet's ``PackDetInputs`` that packs the identities, too.

    ``gt_instances`` of the data sample has ``bboxes`` (n, 4) x1, y1, x2, y2 in pixels of the
    input, ``labels`` (n,) int64 and ``instances_ids`` (n,) int64, the index of the identity
    among those of the training set or −1.

    Args:
        meta_keys: Keys of a frame that go into the data sample's metainfo, if they are there.
    """

    mapping_table: ClassVar[dict[str, str]] = {
        **PackDetInputs.mapping_table,
        'gt_instances_ids': 'instances_ids',
    }

    def __init__(
        self,
        meta_keys: tuple[str, ...] = (
            'img_id',
            'img_path',
            'ori_shape',
            'img_shape',
            'scale_factor',
            'pad_param',
            'flip',
            'frame_id',
            'video_id',
        ),
    ) -> None:
        super().__init__(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack ``inputs`` (3, H, W) uint8 and ``data_samples``, a ``DetDataSample``."""
        packed: dict = super().transform(results)
        instances = packed['data_samples'].gt_instances
        for key in ('labels', 'instances_ids'):
            instances[key] = instances[key].long()
        return packed
