"""Search for options of the tracker on sequences with ground truth, guarded by held-out ones."""
