"""Time and identities of trackers on simulated detections."""
