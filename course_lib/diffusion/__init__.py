"""Noise and back: the schedule, the network, training, sampling, and the autoencoder in front of it all."""
