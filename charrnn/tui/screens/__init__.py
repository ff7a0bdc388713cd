"""Screens: each fills the terminal, has keys of its own and a page in the manual."""
