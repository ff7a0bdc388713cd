"""Training: steps that update the weights, and the schedule, evaluations, checkpoints and recovery of a run."""
