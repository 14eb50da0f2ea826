"""Measurements: `make bench`. Every figure is a ratio or a delay within one run, printed as median and worst."""
