"""Evaluation of models: baselines, mixtures, dynamic evaluation, comparison, keystrokes."""
