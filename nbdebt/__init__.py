"""nbdebt makes a notebook's hidden debt visible, and helps to repay it."""

__version__ = "0.1.0"
