"""The benchmark: speed of training and sampling on this machine, beside PyTorch if it is installed."""
