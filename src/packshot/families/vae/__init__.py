"""Variational autoencoder: close to the pictures it was trained on, and able to vary an existing one."""
