"""Runs on disk: folder, events, commands, lock, progress and listing, without the network."""
