"""Motion of tracks and of the camera: Kalman filters, box models, image alignment."""
