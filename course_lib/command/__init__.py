"""The program `course`."""
