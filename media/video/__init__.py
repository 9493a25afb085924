"""Video: probing, encoding, posters, slides, watermarks, and speech to text."""
