"""Pins: what ``nbdebt.lock`` records of data that nothing else versions, and how data differ from it."""
