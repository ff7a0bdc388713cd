"""Charts: series of points → rows of characters, for any width, any terminal, with and without colour."""
