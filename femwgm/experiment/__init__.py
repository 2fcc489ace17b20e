"""What the laboratory measures, from what the solver computes: lines, thresholds, pump, polarization, Vernier combs."""
