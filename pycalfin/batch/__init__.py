"""Processing of a batch of scenes: pipeline, ledger and executors."""
