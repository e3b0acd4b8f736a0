"""Commands that run a model over data by the Runner of a config."""
