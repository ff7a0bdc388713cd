"""Screens: each fills the terminal, and has keys of its own and a section in the manual."""
