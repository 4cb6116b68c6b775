"""Scripts with and without randomness, and whether two fresh runs of them differ."""
