"""Language models: prediction, sampling, completion, scoring and ranking of text."""
