"""All tracks of a video as arrays, and their life."""
