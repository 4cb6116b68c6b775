"""Outputs: what leaves the notebook, who can read it, who does read it, and who knows about it."""
