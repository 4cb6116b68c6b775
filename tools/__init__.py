"""Scripts for those who work on nbdebt; none of it is installed."""
