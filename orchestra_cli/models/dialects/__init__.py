"""One file for each way vendors speak: how a Call becomes a request, and a stream an Answer. No I/O in here."""
