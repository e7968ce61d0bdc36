"""What a person types: Typer signatures, one file a command group, bodies one call long."""
