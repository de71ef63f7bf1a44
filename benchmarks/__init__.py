"""Measured work: ratios taken side by side in one run, written with the machine and the versions."""
