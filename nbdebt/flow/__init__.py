"""What cells do to names, streams, files and settings: found by reading code, never by running it."""
