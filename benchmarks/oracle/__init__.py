"""The saved-notebook oracle: editing sessions with known truth, and a scorer for verdicts. See README.md."""
