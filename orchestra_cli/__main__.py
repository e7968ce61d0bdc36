"""`python -m orchestra_cli` is the same as `orchestra`."""

from orchestra_cli.cli.main import main

if __name__ == "__main__":
    main()
