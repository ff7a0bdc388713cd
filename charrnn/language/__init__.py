"""Language models: predicting, sampling, completing, scoring and ranking text."""
