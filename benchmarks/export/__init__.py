"""Export: whether scripts give what the session gave, beside other tools; and how long it takes."""
