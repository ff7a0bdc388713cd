"""How fast the program is on this machine, with PyTorch beside it where it is installed."""
