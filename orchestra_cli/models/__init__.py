"""Whom we ask: catalogue, casting, limits, one file per wire dialect."""
