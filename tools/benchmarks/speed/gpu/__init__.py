"""All timings that need a GPU, in one run."""
