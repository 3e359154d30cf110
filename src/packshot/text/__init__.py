"""Descriptions: one written form, their attributes, their embeddings. Chinese and English alike."""
