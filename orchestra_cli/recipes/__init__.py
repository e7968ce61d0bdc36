"""What a recipe says: read, check, explain; field types; the built-in pages."""
