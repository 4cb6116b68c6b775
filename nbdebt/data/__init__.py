"""The world outside the notebook: which version a source has, who can read an output."""
