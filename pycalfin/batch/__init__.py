"""What happens to a batch of scenes: pipeline, ledger, executor."""
