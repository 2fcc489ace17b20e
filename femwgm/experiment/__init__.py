"""What a laboratory measures, from what the solver computes: spectra, lasing, far fields, pairs."""
