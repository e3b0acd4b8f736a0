"""The file of all predictions of a test."""

from mmengine.evaluator import DumpResults
from mmengine.logging import print_log

from mmmaml.utils import atomic_path


class Predictions(DumpResults):
    """MMEngine's file of all predictions, whole or not at all."""

    def compute_metrics(self, results: list) -> dict:
        """Write it."""
        from mmengine import fileio

        out = self.out_file_path
        with atomic_path(out) as temporary:
            fileio.dump(results, temporary)
        print_log(f'predictions of {len(results)} samples are in {out}', logger='current')
        return {}
