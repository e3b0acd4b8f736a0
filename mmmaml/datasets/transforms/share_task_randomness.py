"""Transforms that move all images of a task alike."""

from mmcv.transforms import BaseTransform

from ...registry import TRANSFORMS


@TRANSFORMS.register_module()
class ShareTaskRandomness(BaseTransform):
    """Let the transforms behind it draw the same for all images of a task.

    So frames of a task stay a clip: people move in it as they do in the video. Puts ``task_rng``
    in the place of ``rng``; images that are of no task stay as they are.
    """

    def transform(self, results: dict) -> dict:
        """Replace the generator."""
        results['rng'] = results.get('task_rng', results.get('rng'))
        return results
