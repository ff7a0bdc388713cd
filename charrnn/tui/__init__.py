"""The terminal UI: screens and widgets over events; it sees training only through what a run's folder tells."""
