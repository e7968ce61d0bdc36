"""What comes in and goes out: readers and writers, one file a format."""
