"""The benchmark: speed of training and sampling on this machine, compared with PyTorch if it is installed."""
