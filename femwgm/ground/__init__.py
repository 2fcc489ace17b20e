"""What every room stands on: array types, units, clocks, threads, files, the columns of modes.csv."""
