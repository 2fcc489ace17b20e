"""What a resonator senses: the index around it, a layer on it, a particle beside it."""
