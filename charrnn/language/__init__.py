"""What a trained network is good for: predicting, sampling, evaluating."""
