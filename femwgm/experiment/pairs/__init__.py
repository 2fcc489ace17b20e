"""Two spheres as a Vernier scale, and what errors of their diameters do to it."""
