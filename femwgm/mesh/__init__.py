"""Curved meshes of the meridian half plane, with named regions: where the domain ends, how fine it is, how it is cut."""
