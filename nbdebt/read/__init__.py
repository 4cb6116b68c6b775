"""Reading documents, and writing fixes back without touching anything else."""
