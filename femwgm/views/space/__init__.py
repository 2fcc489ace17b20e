"""The resonator in three dimensions: scenes, pictures, films, the view in a browser."""
