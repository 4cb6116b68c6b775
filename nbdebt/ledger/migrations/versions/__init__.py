"""The versions of the index, in order."""
