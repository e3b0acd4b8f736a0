"""Time that testing, training and starting take, beside that of another checkout."""
