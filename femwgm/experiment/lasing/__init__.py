"""Thresholds, gain, pump and rate equations of a coated sphere."""
