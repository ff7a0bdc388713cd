"""The laboratory: classic experiments, each of which reports its results and compares them with references."""
