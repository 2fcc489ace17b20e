"""What leaves the sphere: emission patterns, polarization, what a lens collects."""
