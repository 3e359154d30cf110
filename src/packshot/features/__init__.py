"""Image features: what distances between pictures are measured on."""
