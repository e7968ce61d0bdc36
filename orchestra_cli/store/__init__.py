"""What is kept: journal, ledger, gates, audit, keys, clients."""
