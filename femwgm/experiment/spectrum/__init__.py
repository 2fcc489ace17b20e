"""From measured peaks to mode numbers: lines of the exact sphere, likelihood, posterior."""
