"""One family continued in the azimuthal order: frequencies, dispersion, avoided crossings, and the Kerr coefficient."""
