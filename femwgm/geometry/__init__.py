"""Shapes of bodies of revolution: outlines and cross-sections of the meridian half plane, from numbers or drawings."""
