"""Restart & Run All for real: a notebook in a fresh kernel, twice, compared with what it saved."""
