"""What the demos of two-layer networks share: sets of data, starts, training, and what is measured of a network."""
