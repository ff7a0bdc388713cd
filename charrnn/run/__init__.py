"""A run on disk: its folder, events, commands, lock, progress and listing. Knows no network."""
