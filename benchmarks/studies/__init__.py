"""Published studies of notebooks, computed again on any corpus, beside what was published."""
