"""What may leave: fences, masking, policy."""
