"""The laboratory: classic experiments; each reports its results and checks them against a reference."""
