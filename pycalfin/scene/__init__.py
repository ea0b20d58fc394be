"""Read scenes and domains, cut subsets, and make the channels for a network."""
