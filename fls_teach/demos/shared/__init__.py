"""Parts shared by the demos on two-layer networks: sets of data, starts, training, and measurements."""
