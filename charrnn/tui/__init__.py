"""The terminal UI: screens and widgets in Textual. It sees training only through the events in a run's folder."""
