"""What a person sees: everything Rich. Progress, hand-off dialogue, tables, cost summary."""
