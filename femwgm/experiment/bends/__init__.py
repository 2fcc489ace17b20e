"""Loss of a bend at a fixed frequency, where the azimuthal order is complex and no whole number."""
