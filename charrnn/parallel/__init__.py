"""Who computes the gradients, and on what: threads and the BLAS kernel."""
