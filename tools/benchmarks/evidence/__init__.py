"""Gain of meta-training and of online adaptation, over trainings with different seeds."""
