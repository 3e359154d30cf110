"""Safe decoding, colour, resizing and encoding of pictures. Pixels are sRGB, uint8, rows × columns × channels."""
