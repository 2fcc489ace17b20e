"""One mode with its errors: domain and mesh, eigenpair, second solution, observables, derivatives."""
