"""Inputs of the tracker inside a model: frames, crops, features."""
