"""Memory and time of the tracker over very many frames."""
