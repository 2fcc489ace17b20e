"""Modes of spheres on a common axis by spherical waves, put on cells where fields are wanted."""
