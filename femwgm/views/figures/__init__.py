"""Figures in two dimensions, and their style."""
