"""Eigenpairs of K x = lambda M x: iterations, reduced bases, counts by inertia; no physics."""
