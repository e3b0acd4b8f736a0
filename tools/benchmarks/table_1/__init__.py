"""The paper's Table I on generated sequences: every system trained and tested alike."""
