"""Generative adversarial network: varied and sharp."""
