"""Meta-training on images of real people, judged on real video."""
