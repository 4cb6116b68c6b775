"""Measurements: speed as ratios taken side by side in one run, and the accuracy of verdicts and findings."""
