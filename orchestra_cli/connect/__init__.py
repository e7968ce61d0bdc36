"""Who else listens or plays: traces of runs for OpenTelemetry collectors. Imported only when asked for."""
