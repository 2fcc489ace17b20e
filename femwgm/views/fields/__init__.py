"""What is drawn: a mode on patches, the quantities of its field, outlines of the body."""
