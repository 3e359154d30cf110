"""Model folder and descriptions to pictures, with numpy and the exported graphs only."""
