"""Learned agents in the making: scenarios, the per-port environment, training and export. The app needs none of it."""
