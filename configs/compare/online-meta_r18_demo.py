# Our tracker as configs/demo has it, for the table of configs/compare.
#   python tools/test.py configs/compare/online-meta_r18_demo.py CHECKPOINT
# beside the others: tools/analysis_tools/compare_trackers.py. CHECKPOINT is one of the demo's.
_base_ = '../demo/maml-mot_r18_demo.py'
