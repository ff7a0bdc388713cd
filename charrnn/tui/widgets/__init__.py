"""Widgets: each shows one kind of thing, on any screen."""
