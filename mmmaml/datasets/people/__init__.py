"""Images of people whose identity is in their name or in ground truth."""
