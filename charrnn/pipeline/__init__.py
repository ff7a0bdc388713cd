"""The only place that wires parts together: start, resume and fine-tune a run, and launch it in its own process."""
