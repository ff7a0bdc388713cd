"""How good a model is: baselines, mixtures, dynamic evaluation, comparison, keystrokes."""
