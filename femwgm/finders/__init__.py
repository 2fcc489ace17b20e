"""Which modes a configuration has: exact lists, estimates, searches; each finder yields modes to solve for."""
