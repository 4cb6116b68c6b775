"""Seeds: draws from random streams that nothing determines."""
