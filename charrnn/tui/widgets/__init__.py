"""Widgets: each shows one thing, whatever screen it stands on."""
