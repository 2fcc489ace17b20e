"""From what a spectrometer records, counts against wavelength, to lines with positions, widths and errors."""
