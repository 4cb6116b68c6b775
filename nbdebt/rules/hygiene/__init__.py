"""Rules about the notebook as a document, and about nbdebt itself (NBD9xx)."""
