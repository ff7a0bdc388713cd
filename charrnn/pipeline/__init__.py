"""Assembly of runs from all other packages: start, resume and fine-tune a run, and launch it in its own process."""
