"""Numbers of a mode from its field: energies and shares, indices, losses, volumes."""
