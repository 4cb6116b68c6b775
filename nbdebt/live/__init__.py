"""Recording in a live IPython session: what ran, what it read and made, and what that history owes."""
