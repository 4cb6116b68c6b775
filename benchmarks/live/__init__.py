"""Speed of recording a live session, beside the same kernel without it and with ipyflow."""
