"""Notebooks and data sets as one graph: who makes what, and who reads it, across a whole repository."""
