# Learns what online adaptation starts from, by episodes that imitate tracking, over the frozen
# features of a Re-ID network:
#   mmmaml fit-prior PEOPLE_DIR --reid REID.onnx --out prior.npz --features features.npz
#   python tools/train.py configs/adapter/online-adapter_reid-features.py
#   mmmaml track VIDEO --detector DETECTOR.onnx --reid REID.onnx --prior LEARNED
# The learned prior lies in the work folder. docs/evidence_appendix.md tells what it gives.
_base_ = [
    '../_base_/datasets/tracking_episodes.py',
    '../_base_/schedules/adapter_100it.py',
    '../_base_/runtime_without_frames.py',
]

model = dict(type='AdapterLearner', prior='prior.npz', learn=('numbers',))
