"""How a whole file is scored: files in, block by block through an experiment, files out."""
