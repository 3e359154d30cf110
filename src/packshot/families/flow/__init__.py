"""Rectified flow in an autoencoder's latents: varied, faithful to the description, drawn in a few steps."""
