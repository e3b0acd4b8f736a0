"""Commands that make one format of data out of another, or out of nothing."""
