"""What is true: money, the fact sheet, actions, checks."""
