"""Data: what comes from outside the notebook with nothing that pins its content."""
