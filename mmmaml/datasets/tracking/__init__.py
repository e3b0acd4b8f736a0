"""Episodes that imitate tracking, over features of people, and the noise of detections."""
