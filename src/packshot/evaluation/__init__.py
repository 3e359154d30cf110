"""Judging a model folder against a catalog: one file per metric."""
