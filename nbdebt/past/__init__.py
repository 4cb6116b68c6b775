"""Debt over time: what a branch adds and repays, and how it went with every commit."""
