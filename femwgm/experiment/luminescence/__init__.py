"""What a spectrometer shows of a layered sphere: emission of dipoles in a layer, extinction and scattering of a plane wave."""
