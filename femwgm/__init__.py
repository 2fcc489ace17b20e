"""femwgm: whispering-gallery modes of bodies of revolution by finite elements, with error bars."""
