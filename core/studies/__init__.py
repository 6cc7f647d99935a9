"""Runs, one and many: comparisons, studies, sweeps, and what may be concluded from them."""
