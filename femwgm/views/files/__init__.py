"""Fields as files for other programs."""
