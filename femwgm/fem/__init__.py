"""Finite elements of any degree on curved cells of the meridian half plane: bases, weak forms, assembly, condensation."""
