"""Orchestra: a conductor for the AI models of a small firm. One recipe, several models, one finished document."""

__version__ = "0.1.0"
